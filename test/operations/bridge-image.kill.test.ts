import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, expect, it } from 'vitest';
import { startImmich, type ImmichStandIn } from '../../sandbox/immich.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore, type Store } from '../../src/store.ts';
import type { IncomingPicture } from '../../src/store/pictures.ts';
import type { ChildOptions } from './bridge-child.ts';
import { picture } from './bridge.ts';
import { resumeBridge } from './resumed.ts';

/** The whole sweep is for `npm run test:soak`. */
const SOAK = process.env['STEWARD_SOAK'] === '1';
const KILLS = SOAK ? 250 : 6;
const PICTURES = SOAK ? 300 : 12;
const SEED = 20_261_120;

type Place = {
  folder: string;
  server: ImmichStandIn;
  store: Store;
  /** By message id, which is the picture's number too. */
  sent: Map<number, Buffer>;
  incoming: IncomingPicture[];
  children: ChildProcess[];
};

const places: Place[] = [];
const createPlace = async (): Promise<Place> => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-kill-'));
  mkdirSync(join(folder, 'telegram'));
  const server = await startImmich({ folder: join(folder, 'immich'), timing: { template: 70, mark: 20 } });
  const store = openStore(join(folder, 'state'), systemClock);
  const place = { folder, server, store, sent: new Map<number, Buffer>(), incoming: [], children: [] };
  places.push(place);
  return place;
};
afterEach(async () => {
  for (const { folder, server, store, children } of places.splice(0)) {
    await Promise.all(children.map(kill));
    store.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Numbers from 0 to 1 that are the same in every run. */
const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const where = ({ url, key, mounts }: ImmichStandIn) => ({ url, key, mounts });
const launch = ({ folder, server, children }: Place, dieAt?: ChildOptions['dieAt']): ChildProcess => {
  const options: ChildOptions = { folder, ...where(server), dieAt };
  const child = fork(new URL('bridge-child.ts', import.meta.url), [JSON.stringify(options)]);
  children.push(child);
  return child;
};
const kill = async (victim: ChildProcess) => {
  if (victim.exitCode !== null || victim.signalCode !== null) return;
  victim.kill('SIGKILL');
  await once(victim, 'exit');
};

const isLive = (messageId: number) => messageId % 4 === 1;
const clipOf = (messageId: number) =>
  Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.from(`clip ${messageId}`.padEnd(99))]);

/** Every fourth is a live photo, every third a part of an album, every fifth has a caption, every eighth is in the user's library already. */
const send = async ({ folder, server, sent, incoming }: Place, count: number, first = sent.size + 1) => {
  for (let messageId = first; messageId < first + count; messageId += 1) {
    const bytes = await picture(messageId, 300, 200);
    sent.set(messageId, bytes);
    writeFileSync(join(folder, 'telegram', `file${messageId}`), bytes);
    if (isLive(messageId)) writeFileSync(join(folder, 'telegram', `clip${messageId}`), clipOf(messageId));
    if (messageId % 8 === 0) server.addPhoto(server.user, bytes);
    const card = messageId % 3 === 0 ? `album${Math.floor(messageId / 9)}` : `${messageId}`;
    incoming.push({
      chat: 7,
      messageId,
      card: `pictures:7:${card}`,
      source: {
        fileId: `file${messageId}`,
        uniqueId: `${messageId}`,
        kind: isLive(messageId) ? 'live-photo' : 'photo',
        ...(isLive(messageId) ? { clip: { fileId: `clip${messageId}`, uniqueId: `c${messageId}` } } : {}),
      },
      ...(messageId % 5 === 0 ? { caption: `picture ${messageId}` } : {}),
    });
  }
  writeFileSync(join(folder, 'incoming.json'), JSON.stringify(incoming));
};

/** Let it work undisturbed until nothing is open. @returns how many commits it made */
const finish = async (place: Place): Promise<number> => {
  const { store, sent, folder, server } = place;
  let commits = 0;
  const bridge = resumeBridge({ folder, ...where(server) }, store, (count, work) => {
    commits = count;
    return store.database.transaction(work);
  });
  const end = new AbortController();
  const running = bridge.run(end.signal);
  const left = () => sent.size - store.pictures.latest(sent.size).length + store.pictures.open().length;
  await expect.poll(left, { timeout: 120_000, interval: 50 }).toBe(0);
  await expect.poll(() => readdirSync(join(folder, 'pictures', '.waiting'))).toEqual([]);
  end.abort();
  await running;
  return commits;
};

/** Each picture once in Immich and once in the folder, in the album unless it is the user's, and all of it told. */
const expectAllFiled = async ({ folder, server, store, sent }: Place) => {
  const pictures = join(folder, 'pictures');
  const albums = [...server.library.albums.values()];
  expect(albums.map(({ name }) => name)).toEqual(albums.length === 0 ? [] : ['Claude Code Temp']);
  const filed = new Set(albums[0]?.assets);
  const stored = [...server.library.assets.values()];
  const assets = stored.filter(({ type }) => type === 'IMAGE');
  expect(stored.filter(({ type }) => type === 'VIDEO')).toHaveLength([...sent.keys()].filter(isLive).length);
  expect(assets).toHaveLength(sent.size);
  expect(new Set(assets.map(({ sha1 }) => sha1)).size).toBe(sent.size);

  const files = readdirSync(pictures).filter((name) => !name.startsWith('.'));
  const copies = files.filter((name) => !name.startsWith('latest.'));
  const expected = [...sent.keys()].flatMap((number) =>
    isLive(number) ? [`p${number}.jpg`, `p${number}.mp4`] : [`p${number}.jpg`],
  );
  expect(copies.sort()).toEqual(expected.sort());
  expect(files.filter((name) => name.startsWith('latest.'))).toEqual(['latest.jpg']);

  for (const [messageId, bytes] of sent) {
    const row = store.pictures.ofMessage(7, messageId);
    const asset = server.library.assets.get(row?.assetId ?? '');
    if (row === undefined || asset === undefined) throw new Error(`picture ${messageId} is lost`);
    const isUsers = messageId % 8 === 0;
    expect(filed.has(asset), `${messageId} in the album`).toBe(!isUsers);
    const clip = server.library.assets.get(asset.livePhotoVideoId ?? '');
    expect(clip?.size, `clip of ${messageId}`).toBe(isLive(messageId) ? clipOf(messageId).length : undefined);
    expect(asset.description).toBe(messageId % 5 === 0 && !isUsers ? `picture ${messageId}` : '');
    const copy = join(pictures, `p${messageId}.jpg`);
    expect((await sharp(copy).stats()).channels, `copy of ${messageId}`).toHaveLength(3);
    expect(statSync(copy).mode & 0o777).toBe(0o640);

    const body = store.outbox.get(row.card)?.body;
    const report = body?.what === 'report' && body.report.kind === 'pictures' ? body.report : undefined;
    const shown = report?.pictures.find(({ number }) => number === row.number);
    const hostPath = server.library.hostPath(asset.path);
    expect(shown, `card of ${messageId}`).toMatchObject({ path: copy, state: 'filed', hostPath });
    expect(shown?.problem).toBeUndefined();
    expect(shown?.duplicate, `origin of ${messageId}`).toBe(isUsers ? 'library' : undefined);
    expect(readFileSync(hostPath).equals(bytes)).toBe(true);
    expect(store.outbox.get(`reaction:7:${messageId}`)?.body).toMatchObject({ emoji: '👌' });
  }
};

it(
  `killed ${SOAK ? 'before and after' : 'before or after'} each of its commits, a picture is filed exactly once`,
  { timeout: 5 * 60_000 },
  async () => {
    const undisturbed = await createPlace();
    await send(undisturbed, 1, 5);
    const commits = await finish(undisturbed);
    expect(commits).toBeGreaterThan(5);

    const moments = ['before', 'after'] as const;
    const deaths = Array.from({ length: commits }, (_, index) => index + 1).flatMap((commit) =>
      (SOAK ? moments : [moments[commit % 2] ?? 'before']).map((moment) => ({ commit, moment })),
    );
    const suffer = async () => {
      for (let death = deaths.pop(); death !== undefined; death = deaths.pop()) {
        const place = await createPlace();
        await send(place, 1);
        const victim = launch(place, death);
        const [, signal] = await once(victim, 'exit');
        expect(signal, `killed ${death.moment} commit ${death.commit}`).toBe('SIGKILL');
        await finish(place);
        await expectAllFiled(place);
      }
    };
    await Promise.all([suffer(), suffer(), suffer()]);
    if (SOAK)
      process.stdout.write(`killed before and after each of ${commits} commits: ${commits * 2} kills\n`);
  },
);

it(
  `killed ${KILLS} times at random moments, with Immich coming and going, ${PICTURES} pictures are filed exactly once`,
  { timeout: 30 * 60_000 },
  async () => {
    const random = seeded(SEED);
    const place = await createPlace();
    const { server, store } = place;
    let hits = 0;
    for (let kills = 0; kills < KILLS; kills += 1) {
      await send(place, Math.ceil((PICTURES - place.sent.size) / (KILLS - kills)));
      const victim = launch(place);
      await once(victim, 'message');
      if (random() < 0.2) await server.down();
      const method = random() < 0.5 ? 'POST' : 'PUT';
      if (random() < 0.3) server.fault({ method, path: /assets/, cut: random() < 0.5 ? 'after' : 'before' });
      await sleep(random() * 100);
      await server.up();
      await sleep(random() * 150);
      await kill(victim);
      if (store.pictures.open().length > 0) hits += 1;
    }
    server.clearFaults();
    await finish(place);
    await expectAllFiled(place);
    if (SOAK) process.stdout.write(`${KILLS} kills, ${hits} of them in work, ${PICTURES} pictures\n`);
    expect(hits, 'kills that cut work off').toBeGreaterThan(KILLS / 2);
  },
);
