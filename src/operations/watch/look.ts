/** One look of the watch at services of a host: their alerts, and the host's own, follow what it sees. */
import type { App } from '../../app.ts';
import { causeOf } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import type { Finding, HostFact } from '../../report/alerts.ts';
import type { ServiceState } from '../../report/services.ts';
import type { Service } from '../../services.ts';
import type { AlertRow } from '../../store/alerts.ts';
import { follow, type Rules, type Sight, type Verdict } from '../../watch/course.ts';
import { unitsOf, type HostView } from '../host-view.ts';
import { lookAtServices } from '../status.ts';
import { deployKey, deployOn } from './deploy.ts';
import { factOf, withMemoryNow } from './fact.ts';
import type { Memory } from './memory.ts';
import { reconcile, type Over, type Reconciled } from './reconcile.ts';
import { see } from './see.ts';
import { forgetStoppedLoop, isStoppedLoop, withStoppedLoop } from './stop-loop.ts';

export type LookReach = Pick<App, 'hosts' | 'services' | 'probe' | 'clock' | 'store' | 'locks' | 'redact'>;

/** A host, with all of its services, and what is remembered of them. */
export type Watched = { app: LookReach; host: Host; services: readonly Service[]; memory: Memory };

export type Looked = Reconciled & {
  /** By service: when to look at it again at the latest; milliseconds since 1970. */
  wakes: ReadonlyMap<Service, number>;
};

/** Milliseconds until the next look at what is worked on: nothing tells when that ends. */
const LEFT_ALONE_FOR = 5000;

export const serviceKey = (service: string): string => `service:${service}`;
export const hostKey = (host: string): string => `host:${host}`;

/**
 * @param services some of the host's; alerts of the others stay as they are, and so do those of which nothing can be known
 * @param signal ends it: then it rejects, and nothing has changed
 */
