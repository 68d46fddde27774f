/** One restore on its way: what it works on, and how its steps are written down. */
import type { App, Run } from '../../app.ts';
import type { Host } from '../../hosts.ts';
import type { Service } from '../../services.ts';
import type { RestoreFacts, RestoreRow, RestoreStage } from '../../store/restores.ts';
import type { UpdateReach } from '../update/journey.ts';
import type { Part } from '../update/parts.ts';
import { restoredParts } from './parts.ts';

export type RestoreReach = UpdateReach & Pick<App, 'machine' | 'config'>;

export type Journey = {
  readonly app: RestoreReach;
  readonly service: Service;
  readonly host: Host;
  readonly run: Run;
  /** As the journal has it now. */
  row: RestoreRow;
  /** What is stopped, in start order. */
  readonly parts: readonly Part[];
  /** Database servers, which run while their data is put back. */
  readonly servers: readonly Part[];
};

export async function journeyOf(
  app: RestoreReach,
  service: Service,
  run: Run,
  row: RestoreRow,
): Promise<Journey> {
  const host = app.hosts.of(service);
  const { parts, servers } = await restoredParts(host, service);
  return { app, service, host, run, row, parts, servers };
}

/** Write down what comes next, and what was learnt, before it is done. */
export function record(journey: Journey, stage: RestoreStage | undefined, facts: RestoreFacts = {}): void {
  journey.row = journey.app.store.restores.record(journey.row.id, {
    ...(stage === undefined ? {} : { stage }),
    facts,
  });
}
