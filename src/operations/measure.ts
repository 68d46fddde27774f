/** Figures for a monitoring system, as plain families of numbers. Labels are names of the configuration, and few. */
import type { App } from '../app.ts';
import { causeOf } from '../errors.ts';
import type { Report } from '../report.ts';
import type { ServiceState, State } from '../report/services.ts';
import type { LookAtSelf, Wellness } from '../wellness.ts';
import { statusOfAll } from './status.ts';

/** Base units throughout: seconds, bytes, shares of one. */
export type Family = {
  name: string;
  help: string;
  values: readonly { labels: Readonly<Record<string, string>>; value: number }[];
};

type Status = Report & { kind: 'status' };
type Look = { status: Status; at: number };
type Values = Family['values'];

/** Milliseconds: hosts are not asked again sooner, however many ask. */
const FRESH = 30_000;
/** So long a scrape waits for a look; after that it tells what is known. Prometheus gives up after 10 s. */
const PATIENCE = 4000;
/** A look that takes longer is given up, and one that is older is not told any more. */
const LONGEST = 60_000;
const OLDEST = 5 * 60_000;

const STATES: readonly State[] = ['ok', 'degraded', 'down', 'stopped', 'working', 'unknown'];
const SEVERITIES = ['critical', 'warning', 'notice'] as const;
const LEVELS = ['copied', 'decoded', 'restored'] as const;

/** @returns gives all families, always within some seconds; what cannot be told is left out */
export function createMeasure(
  app: App,
  options: { lookAtSelf: LookAtSelf; fresh?: number; patience?: number },
): () => Promise<Family[]> {
  const { lookAtSelf, fresh = FRESH, patience = PATIENCE } = options;
  let last: Look | undefined;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    try {
      const status = await statusOfAll(app, { details: true, signal: AbortSignal.timeout(LONGEST) });
      last = { status, at: app.clock.now() };
    } catch (error) {
      app.log.warn({ cause: causeOf(error) }, 'cannot look for metrics');
    } finally {
      looking = undefined;
    }
  };

  return async () => {
    const age = (now: number) => (last === undefined ? Infinity : Math.abs(now - last.at));
    if (age(app.clock.now()) > fresh) {
      looking ??= look();
      await within(patience, looking);
    }
    const now = app.clock.now();
    const known = age(now) <= OLDEST ? last : undefined;
    return [
      ...ofSelf(lookAtSelf(), now),
      ...(known === undefined ? [] : ofLook(known, now)),
      ...ofStore(app, now),
    ];
  };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

const family = (name: string, help: string, values: Values): Family => ({
  name: `steward_${name}`,
  help,
  values,
});
const single = (name: string, help: string, value: number | undefined): Family =>
  family(name, help, value === undefined ? [] : [{ labels: {}, value }]);
/** One for each choice, of which one is 1. */
const oneOf = <Choice extends string>(
  choices: readonly Choice[],
  chosen: Choice,
  label: string,
  labels: Readonly<Record<string, string>>,
): Values =>
  choices.map((choice) => ({ labels: { ...labels, [label]: choice }, value: choice === chosen ? 1 : 0 }));

function ofSelf(self: Wellness, now: number): Family[] {
  return [
    single('well', 'Whether Steward itself is well, as /healthz says.', self.isWell ? 1 : 0),
    single(
      'telegram_poll_age_seconds',
      'Since Telegram answered last.',
      self.lastPoll === undefined ? undefined : (now - self.lastPoll) / 1000,
    ),
  ];
}

function ofLook({ status, at }: Look, now: number): Family[] {
  const { services, hosts, disks } = status;
  const whole = disks.flatMap((disk) => ('size' in disk ? [disk] : []));
  const ofDisk = (name: string, help: string, read: (disk: (typeof whole)[number]) => number): Family =>
    family(
      name,
      help,
      whole.map((disk) => ({ labels: { path: disk.path }, value: read(disk) })),
    );
  return [
    single('look_age_seconds', 'How old what is told of hosts, services and disks is.', (now - at) / 1000),
    family(
      'host_up',
      'Whether engine and systemd of a host answer.',
      hosts.map(({ name, trouble }) => ({ labels: { host: name }, value: trouble === undefined ? 1 : 0 })),
    ),
    family(
      'service_state',
      'State of a service: 1 for the one that it is in.',
      services.flatMap(({ name, host, state }) => oneOf(STATES, state, 'state', { service: name, host })),
    ),
    ...ofContainers(services, now),
    family(
      'disk_up',
      'Whether a disk is there and answers.',
      disks.map((disk) => ({ labels: { path: disk.path }, value: 'size' in disk ? 1 : 0 })),
    ),
    ofDisk('disk_size_bytes', 'Size of a disk, without what is reserved for root.', ({ size }) => size),
    ofDisk('disk_used_bytes', 'Used of it.', ({ used }) => used),
    ofDisk('disk_free_bytes', 'Free of it.', ({ free }) => free),
  ];
}