export async function look(
  watched: Watched,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<Looked> {
  const { app, host, memory } = watched;
  const isLocked = ({ name }: Service) => !app.locks.isFree(name);
  const locked = new Set(services.filter(isLocked));
  // A stop that is under way holds the lock: what is seen then may be of before.
  const atRest = services.filter((one) => isStoppedLoop(app.store, one.name) && !locked.has(one));
  const [deploy, { services: looked, views }] = await Promise.all([
    askDeploy(watched),
    lookAtServices(app, services, { signal }),
  ]);
  for (const one of atRest) forgetStoppedLoop(app.store, looked[services.indexOf(one)] as ServiceState);
  const states = looked.map((state) => withStoppedLoop(app.store, state));
  const view = views[0] as HostView;
  const now = app.clock.now();
  const over = new Map<string, Over>();

  const judge = (key: string, sight: Sight, rules: Rules) => {
    const row = openOf(app, key);
    const { course, ...followed } = follow(memory.courses.get(key) ?? {}, sight, {
      rules,
      openedAt: row?.openedAt,
      now,
    });
    memory.courses.set(key, course);
    if (followed.verdict.is === 'over') over.set(key, followed.verdict);
    return { ...followed, row };
  };

  const judged = services.map((service, index) => {
    const state = states[index] as ServiceState;
    // Asked before and after: somebody may have taken it in between.
    const isLeft = deploy.runs || locked.has(service) || isLocked(service);
    const key = serviceKey(service.name);
    const seen = see(memory, { service, state, view, isLeft, now, leftAt: memory.courses.get(key)?.leftAt });
    const { verdict, wakeAt = Infinity, row } = judge(key, seen.sight, rulesOf(service));
    const wake = Math.min(wakeAt, seen.until ?? Infinity, isLeft ? now + LEFT_ALONE_FOR : Infinity);
    return { service, state, found: seen.found, verdict, wake, row, key };
  });
  const findings = judged.map(async ({ service, state, found, verdict, row, key }): Promise<Finding[]> => {
    if (verdict.is !== 'alert' || found === undefined) return [];
    const { since } = verdict;
    const before =
      row?.finding.fact.kind === 'service' ? { fact: row.finding.fact, at: row.changedAt } : undefined;
    const fact = await factOf({ app, host, memory }, { service, state, found, since }, before);
    return [{ key, severity: found.severity, since, service: service.name, fact }];
  });

  const gone = hostFact(watched, view, deploy.trouble);
  const hostSight: Sight = deploy.runs
    ? { is: 'left-alone' }
    : { is: gone === undefined ? 'well' : 'trouble' };
  const ofHost = judge(hostKey(host.name), hostSight, hostRules(watched.services));
  const hostFindings = gone === undefined ? [] : findingOfHost(gone, ofHost);
  const all = [...(await Promise.all(findings)).flat(), ...hostFindings, ...(deploy.left ?? [])];
  const ends = judged.map(async ({ row, key }) => {
    const end = over.get(key);
    if (row === undefined || end?.ending !== 'well') return;
    over.set(key, { ...end, finding: await withMemoryNow(host, row.finding, { signal }) });
  });
  await Promise.all(ends);
  const reconciled = reconcile(app, all, {
    covers: (key) => over.has(key) || (deploy.left !== undefined && key === deployKey(host.name)),
    over: (key) => over.get(key),
  });
  const { wakeAt: hostWake = Infinity } = ofHost;
  return {
    ...reconciled,
    wakes: new Map(judged.map(({ service, wake }) => [service, Math.min(wake, hostWake)])),
  };
}

const rulesOf = ({ watch, health }: Service): Rules => ({
  after: watch.after,
  settle: health.settle,
  patience: health.timeout,
});

/** As soon as one of its services would have to be told of. */
const hostRules = (services: readonly Service[]): Rules => ({
  after: Math.min(...services.map(({ watch }) => watch.after)),
  settle: 0,
  patience: Infinity,
});

const openOf = ({ store }: Pick<App, 'store'>, key: string): AlertRow | undefined => {
  const row = store.alerts.byKey(key);
  return row?.endedAt === undefined ? row : undefined;
};

/**
 * Whether units start and stop by the hand of a deploy now, and what was found of one that is left over; a systemd that
 * cannot be asked is the host's trouble.
 */
async function askDeploy({
  app,
  host,
  services,
}: Watched): Promise<{ runs: boolean; left?: readonly Finding[]; trouble?: string }> {
  if (services.flatMap(unitsOf).length === 0) return { runs: false };
  try {
    return await deployOn(host, app.clock.now());
  } catch (error) {
    return { runs: false, trouble: causeOf(error) };
  }
}

function hostFact(
  { host, services }: Watched,
  view: HostView,
  systemdTrouble: string | undefined,
): HostFact | undefined {
  const fact = (what: HostFact['what'], cause: string, lost: readonly Service[]): HostFact => ({
    kind: 'host',
    host: host.name,
    what,
    cause,
    services: lost.map(({ title }) => title),
  });
  const withContainers = services.filter(({ containers }) => containers.length > 0);
  if (view.engineTrouble !== undefined && withContainers.length > 0) {
    return fact('engine', view.engineTrouble, withContainers);
  }
  const trouble = view.systemdTrouble ?? systemdTrouble;
  if (trouble === undefined) return undefined;
  return fact(
    'systemd',
    trouble,
    services.filter((service) => unitsOf(service).length > 0),
  );
}

/** The same loss is not told in other words at each look. */
function findingOfHost(
  fact: HostFact,
  { verdict, row }: { verdict: Verdict; row: AlertRow | undefined },
): Finding[] {
  if (verdict.is !== 'alert') return [];
  const before = row?.finding.fact;
  const isSame = before?.kind === 'host' && before.what === fact.what;
  return [
    {
      key: hostKey(fact.host),
      severity: 'critical',
      since: verdict.since,
      fact: isSame ? before : fact,
    },
  ];
}
