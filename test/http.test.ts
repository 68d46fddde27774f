import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { createPlace, form, OWNER, TOKEN, type Place } from './http/place.ts';
import { picture } from './operations/bridge.ts';
import type { Wellness } from '../src/wellness.ts';

const places: Place[] = [];
const open = async (...args: Parameters<typeof createPlace>): Promise<Place> => {
  const place = await createPlace(...args);
  places.push(place);
  return place;
};
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => place.close()));
});

const post = (body: RequestInit['body'] | Buffer, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: body as never,
  headers,
});
const JSON_PLEASE = { accept: 'application/json' };

/** Write to a connection by hand. */
const dial = async ({ url }: Place, text: string | Buffer): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
};
/** All that the server says until it hangs up. */
const hear = async (socket: Socket): Promise<string> => {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
};
const head = (lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const POST = ['POST /pictures HTTP/1.1', 'host: steward', `authorization: Bearer ${TOKEN}`];

/** Nothing in the queue, nothing on disk. */
const expectNothing = async ({ scene }: Place) => {
  await expect.poll(() => scene.waitingFiles()).toEqual([]);
  expect(scene.files()).toEqual([]);
  expect(scene.store.pictures.open()).toEqual([]);
};

describe('POST /pictures', () => {
  it('answers a raw body with the path of a readable copy, files it and puts it on a card', async () => {
    const place = await open();
    const { scene } = place;
    const response = await place.ask('/pictures', post(await picture(1)));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const path = await response.text();
    expect(path).toBe(join(scene.pictures, 'p1.jpg'));
    expect((await sharp(path).metadata()).width).toBe(640);
    await expect.poll(() => scene.store.pictures.get(1)?.state).toBe('settled');
    expect(scene.store.outbox.next(OWNER)).toMatchObject({
      silent: true,
      replyTo: undefined,
      body: { report: { kind: 'pictures', pictures: [{ path, state: 'filed' }] } },
    });
    expect([...scene.server.library.albums.values()].map(({ assets }) => assets.size)).toEqual([1]);
    await expect.poll(() => scene.waitingFiles()).toEqual([]);
  });

  it('answers the files of a form in their order, one path a line, on one card with their caption', async () => {
    const place = await open();
    const { scene } = place;
    const files = await Promise.all([1, 2, 3, 4].map(async (n) => [`${n}.jpg`, await picture(n)] as const));
    const response = await place.ask('/pictures', post(form(files, 'the login page')));
    expect(response.status).toBe(200);
    const paths = [1, 2, 3, 4].map((n) => join(scene.pictures, `p${n}.jpg`));
    expect((await response.text()).split('\n')).toEqual(paths);
    const cards = scene.store.database.all<{ key: string }>('select key from outbox');
    expect(cards).toHaveLength(1);
    await expect.poll(() => scene.store.pictures.open()).toEqual([]);
    const assets = [...scene.server.library.assets.values()];
    expect(assets.map(({ description }) => description)).toEqual(Array(4).fill('the login page'));
  });

  it('answers in JSON to whoever accepts that', async () => {
    const place = await open();
    const files = [
      [
        'long.png',
        await sharp({ create: { width: 400, height: 1600, channels: 3, background: '#123' } })
          .png()
          .toBuffer(),
      ],
      [
        'tiny.png',
        await sharp({ create: { width: 20, height: 10, channels: 3, background: '#123' } })
          .png()
          .toBuffer(),
      ],
    ] as const;
    const response = await place.ask('/pictures', post(form(files), JSON_PLEASE));
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { pictures: folder } = place.scene;
    expect(await response.json()).toMatchObject({
      schema: 1,
      pictures: [
        { number: 1, path: join(folder, 'p1.png'), width: 400, height: 1600, problem: null },
        {
          number: 2,
          path: join(folder, 'p2.png'),
          problem: { kind: 'tiny', message: expect.stringContaining('20×10') as unknown },
        },
      ],
    });
  });

  it('takes texts and PDFs as they are, and is told the name of a raw body', async () => {
    const place = await open();
    const response = await place.ask(
      '/pictures?name=server.log',
      post('one line\n', { 'content-type': 'text/plain' }),
    );
    expect(response.status).toBe(200);
    const path = await response.text();
    expect(path).toBe(join(place.scene.pictures, 'p1.log'));
    expect(readFileSync(path, 'utf8')).toBe('one line\n');
  });

  it('refuses what is no picture with a sentence, and takes what comes with it', async () => {
    const place = await open();
    const zip = Buffer.from('PK\x03\x04 and more');
    const refused = await place.ask('/pictures', post(zip));
    expect(refused.status).toBe(415);
    expect(await refused.text()).toMatch(/^❌ Not taken: this is not a picture but a ZIP archive/);
    await expectNothing(place);
    expect(place.scene.store.outbox.chats()).toEqual([]);

    const mixed = await place.ask(
      '/pictures',
      post(
        form([
          ['a.zip', zip],
          ['b.jpg', await picture(1)],
        ]),
      ),
    );
    expect(mixed.status).toBe(200);
    const [sentence, path] = (await mixed.text()).split('\n');
    expect(sentence).toContain('ZIP');
    expect(path).toBe(join(place.scene.pictures, 'p1.jpg'));
  });

  it('refuses a decompression bomb after a look at its header', async () => {
    const place = await open();
    const bomb = await sharp({ create: { width: 100, height: 100, channels: 3, background: '#123' } })
      .png()
      .toBuffer();
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    const { crc32 } = await import('node:zlib');
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    const response = await place.ask('/pictures', post(bomb, JSON_PLEASE));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      pictures: [{ path: null, state: 'refused', problem: { kind: 'too-many-pixels' } }],
    });
    await expect.poll(() => place.scene.waitingFiles()).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['an empty form', form([])],
    ['a form with text alone', form([], 'caption')],
  ])('%s has no file in it', async (_what, body) => {
    const place = await open();
    const response = await place.ask('/pictures', post(body));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('no file');
    await expectNothing(place);
  });

  it('an empty file is refused, without a card', async () => {
    const place = await open();
    const response = await place.ask('/pictures', post(form([['a.jpg', Buffer.alloc(0)]])));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('empty');
    await expectNothing(place);
  });

  it.each([
    ['folders', '../../../etc/passwd.jpg', /^p1-passwd\.jpg$/],
    ["another system's folders", 'C:\\Users\\me\\shot.jpg', /^p1-shot\.jpg$/],
    ['Hangul and emoji', '로그인 오류 😀.jpg', /^p1-로그인-오류\.jpg$/],
    ['quotes', 'a"quoted".jpg', /^p1-a-22quoted-22\.jpg$/],
    ['newlines', 'two\nlines\r\n.jpg', /^p1-two-0Alines-0D-0A\.jpg$/],
    ['dots alone', '..', /^p1\.jpg$/],
    ['no end', `${'x'.repeat(3000)}.jpg`, /^p1-x{50,60}\.jpg$/],
    ["a shell's words", '$(touch pwned);`id`.jpg', /^p1-touch-pwned-id\.jpg$/],
  ])('a name with %s does no harm', async (_what, name, filed) => {
    const place = await open();
    const { scene } = place;
    const response = await place.ask('/pictures', post(form([[name, await picture(1)]])));
    expect(await response.text()).toBe(join(scene.pictures, 'p1.jpg'));
    await expect.poll(() => scene.store.pictures.open()).toEqual([]);
    expect([...scene.server.library.assets.values()][0]?.name).toMatch(filed);
    expect(scene.files()).toEqual(['p1.jpg']);
  });

  it('takes pictures without Immich too, and says where they are', async () => {
    const place = await open({ scene: { noImmich: true } });
    const response = await place.ask('/pictures', post(await picture(1)));
    expect(await response.text()).toBe(join(place.scene.pictures, 'p1.jpg'));
  });

  it('answers with a pattern and 202 what takes too long, which the path then matches', async () => {
    const place = await open({ needs: { limits: { patience: 1 } } });
    const huge = await sharp({ create: { width: 6000, height: 5000, channels: 3, background: '#123' } })
      .jpeg()
      .toBuffer();
    const response = await place.ask('/pictures', post(huge));
    expect(response.status).toBe(202);
    expect(await response.text()).toBe(join(place.scene.pictures, 'p1.*'));
    await expect.poll(() => place.scene.files()).toEqual(['p1.jpg']);
  });

  it('waits for nothing when the pictures have no folder', async () => {
    const place = await open({ scene: { dead: true }, needs: { limits: { ready: 50 } } });
    const response = await place.ask('/pictures', post(await picture(1)));
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('not ready');
  });

  it('says so where files cannot be written, and takes the next one', async () => {
    const place = await open();
    await place.scene.bridge.ready;
    rmSync(join(place.scene.pictures, '.waiting'), { recursive: true });
    const response = await place.ask('/pictures', post(await picture(1)));
    expect(response.status).toBe(503);
    expect(await response.text()).toMatch(/cannot be written: ENOENT/);
    mkdirSync(join(place.scene.pictures, '.waiting'));
    expect((await place.ask('/pictures', post(await picture(1)))).status).toBe(200);
  });

  it('needs somebody to tell', async () => {
    const place = await open({ needs: { chat: () => undefined } });
    const response = await place.ask('/pictures', post(await picture(1)));
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('no owner');
    await expectNothing(place);
  });
});

