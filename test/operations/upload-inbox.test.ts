import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createImmich } from '../../src/clients/immich.ts';
import { createGuard } from '../../src/guard.ts';
import { present } from '../../src/present/index.ts';
import { plain } from '../../src/rich.ts';
import { textsOf } from '../../src/texts/index.ts';
import { ALBUM, createPlace, PERMISSIONS, type Place } from '../inbox/place.ts';
import { picture } from './bridge.ts';

const places: Place[] = [];
const open = async (...args: Parameters<typeof createPlace>): Promise<Place> => {
  const place = await createPlace(...args);
  places.push(place);
  return place;
};
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => place.close()));
});

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

/** The words of the newest card. */
const words = (place: Place): string => {
  const report = place.cards().at(-1);
  if (report === undefined) return '';
  return present(report, textsOf('en'))
    .blocks.flatMap((block) => ('quote' in block ? block.quote : [block]))
    .map((line) => plain(line))
    .join('\n');
};

/** A file that is certainly delivered after all that was there before it; its card may come a moment later. */
const letTimePass = async (place: Place, name = 'marker.jpg') => {
  place.put(name, await picture(name.length * 1000));
  await expect.poll(place.files).not.toContain(name);
};

describe.each(['2.6.3', '3.1.0'] as const)('createInbox with Immich %s', (version) => {
  it('files what is there and what comes, in sub-folders too, and removes it', async () => {
    const place = await open({ version });
    const bytes = await picture(1);
    place.put('IMG_1.jpg', bytes);
    place.start();
    place.put('trip/day 1/로그인 😀.jpg', await picture(2));
    await expect.poll(place.files).toEqual([]);
    const assets = place.assets().sort((a, b) => a.name.localeCompare(b.name));
    expect(assets).toMatchObject([
      { name: 'IMG_1.jpg', sha1: sha1(bytes), isInAlbum: true },
      { name: '로그인 😀.jpg', isInAlbum: true },
    ]);
    await expect.poll(place.cards).toMatchObject([{ kind: 'inbox', done: 2, waiting: 0, kept: [] }]);
    expect(words(place)).toBe('📥 2 files from the inbox – in the album Desktop Upload');
    expect(existsSync(join(place.inbox, 'trip/day 1'))).toBe(true);
  });

  it('puts what the library holds already into the album, and leaves the asset as it is', async () => {
    const place = await open({ version });
    const bytes = await picture(1);
    const mine = place.server.addPhoto(place.owner, bytes);
    place.put('copy of it.jpg', bytes);
    place.start();
    await expect.poll(place.files).toEqual([]);
    expect(place.assets()).toEqual([{ name: mine.name, sha1: sha1(bytes), isInAlbum: true }]);
    await expect
      .poll(() => words(place))
      .toBe('📥 1 file from the inbox – in the album Desktop Upload\nIt was in the library already.');
  });

  it('takes the oldest album of the name that the owner has, not one that is shared with him', async () => {
    const place = await open({ version });
    const { server, owner } = place;
    const someone = server.addUser('someone@example.dev');
    server.library.addAlbum(someone, ALBUM, new Date(1)).users.set(owner, 'editor');
    server.library.addAlbum(owner, ALBUM, new Date(3));
    const oldest = server.library.addAlbum(owner, ALBUM, new Date(2));
    place.put('a.jpg', await picture(1));
    place.start();
    await expect.poll(place.files).toEqual([]);
    expect([...server.library.albums.values()].map(({ assets }) => assets.size)).toEqual([0, 0, 1]);
    expect(oldest.assets.size).toBe(1);
  });
});

