/** A process that is meant to be killed: an inbox at work. */
import { pino } from 'pino';
import { createImmich } from '../../src/clients/immich.ts';
import { systemClock } from '../../src/clock.ts';
import { createGuard } from '../../src/guard.ts';
import { createInbox } from '../../src/operations/upload-inbox.ts';
import { openStore } from '../../src/store.ts';

export type KilledOptions = { state: string; inbox: string; url: string; key: string; album: string };

const { state, inbox, url, key, album } = JSON.parse(process.argv[2] ?? '{}') as KilledOptions;
const log = pino({ level: 'silent' });
process.on('disconnect', () => process.exit());
process.send?.('running');
await createInbox({
  store: openStore(state, systemClock),
  immich: createImmich(url, key, { patience: 5000 }),
  guard: createGuard(false, log),
  folder: inbox,
  album,
  forbidden: () => Promise.resolve([]),
  chat: () => 7,
  clock: systemClock,
  log,
  timing: { settle: 50, look: 500, gather: 10, firstRetry: 20, longestRetry: 100, keptRetry: 200 },
}).run(new AbortController().signal);
