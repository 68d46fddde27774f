/**
 * A process that is meant to be killed: HTTP and the picture bridge on one store. `dieAt` makes it kill itself before or
 * after the so-many-th commit, which no kill from outside can aim at.
 */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { createImmich } from '../../src/clients/immich.ts';
import { systemClock } from '../../src/clock.ts';
import { createHttp } from '../../src/http.ts';
import { createBridge } from '../../src/operations/bridge-image.ts';
import { createUploads } from '../../src/pictures/uploads.ts';
import { openStore } from '../../src/store.ts';
import { textsOf } from '../../src/texts/index.ts';

export type KilledOptions = {
  folder: string;
  url: string;
  key: string;
  token: string;
  dieAt: { commit: number; moment: 'before' | 'after' } | undefined;
};

const { folder, url, key, token, dieAt } = JSON.parse(process.argv[2] ?? '{}') as KilledOptions;
const pictures = join(folder, 'pictures');
const log = pino({ level: 'silent' });
const opened = openStore(join(folder, 'state'), systemClock);
const die = () => process.kill(process.pid, 'SIGKILL');

let commits = 0;
const transaction = <T>(work: () => T): T => {
  commits += 1;
  const isLast = commits === dieAt?.commit;
  const result = opened.database.transaction(() => {
    const value = work();
    if (isLast && dieAt?.moment === 'before') die();
    return value;
  });
  if (isLast) die();
  return result;
};
const store = { ...opened, database: { ...opened.database, transaction } };

const bridge = createBridge({
  store,
  config: {
    folder: pictures,
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
  download: () => Promise.reject(new Error('nothing comes from Telegram here')),
  mounts: () => Promise.resolve([]),
  tell: () => {},
  clock: systemClock,
  log,
  timing: { firstRetry: 50, longestRetry: 300, afterDelete: 100, checks: [20, 40] },
});
const http = createHttp({
  listen: { host: '127.0.0.1', port: 0, token },
  uploads: createUploads({ store, folder: pictures, bridge, clock: systemClock }),
  inbox: { off: 'INBOX_DIR' },
  folder: pictures,
  chat: () => 7,
  lookAtSelf: () => ({ isWell: true, lastPoll: Date.now() }),
  metrics: () => Promise.resolve({ type: 'text/plain', text: '' }),
  texts: textsOf('en'),
  clock: systemClock,
  log,
});
process.on('disconnect', () => process.exit());
const until = new AbortController().signal;
const running = Promise.all([bridge.run(until), http.run(until)]);
while (http.address === undefined) await new Promise((resolve) => setImmediate(resolve));
process.send?.((http.address satisfies AddressInfo).port);
await running;