describe('what is not taken', () => {
  it('a file that still changes, until it has stopped', async () => {
    const place = await open();
    const whole = Buffer.concat([await picture(1), Buffer.alloc(1000, 'x')]);
    place.put('growing.jpg', whole.subarray(0, -1000));
    let left = 1000;
    const growing = setInterval(() => {
      left -= 1;
      appendFileSync(join(place.inbox, 'growing.jpg'), 'x');
    }, 20);
    place.start();
    await letTimePass(place);
    await letTimePass(place, 'marker2.jpg');
    clearInterval(growing);
    expect(place.assets()).toHaveLength(2);
    appendFileSync(join(place.inbox, 'growing.jpg'), Buffer.alloc(left, 'x'));
    await expect.poll(place.files).toEqual([]);
    expect(place.assets().filter(({ name }) => name === 'growing.jpg')).toMatchObject([
      { sha1: sha1(whole) },
    ]);
  });

  it('what is hidden, half loaded or no photo and no video: it stays without a word', async () => {
    const place = await open();
    const bytes = await picture(1);
    const names = [
      '.hidden.jpg',
      '.hidden/inside.jpg',
      '~syncthing~a.jpg.tmp',
      'a.jpg.part',
      'b.jpg.crdownload',
      'c.jpg.PARTIAL',
      'd.jpg.tmp',
      'e.jpg~',
      'f.jpg',
      'f.jpg.aria2',
      'Safari.download/g.jpg',
    ];
    for (const name of names) place.put(name, bytes);
    place.put('empty.jpg', Buffer.alloc(0));
    place.put('notes.txt', Buffer.from('text'));
    place.put('lies.jpg', Buffer.from('this is no picture'));
    place.put('drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    place.put('archive.zip', Buffer.from('PK\x03\x04'));
    const before = place.files();
    place.start();
    await letTimePass(place);
    expect(place.files()).toEqual(before);
    expect(place.assets()).toHaveLength(1);
    await expect.poll(() => words(place)).toBe('📥 1 file from the inbox – in the album Desktop Upload');
    renameSync(join(place.inbox, 'a.jpg.part'), join(place.inbox, 'a.jpg'));
    await expect.poll(place.files).not.toContain('a.jpg');
  });

  it('what a link leads to', async () => {
    const place = await open();
    const outside = join(place.folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'private.jpg'), await picture(1));
    symlinkSync(join(outside, 'private.jpg'), join(place.inbox, 'link.jpg'));
    symlinkSync(outside, join(place.inbox, 'folder'));
    place.start();
    await letTimePass(place);
    expect(readdirSync(place.inbox)).toEqual(['folder', 'link.jpg']);
    expect(place.assets()).toHaveLength(1);
    expect(existsSync(join(outside, 'private.jpg'))).toBe(true);
  });

  it('what is put in the place of a file between its upload and its removal', async () => {
    const place = await open();
    const { server, inbox } = place;
    place.put('sub/a.jpg', await picture(1));
    const outside = join(place.folder, 'outside');
    mkdirSync(outside);
    // The same inode in another folder: only its way there tells that it is not the one.
    server.fault({ method: 'PUT', path: /albums/, delay: 300 });
    place.start();
    await expect.poll(place.assets).toHaveLength(1);
    renameSync(join(inbox, 'sub', 'a.jpg'), join(outside, 'a.jpg'));
    rmSync(join(inbox, 'sub'), { recursive: true });
    symlinkSync(outside, join(inbox, 'sub'));
    await letTimePass(place);
    expect(existsSync(join(outside, 'a.jpg'))).toBe(true);
  });

  it('a file that is written to meanwhile: its new bytes are filed as well', async () => {
    const place = await open();
    place.put('a.jpg', await picture(1));
    place.server.fault({ method: 'PUT', path: /albums/, delay: 300 });
    place.start();
    await expect.poll(place.assets).toHaveLength(1);
    const newer = await picture(2);
    place.put('a.jpg', newer);
    await expect.poll(place.files).toEqual([]);
    expect(place.assets().map((asset) => asset.sha1)).toContain(sha1(newer));
  });

  it('anything in a folder that lies over another one: that is said once', async () => {
    const place = await open();
    const { inbox, folder } = place;
    place.put('library/a.jpg', await picture(1));
    const forbidden = () => Promise.resolve([join(inbox, 'library')]);
    place.start({ forbidden });
    await expect.poll(() => words(place)).toMatch(/^❌ The inbox is not touched – .*\/inbox and .*\/library/);
    await place.stop();
    place.start({ forbidden: () => Promise.resolve([folder]) });
    await expect.poll(() => words(place)).toMatch(/\/inbox and .* lie in one another/);
    expect(place.files()).toEqual(['library/a.jpg']);
    expect(place.server.calls).toEqual([]);
    expect(place.cards()).toHaveLength(1);
  });

  it("Immich's own files, even where nobody knows that they lie there", async () => {
    const place = await open();
    const { server, owner } = place;
    const asset = server.addPhoto(owner, await picture(1));
    const [, uploads] = server.mounts;
    place.start({ folder: uploads?.source ?? '' });
    await expect.poll(() => words(place)).toContain("seems to be Immich's own file");
    expect(existsSync(server.library.hostPath(asset.path))).toBe(true);
  });
});

