import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startImmich, type ImmichStandIn } from '../sandbox/immich.ts';
import { systemClock } from '../src/clock.ts';
import { openStore } from '../src/store.ts';
import type { KilledOptions } from './http/killed.ts';
import { TOKEN } from './http/place.ts';
import { picture } from './operations/bridge.ts';

type Place = { folder: string; server: ImmichStandIn; children: ChildProcess[] };
const places: Place[] = [];

const createPlace = async (): Promise<Place> => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-http-'));
  const place = { folder, server: await startImmich({ folder: join(folder, 'immich') }), children: [] };
  places.push(place);
  return place;
};
const kill = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};
afterEach(async () => {
  for (const { folder, server, children } of places.splice(0)) {
    await Promise.all(children.map(kill));
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

const launch = async ({ folder, server, children }: Place, dieAt?: KilledOptions['dieAt']) => {
  const options: KilledOptions = { folder, url: server.url, key: server.key, token: TOKEN, dieAt };
  const child = fork(new URL('http/killed.ts', import.meta.url), [JSON.stringify(options)]);
  children.push(child);
  const [port] = (await once(child, 'message')) as [number];
  const send = async (bytes: Buffer): Promise<string | undefined> => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const url = `http://127.0.0.1:${port}/pictures`;
    try {
      const response = await fetch(url, { method: 'POST', body: new Uint8Array(bytes), headers });
      return await response.text();
    } catch {
      // Killed before its answer.
      return undefined;
    }
  };
  return { child, port, send };
};

/** Until the answer: written down, stored, readable. What follows is the same for every picture. */
const COMMITS = [1, 2, 3, 4];

it('killed before and after each commit up to its answer, an upload that is sent again is one picture', async () => {
  const suffer = async (dieAt: { commit: number; moment: 'before' | 'after' }) => {
    const place = await createPlace();
    const { folder, server } = place;
    const pictures = join(folder, 'pictures');
    const bytes = await picture(dieAt.commit);
    const first = await launch(place, dieAt);
    const answered = await first.send(bytes);
    if (first.child.signalCode === null) await once(first.child, 'exit');

    const second = await launch(place);
    const path = await second.send(bytes);
    expect(path, `killed ${dieAt.moment} commit ${dieAt.commit}`).toBe(join(pictures, 'p1.jpg'));
    expect([path, undefined]).toContain(answered);
    const store = openStore(join(folder, 'state'), systemClock);
    await expect.poll(() => store.pictures.open()).toEqual([]);
    store.close();
    await expect.poll(() => readdirSync(join(pictures, '.waiting'))).toEqual([]);
    expect(readdirSync(pictures).filter((name) => /^p\d/.test(name))).toEqual(['p1.jpg']);
    const [asset, ...others] = server.library.assets.values();
    expect(others).toEqual([]);
    expect(readFileSync(server.library.hostPath(asset?.path ?? '')).equals(bytes)).toBe(true);
  };
  for (const commit of COMMITS) {
    await Promise.all([suffer({ commit, moment: 'before' }), suffer({ commit, moment: 'after' })]);
  }
});

it('killed in the middle of a body, the next start leaves nothing of it', async () => {
  const place = await createPlace();
  const waiting = join(place.folder, 'pictures', '.waiting');
  const first = await launch(place);
  const socket = connect(first.port, '127.0.0.1');
  socket.on('error', () => {});
  const lines = [
    'POST /pictures HTTP/1.1',
    'host: x',
    `authorization: Bearer ${TOKEN}`,
    'content-length: 9000',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\nhalf`);
  await expect.poll(() => (existsSync(waiting) ? readdirSync(waiting) : [])).toHaveLength(1);
  await kill(first.child);
  socket.destroy();
  const { send } = await launch(place);
  expect(await send(await picture(1))).toBe(join(place.folder, 'pictures', 'p1.jpg'));
  await expect.poll(() => readdirSync(waiting).filter((name) => name.endsWith('.upload'))).toEqual([]);
});
