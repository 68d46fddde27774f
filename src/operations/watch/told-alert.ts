/** An alert's row as the report that its card shows. */
import type { App } from '../../app.ts';
import { whoIs } from '../../people.ts';
import type { Action } from '../../report/actions.ts';
import type { AlertReport, AlertsReport, Mended, ToldAlert } from '../../report/alerts.ts';
import type { AlertRow } from '../../store/alerts.ts';
import { looksAt, remediesOf } from './remedies.ts';

export type ToldReach = Pick<App, 'store' | 'config' | 'services'>;

const SNOOZE = '1h';
/** What somebody, or the clock, does to a service that ends its trouble. */
const MENDS: Readonly<Record<string, Mended['verb']>> = {
  restart: 'restart',
  start: 'start',
  update: 'update',
  'update-services': 'update',
  rollback: 'rollback',
  restore: 'restore',
};

export function toldAlert(app: ToldReach, row: AlertRow): ToldAlert {
  const { id, finding, openedAt, endedAt, ending, times, downBefore, ackedBy, snoozedBy, snoozedUntil } = row;
  return {
    id,
    finding,
    openedAt,
    endedAt,
    ...(ending === undefined ? {} : { ending }),
    times,
    lasted: downBefore + (endedAt === undefined ? 0 : endedAt - openedAt),
    mended: endedAt === undefined ? undefined : mendedBy(app, row),
    ackedBy: ackedBy === undefined ? undefined : whoIs(app, ackedBy),
    snoozed:
      snoozedBy === undefined || snoozedUntil === undefined
        ? undefined
        : { by: whoIs(app, snoozedBy), until: snoozedUntil },
  };
}

function mendedBy(app: ToldReach, { finding, openedAt, ending }: AlertRow): Mended | undefined {
  if (finding.service === undefined || ending !== 'well') return undefined;
  const run = app.store.runs.lastDone(Object.keys(MENDS), finding.service, openedAt);
  const verb = run === undefined ? undefined : MENDS[run.name];
  return run === undefined || verb === undefined ? undefined : { verb, by: whoIs(app, run.by) };
}

/** @param before what the card shows now: which services were fine is of the moment when it began */
export function alertReport(app: ToldReach, row: AlertRow, before: AlertReport | undefined): AlertReport {
  const told = toldAlert(app, row);
  const isOpen = row.endedAt === undefined;
  const others =
    isOpen && before?.endedAt === undefined && before !== undefined ? before : othersOf(app, row);
  return {
    kind: 'alert',
    ...told,
    stillFine: isOpen ? others.stillFine : 0,
    stillDown: others.stillDown,
    actions: isOpen ? [remediesOf(row.finding), answers([row])] : [looksAt(row.finding)],
  };
}

/** Only a service has others beside it; of a host that does not answer nobody knows. */
function othersOf({ store, services }: ToldReach, { id, finding }: AlertRow) {
  if (finding.fact.kind !== 'service') return { stillFine: 0, stillDown: [] };
  const open = store.alerts.open().filter((row) => row.id !== id);
  const stillDown = open.flatMap(({ finding: { fact, service } }) =>
    fact.kind === 'service' ? [service ?? fact.title] : [],
  );
  const isBlind = open.some(({ finding: { fact } }) => fact.kind === 'host');
  return { stillFine: isBlind ? 0 : services.all.length - 1 - stillDown.length, stillDown };
}

export function alertsReport(app: ToldReach, rows: readonly AlertRow[]): AlertsReport {
  const open = rows.filter(({ endedAt }) => endedAt === undefined);
  const status: Action = { label: 'status', command: 'status', args: [], style: 'primary' };
  return {
    kind: 'alerts',
    alerts: rows.map((row) => toldAlert(app, row)),
    actions: open.length === 0 ? [[status]] : [[status], answers(open)],
  };
}

/** What a person can say to it. */
export function answers(rows: readonly AlertRow[]): Action[] {
  const ids = rows.map(({ id }) => String(id));
  const isSnoozed = rows.every(({ snoozedUntil }) => snoozedUntil !== undefined);
  const isAcked = rows.every(({ ackedBy }) => ackedBy !== undefined);
  return [
    isSnoozed
      ? { label: 'wake', command: 'snooze', args: [...ids, 'off'] }
      : { label: 'snooze', command: 'snooze', args: [...ids, SNOOZE] },
    ...(isAcked ? [] : [{ label: 'ack' as const, command: 'ack', args: ids }]),
  ];
}