describe('names', () => {
  it.each([
    ['photo.jpeg', 'photo.jpeg'],
    ['no extension', 'no extension.jpg'],
    ['wrong.txt', 'wrong.txt.jpg'],
    ['RAW.DNG', 'RAW.DNG'],
    ['it\'s "quoted".jpg', 'it\'s "quoted".jpg'],
    ['two\nlines.jpg', 'two lines.jpg'],
    ['-rf.jpg', '-rf.jpg'],
  ])('%j goes in as %j', async (name, filed) => {
    const place = await open();
    place.put(name, await picture(1));
    place.start();
    await expect.poll(place.files).toEqual([]);
    expect(place.assets().map((asset) => asset.name)).toEqual([filed]);
  });
});

describe('what Immich does not keep', () => {
  it('a photo in its trash stays in the folder, is told once, and goes when it is restored', async () => {
    const place = await open();
    const bytes = await picture(1);
    const asset = place.server.addPhoto(place.owner, bytes, { status: 'trashed' });
    place.put('a.jpg', bytes);
    place.start();
    await expect.poll(() => words(place)).toContain('Immich has it in its trash');
    expect(words(place)).toMatch(
      /^⚠️ Nothing could be taken from the inbox\n⚠️ 1 file stays in the inbox:\na\.jpg – /,
    );
    await place.stop();
    place.start({ timing: { keptRetry: 100 } });
    await letTimePass(place);
    expect(place.files()).toEqual(['a.jpg']);
    expect(place.cards().map(({ keptCount }) => keptCount)).toEqual([1]);
    asset.status = 'active';
    // Until the next try, which its row knows the time of.
    place.store.database.run('update inbox set not_before = 0');
    await expect.poll(place.files).toEqual([]);
    expect(place.assets()[0]).toMatchObject({ isInAlbum: true });
    await expect.poll(() => place.store.inbox.all()).toEqual([]);
    await expect.poll(() => words(place)).toMatch(/^📥 2 files .*\n1 of them was in the library already\.$/);
  });

  it('a photo that is being deleted is filed anew', async () => {
    const place = await open({ timing: { delete: 600 } });
    const { server, owner } = place;
    const bytes = await picture(1);
    const doomed = server.addPhoto(owner, bytes);
    const client = createImmich(server.url, server.addKey(owner));
    await client.delete([doomed.id]);
    await client.close();
    place.put('a.jpg', bytes);
    place.start({ timing: { settle: 0, firstRetry: 250, longestRetry: 500 } });
    await expect.poll(place.files).toEqual([]);
    await expect.poll(() => server.library.assets.has(doomed.id)).toBe(false);
    expect(place.assets()).toMatchObject([{ name: 'a.jpg', isInAlbum: true }]);
  });

  it('a picture for the agent in the same account stays until that is cleaned away', async () => {
    const place = await open();
    const { server, owner } = place;
    const bytes = await picture(1);
    const temporary = server.addPhoto(owner, bytes);
    temporary.marks.set('steward', { value: { picture: 1 }, updatedAt: new Date() });
    place.put('a.jpg', bytes);
    place.start({ timing: { keptRetry: 200 } });
    await expect.poll(() => words(place)).toContain('a picture for the agent');
    expect(place.assets()).toMatchObject([{ isInAlbum: false }]);
    expect(place.files()).toEqual(['a.jpg']);
    server.library.removeAsset(temporary);
    await expect.poll(place.files).toEqual([]);
    expect(place.assets()).toMatchObject([{ name: 'a.jpg', isInAlbum: true }]);
  });

  it('what files of the inbox carry is not the mark of the pictures that are cleaned away', async () => {
    const place = await open();
    place.put('a.jpg', await picture(1));
    place.start();
    await expect.poll(place.files).toEqual([]);
    const [asset] = place.server.library.assets.values();
    expect([...(asset?.marks.keys() ?? [])]).toEqual(['steward-inbox']);
  });
});