describe('the same bytes again', () => {
  it('are the same picture, also when both come at one time and in one form', async () => {
    const place = await open();
    const bytes = await picture(1);
    const answers = await Promise.all([1, 2, 3].map(() => place.ask('/pictures', post(bytes))));
    answers.push(
      await place.ask(
        '/pictures',
        post(
          form([
            ['a.jpg', bytes],
            ['b.jpg', bytes],
          ]),
        ),
      ),
    );
    const paths = await Promise.all(answers.map((one) => one.text()));
    const path = join(place.scene.pictures, 'p1.jpg');
    expect(paths).toEqual([path, path, path, `${path}\n${path}`]);
    expect(place.scene.store.pictures.latest(10)).toHaveLength(1);
    await expect.poll(() => place.scene.waitingFiles()).toEqual([]);
    expect(place.scene.server.library.assets.size).toBe(1);
  });

  it('are another one later, and when the first was refused or is gone', async () => {
    let later = 0;
    const clock = { now: () => Date.now() + later };
    const place = await open({ clock });
    const { scene, ask } = { scene: place.scene, ask: (init: RequestInit) => place.ask('/pictures', init) };
    const bytes = await picture(1);
    await ask(post(bytes));
    later = 11 * 60_000;
    expect(await (await ask(post(bytes))).text()).toBe(join(scene.pictures, 'p2.jpg'));
    await expect.poll(() => scene.store.pictures.open()).toEqual([]);
    scene.store.pictures.update(2, { removedAt: clock.now() });
    expect(await (await ask(post(bytes))).text()).toBe(join(scene.pictures, 'p3.jpg'));
    // One asset holds the bytes of all three.
    await expect.poll(() => scene.store.pictures.open()).toEqual([]);
    expect(scene.server.library.assets.size).toBe(1);
  });
});

