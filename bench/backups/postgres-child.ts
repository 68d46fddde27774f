/**
 * `node bench/backups/postgres-child.ts`: copies a PostgreSQL database and drills the copy, and says how long each took,
 * how far memory grew and for how long the event loop stood still.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { drillPostgres } from '../../src/backup/postgres-drill.ts';
import { takePostgres } from '../../src/backup/postgres.ts';
import { createEngine } from '../../src/clients/engine.ts';

export type PostgresJob = {
  socket: string;
  place: { container: string; user: string; database: string };
  folder: string;
  /** Otherwise only the copy is taken. */
  drill: boolean;
};
/** Milliseconds, bytes. `restore` is the part of `drill` that a real one would take. */
export type PostgresTold = {
  copy: number;
  proof: number;
  drill: number;
  restore: number;
  grownBy: number;
  longestPause: number;
  failed: string[];
};

process.on('message', (job: PostgresJob) => void work(job));

async function work({ socket, place, folder, drill }: PostgresJob): Promise<void> {
  const engine = createEngine(socket);
  const reach = { engine, application: 'steward bench', signal: new AbortController().signal };
  const copy = (database: string, target: string) =>
    takePostgres(reach, { ...place, database }, { folder, target, digests: true });
  // Once for the code to be loaded and the memory of it to be had.
  await copy('template1', 'warm.dump');
  const pauses = monitorEventLoopDelay({ resolution: 5 });
  pauses.enable();
  const before = process.memoryUsage.rss();
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const part = await copy(place.database, 'copy.dump');
  const begun = performance.now();
  const file = join(folder, part.copy.file);
  const drilled = drill ? await drillPostgres(reach, part, file, { service: 'bench' }) : undefined;
  clearInterval(looking);
  const told: PostgresTold = {
    copy: part.took?.copy ?? Number.NaN,
    proof: part.took?.proof ?? Number.NaN,
    drill: performance.now() - begun,
    restore: drilled?.took ?? Number.NaN,
    grownBy: most - before,
    longestPause: pauses.max / 1e6,
    failed: (drilled?.checks ?? []).filter(({ result }) => result === 'failed').map(({ name }) => name),
  };
  for (const name of ['warm.dump', 'copy.dump']) await rm(join(folder, name));
  process.send?.(told);
  await engine.close();
  process.disconnect?.();
}