describe('Immich in trouble', () => {
  it('down for a while: everything waits, is told, and goes when it is back', async () => {
    const place = await open();
    await place.server.down();
    for (const n of [1, 2, 3]) place.put(`${n}.jpg`, await picture(n));
    place.start();
    await expect
      .poll(() => words(place))
      .toMatch(/^🟡 Inbox: 3 files wait – Immich is down: .* I go on by myself\.$/);
    await place.server.up();
    await expect.poll(place.files).toEqual([]);
    expect(place.assets()).toHaveLength(3);
    await expect.poll(() => words(place)).toBe('📥 3 files from the inbox – in the album Desktop Upload');
    expect(place.cards()).toHaveLength(1);
  });

  it('down for a moment is not worth a word', async () => {
    const place = await open();
    await place.server.down();
    place.put('1.jpg', await picture(1));
    place.start({ timing: { firstRetry: 400, longestRetry: 400 } });
    await expect.poll(() => place.store.database.all('select 1 from outbox')).toEqual([]);
    await place.server.up();
    await expect.poll(place.files).toEqual([]);
    await expect.poll(() => words(place)).toBe('📥 1 file from the inbox – in the album Desktop Upload');
  });

  it.each([
    ['maintenance', (place: Place) => place.server.maintenance(true), /Immich is in maintenance mode/],
    [
      'an unknown key',
      (place: Place) => place.server.library.keys.clear(),
      /Immich does not know the key in INBOX_API_KEY/,
    ],
  ])('%s holds up everything, and nothing is lost', async (_what, trouble, sentence) => {
    const place = await open();
    place.put('1.jpg', await picture(1));
    trouble(place);
    place.start();
    await expect.poll(() => words(place)).toMatch(sentence);
    expect(place.files()).toEqual(['1.jpg']);
  });

  it.each(PERMISSIONS)('a key without %s: said with its name', async (missing) => {
    const place = await open();
    const { server, owner } = place;
    // Somebody's, so that its mark would be looked at.
    const key = server.addKey(
      owner,
      PERMISSIONS.filter((one) => one !== missing),
    );
    const immich = createImmich(server.url, key);
    place.put('1.jpg', await picture(1));
    place.start({ immich });
    await expect.poll(() => words(place)).toContain(`lacks the permission ${missing}`);
    expect(place.files()).toEqual(['1.jpg']);
    await immich.close();
  });

  it('a proxy that refuses one file: that one stays and is told, the others go', async () => {
    const place = await open();
    place.put('1.jpg', await picture(1));
    place.server.fault({ method: 'POST', path: /^\/assets$/, status: 413, html: 'too large' });
    place.start();
    await expect.poll(() => words(place)).toContain('a proxy before Immich refuses files of this size');
    await letTimePass(place);
    expect(place.files()).toEqual(['1.jpg']);
    await expect.poll(() => words(place)).toMatch(/^📥 1 file from the inbox/);
  });

  it('connections that are cut after Immich has done its part give nothing twice', async () => {
    const place = await open();
    for (const n of [1, 2, 3, 4, 5]) place.put(`${n}.jpg`, await picture(n));
    place.server.fault({ method: 'POST', path: /^\/assets$/, cut: 'after', times: 2 });
    place.server.fault({ method: 'PUT', path: /albums/, cut: 'after', times: 2 });
    place.start();
    await expect.poll(place.files).toEqual([]);
    const assets = place.assets();
    expect(assets).toHaveLength(5);
    expect(assets.every(({ isInAlbum }) => isInAlbum)).toBe(true);
    expect([...place.server.library.albums.values()]).toHaveLength(1);
  });

  it('an album that is deleted meanwhile is made anew', async () => {
    const place = await open();
    place.put('1.jpg', await picture(1));
    place.start();
    await expect.poll(place.files).toEqual([]);
    place.server.library.albums.clear();
    place.put('2.jpg', await picture(2));
    await expect.poll(place.files).toEqual([]);
    expect(place.assets().find(({ name }) => name === '2.jpg')).toMatchObject({ isInAlbum: true });
  });
});

describe('the store', () => {
  it('that cannot write for a moment holds nothing up for good', async () => {
    const place = await open();
    const bytes = await picture(1);
    place.server.addPhoto(place.owner, bytes, { status: 'trashed' });
    place.put('1.jpg', bytes);
    let failures = 2;
    const put: typeof place.store.inbox.put = (row) => {
      failures -= 1;
      if (failures >= 0) throw new Error('database or disk is full');
      place.store.inbox.put(row);
    };
    place.start({ store: { ...place.store, inbox: { ...place.store.inbox, put } }, timing: { look: 50 } });
    await expect.poll(() => words(place)).toContain('Immich has it in its trash');
    await letTimePass(place);
    expect(place.files()).toEqual(['1.jpg']);
  });
});