function ofContainers(services: readonly ServiceState[], now: number): Family[] {
  const parts = services.flatMap(({ name, containers }) =>
    containers.map((part) => ({ part, labels: { service: name, container: part.name } })),
  );
  const each = (
    name: string,
    help: string,
    read: (part: ServiceState['containers'][number]) => number | undefined,
  ): Family =>
    family(
      name,
      help,
      parts.flatMap(({ part, labels }) => {
        const value = read(part);
        return value === undefined ? [] : [{ labels, value }];
      }),
    );
  return [
    each('container_up', 'Whether a container or native unit is well.', ({ state }) =>
      Number(state === 'ok'),
    ),
    each('container_memory_bytes', 'Memory without caches.', ({ memory }) => memory?.used),
    each('container_memory_limit_bytes', 'Its limit, where it has one.', ({ memory }) => memory?.limit),
    each('container_cpu_cores', 'Processor cores in use.', ({ cpu }) =>
      cpu === undefined ? undefined : cpu / 100,
    ),
    each('container_restarts', 'Restarts that engine and systemd count.', ({ restarts }) => restarts),
    each('container_uptime_seconds', 'Since its start.', ({ startedAt }) =>
      startedAt === undefined ? undefined : (now - startedAt) / 1000,
    ),
  ];
}

/** @returns nothing where the store cannot be read: `steward_well` says so */
function ofStore(app: App, now: number): Family[] {
  try {
    return [...ofBackups(app, now), ...ofJobs(app), ...ofQueues(app, now)];
  } catch (error) {
    app.log.warn({ cause: causeOf(error) }, 'cannot read the store for metrics');
    return [];
  }
}

function ofBackups({ store, services }: Pick<App, 'store' | 'services'>, now: number): Family[] {
  const proven = services.all.flatMap(({ name }) => {
    const row = store.backups.newestProven(name);
    return row === undefined ? [] : [{ labels: { service: name }, row }];
  });
  return [
    family(
      'backup_age_seconds',
      'Age of the newest proven backup; absent where there is none.',
      proven.map(({ labels, row }) => ({ labels, value: (now - row.takenAt) / 1000 })),
    ),
    family(
      'backup_size_bytes',
      'Its size.',
      proven.map(({ labels, row }) => ({ labels, value: row.size })),
    ),
    family(
      'backup_level',
      'How far it is proven: 1 for its level.',
      proven.flatMap(({ labels, row }) => oneOf(LEVELS, row.level, 'level', labels)),
    ),
  ];
}

function ofJobs(app: App): Family[] {
  const ran = app.scheduler
    .jobs(app)
    .flatMap(({ name, subject = '', last }) =>
      last === undefined ? [] : [{ labels: { job: name, subject }, last }],
    );
  const each = (name: string, help: string, read: (last: (typeof ran)[number]['last']) => number): Family =>
    family(
      name,
      help,
      ran.map(({ labels, last }) => ({ labels, value: read(last) })),
    );
  return [
    each('job_last_end_timestamp_seconds', 'When the last run of a job ended.', ({ at }) => at / 1000),
    each('job_last_duration_seconds', 'How long it took.', ({ took }) => took / 1000),
    each('job_last_success', 'Whether it went well.', ({ outcome }) => Number(outcome === 'done')),
  ];
}

function ofQueues({ store }: Pick<App, 'store'>, now: number): Family[] {
  const open = store.alerts.open();
  const { count, oldest } = store.outbox.waiting();
  return [
    family(
      'alerts_open',
      'Alerts that last, by severity.',
      SEVERITIES.map((severity) => ({
        labels: { severity },
        value: open.filter((alert) => alert.severity === severity).length,
      })),
    ),
    single('telegram_queue_messages', 'Messages and edits that wait for Telegram.', count),
    single(
      'telegram_queue_age_seconds',
      'How long the oldest of them waits.',
      oldest === undefined ? 0 : Math.max(0, now - oldest) / 1000,
    ),
    single('pictures_waiting', 'Pictures that wait for Immich.', store.pictures.waiting()),
    single('pictures_total', 'Pictures that ever came in.', store.pictures.count()),
  ];
}
