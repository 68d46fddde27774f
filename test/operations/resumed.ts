/** A bridge on what is in a folder, as a process makes one at its start: the store, what was sent, Telegram as files. */
import { createReadStream, createWriteStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pino } from 'pino';
import { createImmich } from '../../src/clients/immich.ts';
import { systemClock } from '../../src/clock.ts';
import { createBridge, type Bridge } from '../../src/operations/bridge-image.ts';
import type { Store } from '../../src/store.ts';
import type { IncomingPicture } from '../../src/store/pictures.ts';

export type BridgePlace = {
  folder: string;
  url: string;
  key: string;
  mounts: readonly { source: string; destination: string }[];
};

/**
 * It takes what was sent, as the bot's intake would, unless it has it.
 * @param commit does a transaction of the bridge, the `count`-th; as it is unless given
 */
export function resumeBridge(
  { folder, url, key, mounts }: BridgePlace,
  store: Store,
  commit = <T>(_count: number, work: () => T): T => store.database.transaction(work),
): Bridge {
  let commits = 0;
  const transaction = <T>(work: () => T): T => commit((commits += 1), work);
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
  return bridge;
}