describe('the folder', () => {
  it('that is not there is waited for', async () => {
    const place = await open();
    rmSync(place.inbox, { recursive: true });
    place.start();
    await expect.poll(() => words(place)).toMatch(/^🟡 The inbox cannot be used – .*\/inbox: ENOENT/);
    place.put('1.jpg', await picture(1));
    await expect.poll(place.files).toEqual([]);
    await expect.poll(() => words(place)).toMatch(/^📥 1 file/);
    expect(place.cards()).toHaveLength(1);
  });

  it('may itself be a link', async () => {
    const place = await open();
    const link = join(dirname(place.inbox), 'link');
    symlinkSync(place.inbox, link);
    place.put('sub/1.jpg', await picture(1));
    place.start({ folder: link });
    await expect.poll(place.files).toEqual([]);
  });
});

describe('STEWARD_OBSERVE', () => {
  it('files go to Immich once and stay, and are removed when it is over', async () => {
    const place = await open();
    const log = pino({ level: 'silent' });
    const bytes = await picture(1);
    place.put('1.jpg', bytes);
    place.start({ guard: createGuard(true, log) });
    await expect
      .poll(() => words(place))
      .toContain('Would have removed it from the folder: Steward only observes');
    place.put('2.jpg', await picture(2));
    await expect.poll(place.assets).toHaveLength(2);
    await expect.poll(() => place.store.inbox.all()).toHaveLength(2);
    const uploads = () =>
      place.server.calls.filter(({ method, path }) => method === 'POST' && path === '/assets');
    expect(uploads()).toHaveLength(2);
    await place.stop();
    expect(readFileSync(join(place.inbox, '1.jpg')).equals(bytes)).toBe(true);
    place.start();
    await expect.poll(place.files).toEqual([]);
    expect(place.assets()).toHaveLength(2);
  });
});

describe('many files', () => {
  it('1 000 at a time: all of them once, on one card that counts', { timeout: 120_000 }, async () => {
    const place = await open();
    const gif = (n: number) => Buffer.from(`GIF89a\x01\0\x01\0\0\0\0;${n}`, 'latin1');
    for (let n = 0; n < 1000; n += 1) place.put(`${n % 10}/${n}.gif`, gif(n));
    place.start();
    await expect.poll(() => place.cards().length).toBe(1);
    await expect.poll(() => words(place)).toMatch(/^🔵 Inbox: \d+ of 1000 files$/);
    await expect.poll(place.files, { timeout: 100_000 }).toEqual([]);
    expect(new Set(place.assets().map((asset) => asset.sha1)).size).toBe(1000);
    expect(place.server.library.assets.size).toBe(1000);
    await expect.poll(() => words(place)).toBe('📥 1000 files from the inbox – in the album Desktop Upload');
    expect(place.cards()).toHaveLength(1);
    expect(place.server.calls.filter(({ status }) => status >= 400)).toEqual([]);
  });

  it('that stay are counted, and the first of them named', async () => {
    const place = await open();
    for (let n = 0; n < 15; n += 1) {
      const bytes = await picture(n);
      place.server.addPhoto(place.owner, bytes, { status: 'trashed' });
      place.put(`${n}.jpg`, bytes);
    }
    place.start();
    await expect.poll(() => words(place)).toContain('⚠️ 15 files stay in the inbox:');
    expect(words(place).split('\n')).toHaveLength(13);
    expect(words(place)).toMatch(/… and 5 files more$/);
  });

  it('what comes soon after is on the same card, and what comes later on a new one', async () => {
    let later = 0;
    const place = await open();
    place.start({ clock: { now: () => Date.now() + later } });
    await letTimePass(place, '1.jpg');
    await expect.poll(place.cards).toMatchObject([{ done: 1 }]);
    later = 9 * 60_000;
    await letTimePass(place, '22.jpg');
    await expect.poll(place.cards).toMatchObject([{ done: 2 }]);
    later += 11 * 60_000;
    await letTimePass(place, '333.jpg');
    await expect.poll(place.cards).toMatchObject([{ done: 2 }, { done: 1 }]);
  });
});
