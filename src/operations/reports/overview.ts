/** How things stand, and what a span of time has brought. What could not be looked at is said, and never counts as well. */
import type { App } from '../../app.ts';
import { dailyGrowth, daysLeft } from '../../checks/growth.ts';
import { LAST_ERROR } from '../../error-count.ts';
import { causeOf } from '../../errors.ts';
import type { Report } from '../../report.ts';
import type { Action } from '../../report/actions.ts';
import type { DiskState, LostDisk } from '../../report/services.ts';
import type { Severity } from '../../report/alerts.ts';
import type { BackupsReport } from '../../report/backups.ts';
import type {
  BackupsOverview,
  DiskOverview,
  OverviewAlert,
  OverviewReport,
  Trends,
} from '../../report/overview.ts';
import { ERRORS } from '../../sample-names.ts';
import type { AlertRow } from '../../store/alerts.ts';
import { backupsOverview, type OverviewReach as BackupsReach } from '../backups/overview.ts';
import { availableUpdates } from '../release-offer.ts';
import { sampleOf } from '../smoke/disks.ts';
import { statusOfAll, type StatusReach } from '../status.ts';
import { unseenIn } from './unseen.ts';

export type OverviewReach = StatusReach & BackupsReach & Pick<App, 'jobs'>;

export type OverviewQuestion = {
  span: OverviewReport['span'];
  /** Milliseconds since 1970: what is told of happened after this. */
  from: number;
  isWhole?: boolean;
  trends?: Trends | undefined;
  signal?: AbortSignal;
};

const DAY = 86_400_000;
/** Growth is judged over so long. */
const LOOKS_BACK = 30 * DAY;
/** Nobody was there: longer than a restart takes, and than one run of a job that comes each minute. */
const GAP = 15 * 60_000;

export async function overview(
  app: OverviewReach,
  { span, from, isWhole = false, trends, signal }: OverviewQuestion,
): Promise<OverviewReport> {
  const [status, stood] = await Promise.all([
    statusOfAll(app, signal === undefined ? {} : { signal }),
    backupsStanding(app),
  ]);
  const { store } = app;
  const at = app.clock.now();
  const updates = availableUpdates(app) as Extract<Report, { kind: 'releases' }>;
  const found = {
    services: status.services.map(({ name, title, state, trouble }) => ({ name, title, state, trouble })),
    alerts: {
      open: worstFirst(store.alerts.open()).map((row) => told(row, at)),
      ended: store.alerts.ended(from).map((row) => told(row, at)),
    },
    unseen: unseenIn(app, { status, backups: stood, at }),
    backups: backupsOf(stood, at),
    disks: status.disks.map((disk) => diskOf(app, disk, at)),
    jobs: store.history.failedJobs(from, at),
    errors: errorsOf(app, from, at),
  };
  const { filed, cleaned } = store.history.pictures(from, at);
  return {
    kind: 'overview',
    verdict: verdictOf(found),
    span,
    isWhole,
    host: app.machine.name,
    from,
    at,
    ...found,
    pictures: { filed, waiting: store.pictures.waiting(), cleaned },
    updates: updates.services.map(({ name, to }) => ({ name, to })),
    held: store.held.all(),
    offline: store.history.gaps(from, at, GAP),
    trends,
    actions: actionsOf(updates.services.length, span, isWhole),
  };
}

/** What goes wrong with the backups must not keep back what there is to say of the rest. */
async function backupsStanding(app: OverviewReach): Promise<Extract<BackupsReport, { kind: 'backups' }>> {
  try {
    return (await backupsOverview(app)) as Extract<BackupsReport, { kind: 'backups' }>;
  } catch (error) {
    return { kind: 'backups', services: [], uncovered: [], lost: causeOf(error), at: app.clock.now() };
  }
}