describe('who may ask', () => {
  it.each([
    ['none', undefined],
    ['an empty one', 'Bearer '],
    ['a wrong one of the same length', `Bearer ${TOKEN.replace('a', 'b')}`],
    ['a part of it', `Bearer ${TOKEN.slice(0, -1)}`],
    ['more than it', `Bearer ${TOKEN}x`],
    ['it twice', `Bearer ${TOKEN} ${TOKEN}`],
    ['another scheme', `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}`],
    ['it without a scheme', TOKEN],
  ])('with %s as the token nothing is taken, and the token is in no answer', async (_what, authorization) => {
    const place = await open();
    for (const path of ['/pictures', '/inbox']) {
      const response = await fetch(`${place.url}${path}`, {
        ...post(await picture(1)),
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.text()).not.toContain(TOKEN);
    }
    await expectNothing(place);
  });

  it('the word bearer may be written in any way', async () => {
    const place = await open();
    const headers = { authorization: `bearer  ${TOKEN}` };
    const response = await fetch(`${place.url}/pictures`, post(await picture(1), headers));
    expect(response.status).toBe(200);
  });

  it('who guesses too often must wait, and the one with the token need not', async () => {
    const place = await open({ needs: { limits: { strangers: { burst: 3, every: 60_000 } } } });
    const guess = () => fetch(`${place.url}/pictures`, post('x', { authorization: 'Bearer guess' }));
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push((await guess()).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect(Number((await guess()).headers.get('retry-after'))).toBeGreaterThan(50);
    expect((await place.ask('/pictures', post(await picture(1)))).status).toBe(200);
  });

  it('who has the token may not ask without end either', async () => {
    const place = await open({ needs: { limits: { requests: { burst: 2, every: 30_000 } } } });
    const bytes = await picture(1);
    const statuses = [];
    for (let index = 0; index < 3; index += 1) {
      statuses.push((await place.ask('/pictures', post(bytes))).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
    expect(await (await place.ask('/inbox', post(bytes))).text()).toMatch(/Try again in (?:29|30) s/);
  });

  it('only so many bodies are received at a time', async () => {
    const place = await open({ needs: { limits: { bodies: 1 } } });
    const first = await dial(place, head([...POST, 'content-length: 1000']));
    await expect.poll(() => place.scene.waitingFiles()).toHaveLength(1);
    const response = await place.ask('/pictures', post(await picture(1)));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    first.destroy();
    await expectNothing(place);
    expect((await place.ask('/pictures', post(await picture(1)))).status).toBe(200);
  });
});

describe('what is not served', () => {
  it.each([
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['POST', '/metrics', 405],
    ['POST', '/pictures/', 404],
    ['GET', '/pictures/../../etc/passwd', 404],
    ['GET', '/__proto__', 404],
    ['GET', '/pictures', 405],
    ['DELETE', '/inbox', 405],
    ['POST', '/healthz', 405],
    ['OPTIONS', '/pictures', 405],
  ])('%s %s is answered with %d and a plain sentence', async (method, path, status) => {
    const place = await open();
    const response = await place.ask(path, { method });
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(/^[A-Z][^<>]+\.$/);
    expect(response.headers.get('allow')).toBe(
      status === 405 ? (path === '/pictures' || path === '/inbox' ? 'POST' : 'GET, HEAD') : null,
    );
  });

  it('an address that is none is not found, and garbage ends the connection', async () => {
    const place = await open();
    const asked = await dial(place, head(['GET // HTTP/1.1', 'host: steward', 'connection: close']));
    expect(await hear(asked)).toMatch(/^HTTP\/1\.1 404 /);
    const garbage = await dial(place, '\x16\x03\x01 hello\r\n\r\n');
    expect(await hear(garbage)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('too much', () => {
  const limits = { file: 50_000, total: 120_000, files: 3 };
  const noise = (size: number) => Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(size, 'x')]);

  it.each([
    ['a raw file', noise(60_000), /a file may have 50 KB/],
    [
      'a file of a form',
      form([
        ['a.gif', noise(10)],
        ['b.gif', noise(60_000)],
      ]),
      /a file may have 50 KB/,
    ],
    [
      'all files together',
      form([1, 2, 3].map((n) => [`${n}.gif`, noise(45_000)])),
      /together may have 120 KB/,
    ],
    ['four files', form([1, 2, 3, 4].map((n) => [`${n}.gif`, noise(10)])), /3 go into one request/],
  ])('%s: refused with 413, and nothing is left', async (_what, body, sentence) => {
    const place = await open({ needs: { limits } });
    const response = await place.ask('/pictures', post(body));
    expect(response.status).toBe(413);
    expect(await response.text()).toMatch(sentence);
    await expectNothing(place);
  });

  it('what does not tell its size beforehand is stopped at the limit', async () => {
    const place = await open({ needs: { limits } });
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(71)),
    });
    const response = await place.ask('/pictures', { ...post(endless), duplex: 'half' });
    expect(response.status).toBe(413);
    await expectNothing(place);
  });

  it('who asks before sending is refused before sending', async () => {
    const place = await open({ needs: { limits } });
    const asked = [...POST, 'expect: 100-continue'];
    const refused = await dial(place, head([...asked, 'content-length: 60000']));
    expect(await hear(refused)).toMatch(/^HTTP\/1\.1 413 /);

    const bytes = await picture(1);
    const taken = await dial(place, head([...asked, 'connection: close', `content-length: ${bytes.length}`]));
    const [answer] = (await once(taken, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 100 /);
    taken.write(bytes);
    expect(await hear(taken)).toMatch(/^HTTP\/1\.1 200 [\s\S]*p1\.jpg$/);
  });

  it('a body that is compressed, or a form that is none, is refused', async () => {
    const place = await open();
    const compressed = await place.ask('/pictures', post('x', { 'content-encoding': 'gzip' }));
    expect(compressed.status).toBe(415);
    const form1 = await place.ask('/pictures', post('x', { 'content-type': 'multipart/form-data' }));
    expect(form1.status).toBe(400);
    const broken = '--b\r\ncontent-disposition: form-data; name="f"; filename="a.jpg"\r\n\r\nhalf of it';
    const form2 = await place.ask(
      '/pictures',
      post(broken, { 'content-type': 'multipart/form-data; boundary=b' }),
    );
    expect(form2.status).toBe(400);
    expect(await form2.text()).toMatch(/form cannot be read/);
    await expectNothing(place);
  });
});

describe('a connection', () => {
  it.each([
    [
      'a raw file',
      (bytes: Buffer) => [...POST, `content-length: ${bytes.length * 2}`, '', bytes.toString('latin1')],
    ],
    [
      'a form',
      (bytes: Buffer) => [
        ...POST,
        'content-type: multipart/form-data; boundary=b',
        `content-length: ${bytes.length * 9}`,
        '',
        '--b',
        'content-disposition: form-data; name="f"; filename="a.jpg"',
        '',
        bytes.toString('latin1'),
        '--b',
        'content-disposition: form-data; name="f"; filename="b.jpg"',
        '',
        'half',
      ],
    ],
  ])('that is cut in the middle of %s leaves nothing', async (_what, request) => {
    const place = await open();
    const text = request(await picture(1)).join('\r\n');
    const socket = await dial(place, Buffer.from(text, 'latin1'));
    await expect.poll(() => place.scene.waitingFiles().length).toBeGreaterThan(0);
    socket.resetAndDestroy();
    await expectNothing(place);
    expect((await place.ask('/pictures', post(await picture(1)))).status).toBe(200);
  });

  it('that is silent in the middle is hung up, and leaves nothing', async () => {
    const place = await open({ needs: { limits: { silence: 200 } } });
    const socket = await dial(place, head([...POST, 'content-length: 1000']));
    expect(await hear(socket)).not.toContain('200');
    await expectNothing(place);
  });

  it('that never ends its headers, or drips its body, is hung up', async () => {
    const place = await open({ needs: { limits: { headers: 200, request: 400 } } });
    const heading = await dial(place, `${POST.join('\r\n')}\r\n`);
    expect(await hear(heading)).toMatch(/^HTTP\/1\.1 408 /);

    const dripping = await dial(place, head([...POST, 'content-length: 1000']));
    dripping.on('error', () => {});
    const drip = setInterval(() => dripping.write('x'), 20);
    await hear(dripping);
    clearInterval(drip);
    await expectNothing(place);
  });

  it('that is cut while the answer is made changes nothing: the picture is there, and asked for again it is the same', async () => {
    const place = await open();
    const bytes = await picture(1);
    const socket = await dial(place, head([...POST, `content-length: ${bytes.length}`]));
    socket.write(bytes);
    await expect.poll(() => place.scene.store.pictures.get(1)).toBeDefined();
    socket.destroy();
    const response = await place.ask('/pictures', post(bytes));
    expect(await response.text()).toBe(join(place.scene.pictures, 'p1.jpg'));
    expect(place.scene.store.pictures.get(2)).toBeUndefined();
  });

  it('gets its answer when the bot stops meanwhile', async () => {
    const place = await open();
    const answer = place.ask('/pictures', post(await picture(1)));
    await expect.poll(() => place.scene.store.pictures.get(1)).toBeDefined();
    await place.stop();
    expect((await answer).status).toBe(200);
    await expect(fetch(place.url)).rejects.toThrow('fetch failed');
  });
});

describe('the address', () => {
  it('that is taken, or not there yet, is tried until it can be had', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const listen = { host: '127.0.0.1', port, token: TOKEN };
    const log = pino({ level: 'error' }, { write: () => void other.close() });
    const place = await open({ needs: { listen, log, limits: { again: 50 } } });
    expect(other.listening).toBe(false);
    expect(place.url).toBe(`http://127.0.0.1:${port}`);
    expect((await place.ask('/pictures', post(await picture(1)))).status).toBe(200);
  });
});

describe('curl', () => {
  const curl = async (...args: string[]) =>
    (await promisify(execFile)('curl', ['-sS', '-H', `Authorization: Bearer ${TOKEN}`, ...args])).stdout;

  it('sends a file, several files, and is refused with a sentence, as the guide has it', async () => {
    const place = await open({ needs: { limits: { file: 2_000_000 } } });
    const { folder, pictures } = place.scene;
    const [one, two, large] = ['one.jpg', 'two.jpg', 'large.jpg'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(one, await picture(1));
    writeFileSync(two, await picture(2));
    writeFileSync(large, Buffer.alloc(20_000_000));
    expect(await curl('--data-binary', `@${one}`, `${place.url}/pictures`)).toBe(join(pictures, 'p1.jpg'));
    expect(await curl('-F', `file=@${one}`, '-F', `file=@${two}`, `${place.url}/pictures`)).toBe(
      `${join(pictures, 'p1.jpg')}\n${join(pictures, 'p2.jpg')}`,
    );
    for (const how of [
      ['--data-binary', `@${large}`],
      ['-F', `file=@${large}`],
    ]) {
      expect(await curl(...how, `${place.url}/pictures`)).toMatch(/^Too large/);
      // Without asking first.
      expect(await curl('-H', 'Expect:', ...how, `${place.url}/pictures`)).toMatch(/^Too large/);
    }
  });
});

describe('POST /inbox', () => {
  it('puts media into the folder, complete and under their names, and refuses the rest', async () => {
    const place = await open();
    const [one, two] = [await picture(1), await picture(2)];
    const files = [
      ['IMG_1.jpg', one],
      ['IMG_1.jpg', two],
      ['../x.sh', Buffer.from('#!/bin/sh')],
      ['noname', two],
    ] as const;
    const response = await place.ask('/inbox', post(form(files)));
    expect(response.status).toBe(202);
    expect((await response.text()).split('\n')).toEqual([
      'In the inbox: IMG_1.jpg',
      'In the inbox: IMG_1-2.jpg',
      'Not taken: this is not a photo or video but txt.',
      'In the inbox: noname.jpg',
    ]);
    expect(readdirSync(place.inbox).sort()).toEqual(['IMG_1-2.jpg', 'IMG_1.jpg', 'noname.jpg']);
    expect(readFileSync(join(place.inbox, 'IMG_1-2.jpg')).equals(two)).toBe(true);

    const again = await place.ask('/inbox', post(form([['IMG_1.jpg', one]]), JSON_PLEASE));
    expect(await again.json()).toEqual({ schema: 1, files: [{ name: 'IMG_1.jpg', problem: null }] });
    expect(readdirSync(place.inbox)).toHaveLength(3);
    expect((await place.ask('/inbox', post('no picture'))).status).toBe(415);
  });

  it('clears away what a kill left, once', async () => {
    const place = await open();
    const part = join(place.inbox, '.steward-0f8fad5b-d9cb-469f-a165-70867728950e.part');
    writeFileSync(part, 'half');
    await place.ask('/inbox', post(await picture(1)));
    expect(existsSync(part)).toBe(false);
    expect(readdirSync(place.inbox)).toEqual(['upload.jpg']);
  });

  it('says that it is off and why, or that the folder is not there', async () => {
    const off = await open({ needs: { inbox: { off: 'INBOX_API_KEY' } } });
    const response = await off.ask('/inbox', post(await picture(1)));
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('The inbox is off: INBOX_API_KEY is not set.');
    const place = await open();
    rmSync(place.inbox, { recursive: true });
    expect((await place.ask('/inbox', post(await picture(1)))).status).toBe(503);
  });
});

describe('GET /healthz', () => {
  const health = async (self: Wellness) => {
    const place = await open({ needs: { lookAtSelf: () => self } });
    const response = await fetch(`${place.url}/healthz`);
    return { status: response.status, body: await response.json() };
  };
  const at = Date.parse('2026-11-20T14:37:00Z');

  it('needs no token, and says when Telegram was asked last', async () => {
    expect(await health({ isWell: true, lastPoll: at })).toEqual({
      status: 200,
      body: { schema: 1, ok: true, store: 'ok', lastPoll: '2026-11-20T14:37:00.000Z' },
    });
  });

  it('is 503 with the reason that the heartbeat has, when Steward is not well', async () => {
    expect(await health({ isWell: false, lastPoll: at, why: { kind: 'telegram', since: at } })).toEqual({
      status: 503,
      body: {
        schema: 1,
        ok: false,
        store: 'ok',
        lastPoll: '2026-11-20T14:37:00.000Z',
        reason: 'Telegram has not answered since 2026-11-20T14:37:00.000Z',
      },
    });
    const broken = { kind: 'store', cause: 'disk I/O error' } as const;
    expect(await health({ isWell: false, lastPoll: undefined, why: broken })).toMatchObject({
      status: 503,
      body: { store: 'failed', lastPoll: null, reason: 'Nothing can be written down: disk I/O error' },
    });
  });
});

describe('GET /metrics', () => {
  it('wants the token, also of this machine: a proxy here is of this machine, too', async () => {
    const place = await open();
    expect((await fetch(`${place.url}/metrics`)).status).toBe(401);
    const response = await place.ask('/metrics', { headers: JSON_PLEASE });
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('steward_well 1\n');
  });
});
