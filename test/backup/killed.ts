/** A process that copies data or puts it back, with `kill-at.ts` preloaded: see `fork-killed.ts`. */
import { getEnvironmentData } from 'node:worker_threads';
import { createEngine } from '../../src/clients/engine.ts';
import { putBack, readSnapshot, snapshotFolder, takeSnapshot } from '../../src/operations/backup.ts';
import { CALLS } from './kill-at.ts';
import { openPlace } from './place.ts';

export type KilledOptions = {
  folder: string;
  sources: readonly unknown[];
  verb: 'take' | 'put back';
  /** Of the engine that has these containers. */
  socket?: string;
  containers?: readonly string[];
  /** Number of the call that changes something, before which it dies. None: it lives to the end. */
  at?: number;
};
/** How many such calls there were. */
export type Lived = { calls: number };

const { containers = [], folder, socket, sources, verb } = JSON.parse(process.argv[2] ?? '') as KilledOptions;
const engine = socket === undefined ? {} : { engine: createEngine(socket) };
const { app, service } = openPlace({ sources, containers, folder, ...engine });
const copy = snapshotFolder(app, service, 'one');
if (verb === 'take') await takeSnapshot(app, service, copy);
else await putBack(app, service, await readSnapshot(copy), 'back');
const [calls = 0] = new Int32Array(getEnvironmentData(CALLS) as SharedArrayBuffer);
process.send?.({ calls } satisfies Lived);