function verdictOf(
  found: Pick<OverviewReport, 'services' | 'alerts' | 'unseen' | 'backups' | 'disks' | 'jobs' | 'errors'>,
): OverviewReport['verdict'] {
  const { services, alerts, unseen, backups, disks, jobs, errors } = found;
  const has = (severity: Severity) => alerts.open.some(({ finding }) => finding.severity === severity);
  const is = (...states: string[]) => services.some(({ state }) => states.includes(state));
  if (is('down', 'unknown') || has('critical') || unseen.some(({ kind }) => kind === 'host')) return 'bad';
  const isTroubled =
    is('degraded') ||
    has('warning') ||
    (backups !== undefined && backups.troubled.length > 0) ||
    // How soon a disk is full is the smoke test's to judge.
    disks.some((disk) => 'lost' in disk && disk.lost !== 'silent') ||
    jobs.some(({ isOver }) => !isOver) ||
    errors.count > 0;
  if (isTroubled) return 'troubled';
  return unseen.length > 0 || is('working') ? 'unsure' : 'good';
}

const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, notice: 2 };
const worstFirst = (rows: readonly AlertRow[]): AlertRow[] =>
  rows.toSorted((a, z) => RANK[a.severity] - RANK[z.severity] || a.openedAt - z.openedAt);

const told = ({ finding, openedAt, endedAt, times, downBefore }: AlertRow, at: number): OverviewAlert => ({
  finding,
  endedAt,
  times,
  lasted: downBefore + Math.max(0, (endedAt ?? at) - openedAt),
});

/** So long a backup counts as the day's. */
const FRESH = 26 * 3_600_000;

function backupsOf(
  { services, uncovered }: Extract<BackupsReport, { kind: 'backups' }>,
  at: number,
): BackupsOverview | undefined {
  if (services.length === 0) return undefined;
  const proven = services.flatMap(({ service, proven: one }) =>
    one === undefined ? [] : [{ name: service, at: one.takenAt }],
  );
  const parts = services.flatMap(({ notCovered }) => notCovered ?? []);
  return {
    all: services.length,
    good: services.filter(
      ({ proven: one, nextAt }) =>
        // One without a schedule is as old as somebody wishes.
        one !== undefined && (nextAt === undefined || at - one.takenAt <= FRESH),
    ).length,
    oldest: proven.toSorted((a, z) => a.at - z.at)[0],
    troubled: services.flatMap(({ service, worry, proven: one }) =>
      worry === undefined ? [] : [{ name: service, worry, provenAt: one?.takenAt }],
    ),
    services: services.map(({ service, proven: one }) => ({
      name: service,
      provenAt: one?.takenAt,
      size: one?.size,
    })),
    notCovered: [...parts, ...uncovered],
  };
}

function diskOf(
  { store }: Pick<App, 'store'>,
  disk: DiskState | LostDisk,
  at: number,
): DiskOverview | LostDisk {
  if ('lost' in disk) return disk;
  const growth = dailyGrowth(store.samples.range(sampleOf(disk.path), at - LOOKS_BACK, at), at);
  return { ...disk, growth, daysLeft: daysLeft(disk.free, growth) };
}

function errorsOf({ store }: Pick<App, 'store'>, from: number, at: number): OverviewReport['errors'] {
  const [before, now] = [from, at].map((moment) => store.samples.last(ERRORS, moment)?.value ?? 0);
  const count = Math.max(0, (now ?? 0) - (before ?? 0));
  return { count, last: count === 0 ? undefined : store.facts.get(LAST_ERROR) };
}

function actionsOf(updates: number, span: OverviewReport['span'], isWhole: boolean): Action[][] {
  const offered: Action[] =
    updates === 0 ? [] : [{ label: 'updates', subject: String(updates), command: 'update', args: [] }];
  const args = span === 'week' ? ['week', 'details'] : ['details'];
  const more: Action[] = isWhole ? [] : [{ label: 'details', command: 'report', args }];
  const row = [...offered, ...more];
  return row.length === 0 ? [] : [row];
}
