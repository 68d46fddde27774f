/** What a restore does while the service runs: nothing here is in its way, and nothing of its data changes. */
import { readManifest } from '../../backup/manifest.ts';
import { ask } from '../../backup/psql.ts';
import type { UpdateFailure } from '../../report/updates.ts';
import { sleep } from '../../sleep.ts';
import { readSnapshot, verifySnapshot } from '../backup.ts';
import { startAll } from '../update/act.ts';
import { attempt, endable, quietly } from '../update/journey.ts';
import { reachOf, sourcesOf } from '../data-reach.ts';
import { compareWithPresent } from './compare.ts';
import { stageBack } from './data.ts';
import { record, type Journey } from './journey.ts';
import { runs } from './parts.ts';

/** Milliseconds between two looks at a database server that is coming up. */
const LOOK_EVERY = 500;

/** @returns why it cannot go on; then nothing was stopped */
export async function prepare(journey: Journey): Promise<UpdateFailure | undefined> {
  const { app, service, row, run } = journey;
  const { backup } = row.plan;
  const why = () => (run.signal.aborted ? ({ kind: 'cut-off' } as const) : undefined);
  const progress = (done: number, total?: number) => run.progress.amount(done, total);
  return (
    (await startServers(journey)) ??
    (await lookAgain(journey)) ??
    (await endable(journey, why, {
      step: 'verify',
      work: async (signal) =>
        verifySnapshot(app, service, await readSnapshot(backup.folder), { signal, progress }),
    })) ??
    (await endable(journey, why, {
      step: 'ready',
      work: (signal) => stageBack(app, service, backup, { id: row.id, signal, progress }),
    }))
  );
}

/** What a database that did not run holds is known by now. */
async function lookAgain(journey: Journey): Promise<UpdateFailure | undefined> {
  const { app, service, row } = journey;
  if (row.plan.present !== 'unreadable') return undefined;
  return quietly(journey, 'check', async () => {
    const manifest = await readManifest(row.plan.backup.folder);
    const { present } = await compareWithPresent(app, service, manifest);
    record(journey, undefined, { present });
  });
}

/** Database servers have to answer, whether they were stopped by somebody or are on a new machine. */
export async function startServers(journey: Journey): Promise<UpdateFailure | undefined> {
  const { host, servers } = journey;
  for (const server of servers) {
    if (!(await runs(host, server))) {
      const failure = await startAll(journey, 'server', [server]);
      if (failure !== undefined) return failure;
    }
    const failure = await attempt(
      journey,
      'server',
      () => untilAnswers(journey, server.containers),
      server.name,
    );
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** @throws Error with what PostgreSQL said last */
async function untilAnswers({ app, service }: Journey, containers: readonly string[]): Promise<void> {
  const places = sourcesOf(service).flatMap((source) =>
    source.kind === 'postgres' && containers.includes(source.container)
      ? [{ ...source, database: 'template1' }]
      : [],
  );
  const reach = reachOf(app, service, { application: 'steward restore' });
  const limit = app.clock.now() + service.health.timeout;
  for (const place of places) {
    for (;;) {
      try {
        await ask(reach, place, 'select 1');
        break;
      } catch (error) {
        if (app.clock.now() >= limit) throw error;
        await sleep(LOOK_EVERY);
      }
    }
  }
}
