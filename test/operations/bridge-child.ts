/**
 * A process that is meant to be killed: it takes the pictures that it is told of, as the bot's intake would, and
 * works on them. `dieAt` makes it kill itself before or after the so-many-th commit, which no kill from outside can aim at.
 */
import { createReadStream, createWriteStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pino } from 'pino';
import { createImmich } from '../../src/clients/immich.ts';
import { systemClock } from '../../src/clock.ts';
import { createBridge } from '../../src/operations/bridge-image.ts';
import { openStore } from '../../src/store.ts';
import type { IncomingPicture } from '../../src/store/pictures.ts';

export type ChildOptions = {
  folder: string;
  url: string;
  key: string;
  mounts: { source: string; destination: string }[];
  dieAt: { commit: number; moment: 'before' | 'after' } | undefined;
};

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions;
const { folder, url, key, mounts, dieAt } = options;

const store = openStore(join(folder, 'state'), systemClock);
const die = () => process.kill(process.pid, 'SIGKILL');

let commits = 0;
const transaction = <T>(work: () => T): T => {
  commits += 1;
  const isLast = commits === dieAt?.commit;
  const result = store.database.transaction(() => {
    const value = work();
    if (isLast && dieAt?.moment === 'before') die();
    return value;
  });
  if (isLast) die();
  return result;
};

const bridge = createBridge({
  store: { ...store, database: { ...store.database, transaction } },
  config: {
    folder: join(folder, 'pictures'),
    agentUser: 1000,
    group: undefined,
    maxEdge: 2000,
    album: 'Claude Code Temp',
    shareWith: undefined,
    paths: undefined,
    service: undefined,
    webUrl: undefined,
  },
  immich: createImmich(url, key, { patience: 5000 }),
  download: async (source, target) => {
    const file = join(folder, 'telegram', source.fileId);
    // In pieces, so that a kill finds half a file.
    await pipeline(createReadStream(file, { highWaterMark: 4096 }), createWriteStream(target));
    return { size: statSync(target).size };
  },
  mounts: async () => mounts,
  tell: () => {},
  clock: systemClock,
  log: pino({ level: 'silent' }),
  timing: { firstRetry: 50, longestRetry: 300, afterDelete: 100, checks: [50, 150] },
});

const incoming = JSON.parse(readFileSync(join(folder, 'incoming.json'), 'utf8')) as IncomingPicture[];
for (const picture of incoming) store.database.transaction(() => bridge.take(picture));

const until = new AbortController();
process.on('message', () => until.abort());
process.on('disconnect', () => process.exit());
process.send?.('running');
await bridge.run(until.signal);
process.send?.(commits);
process.disconnect?.();
