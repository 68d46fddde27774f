import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { KilledOptions } from '../inbox/killed.ts';
import { ALBUM, createPlace, PERMISSIONS, type Place } from '../inbox/place.ts';
import { picture } from './bridge.ts';

/** The whole sweep is for `npm run test:soak`. */
const SOAK = process.env['STEWARD_SOAK'] === '1';
const KILLS = SOAK ? 200 : 20;
const FILES = SOAK ? 600 : 60;
const SEED = 20_261_121;

let place: Place;
let child: ChildProcess | undefined;
afterEach(async () => {
  await kill();
  await place.close();
});

const kill = async () => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};

const launch = async (key: string) => {
  const { folder, inbox, server } = place;
  const options: KilledOptions = { state: join(folder, 'state'), inbox, url: server.url, key, album: ALBUM };
  child = fork(new URL('../inbox/killed.ts', import.meta.url), [JSON.stringify(options)]);
  await once(child, 'message');
};

/** Numbers from 0 to 1 that are the same in every run. */
const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

it(
  `killed ${KILLS} times at random moments, with Immich coming and going, ${FILES} files are filed exactly once`,
  { timeout: 30 * 60_000 },
  async () => {
    place = await createPlace();
    const { server, owner } = place;
    const key = server.addKey(owner, PERMISSIONS);
    const random = seeded(SEED);
    const all = new Map<string, { name: string; bytes: Buffer }>();
    let hits = 0;
    /** ms in which a kill falls: follows the machine's speed, so that on a quick one too kills cut work off. */
    let span = 400;

    /** Whatever happens: a file is in the folder, or Immich has its bytes. */
    const expectNothingLost = () => {
      for (const [sha1, { name, bytes }] of all) {
        const asset = server.library.bySha1(owner, sha1);
        const path = join(place.inbox, name);
        const held = existsSync(path) ? path : server.library.hostPath(asset?.path ?? '');
        expect({ name, isWhole: readFileSync(held).equals(bytes) }).toEqual({ name, isWhole: true });
      }
    };

    for (let kills = 0; kills < KILLS; kills += 1) {
      for (let count = Math.ceil((FILES - all.size) / (KILLS - kills)); count > 0; count -= 1) {
        const number = all.size + 1;
        const bytes = await picture(number, 300, 200);
        const name = `${number % 4}/${number}.jpg`;
        all.set(createHash('sha1').update(bytes).digest('hex'), { name, bytes });
        if (number % 7 === 0) server.addPhoto(owner, bytes);
        place.put(name, bytes);
      }
      await launch(key);
      if (random() < 0.2) await server.down();
      const method = random() < 0.5 ? 'POST' : 'PUT';
      if (random() < 0.4) server.fault({ method, path: /assets/, cut: random() < 0.5 ? 'after' : 'before' });
      await sleep(random() * 0.4 * span);
      await server.up();
      await sleep(random() * 0.6 * span);
      await kill();
      const isHit = place.files().length > 0;
      if (isHit) hits += 1;
      span *= isHit ? 1.1 : 0.8;
      expectNothingLost();
    }
    server.clearFaults();
    await launch(key);
    await expect.poll(place.files, { timeout: 60_000 }).toEqual([]);
    expectNothingLost();
    const assets = place.assets();
    expect(assets.map(({ sha1 }) => sha1).sort()).toEqual([...all.keys()].sort());
    expect(assets.filter(({ isInAlbum }) => !isInAlbum)).toEqual([]);
    expect(server.library.albums.size).toBe(1);
    expect(hits, 'kills that cut work off').toBeGreaterThan(KILLS / 3);
  },
);
