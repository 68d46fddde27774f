/** How everything is: every host, service and disk, asked for at the same time. */
import type { App } from '../app.ts';
import { causeOf } from '../errors.ts';
import type { Report } from '../report.ts';
import type { ServiceState, Trouble } from '../report/services.ts';
import type { Service } from '../services.ts';
import { withBackup } from './backups/due.ts';
import { availableIn } from './release-offer.ts';
import { recallGuarded } from './update/guarded.ts';
import { withStoppedLoop } from './watch/stop-loop.ts';
import { tagKind } from '../versions.ts';
import { lookAt, type HostView, type LookOptions } from './host-view.ts';
import { stateOf, type Answers } from './service-state.ts';

export type StatusReach = Pick<App, 'hosts' | 'services' | 'probe' | 'machine' | 'clock'>;

/** All services and disks. */
export async function statusOfAll(
  app: StatusReach & Pick<App, 'store'>,
  options: LookOptions = {},
): Promise<Report & { kind: 'status' }> {
  const [looked, disks] = await Promise.all([lookAtServices(app, app.services.all, options), disksOf(app)]);
  return {
    kind: 'status',
    hosts: looked.views.map((view) => ({
      name: view.name,
      trouble: [view.engineTrouble, view.systemdTrouble].filter(Boolean).join('; ') || undefined,
    })),
    services: looked.services.map((service) => withMemories(app, service)),
    disks,
    at: app.clock.now(),
  };
}

/** One service, with memory, processor and images. */
export async function statusOf(
  app: StatusReach & Pick<App, 'store'>,
  service: Service,
  options: LookOptions = {},
): Promise<Report & { kind: 'service' }> {
  const [looked, machine] = await Promise.all([
    lookAtServices(app, [service], { ...options, details: true }),
    app.machine.vitals(),
  ]);
  const state = withMemories(app, looked.services[0] as ServiceState);
  return {
    kind: 'service',
    service: state,
    machine,
    ...lastChange(app, service),
    ...waitOf(app, service),
    at: app.clock.now(),
  };
}

/** What a look does not see, and the store knows. */
const withMemories = (app: Parameters<typeof withBackup>[0] & Pick<App, 'store'>, state: ServiceState) =>
  withBackup(app, availableIn(app.store, withStoppedLoop(app.store, state)));

function lastChange(
  { store }: Pick<App, 'store'>,
  { name }: Service,
): Pick<Report & { kind: 'service' }, 'changed'> {
  const last = store.updates.history(name).find(({ outcome }) => outcome === 'updated');
  if (last === undefined) return {};
  const { verb, plan, startedAt, endedAt = startedAt } = last;
  return { changed: { verb, from: plan.from, to: plan.to, at: endedAt } };
}

/** Its owner has something to deploy. */
function waitOf(
  { store }: Pick<App, 'store'>,
  { name }: Service,
): Pick<Report & { kind: 'service' }, 'waits'> {
  const guarded = recallGuarded(store, name);
  if (guarded?.stage === 'waiting')
    return { waits: { for: 'deploy', version: guarded.to, since: guarded.since } };
  if (guarded?.stage === 'returning') {
    return { waits: { for: 'return', version: guarded.from, since: guarded.since } };
  }
  return {};
}

/** States of some services, each host looked at once. */
export async function lookAtServices(
  app: Omit<StatusReach, 'machine'>,
  services: readonly Service[],
  options: LookOptions = {},
): Promise<{ services: ServiceState[]; views: HostView[] }> {
  const hosts = app.hosts.all.filter((host) => services.some((service) => app.hosts.of(service) === host));
  const [views, answers] = await Promise.all([
    Promise.all(
      hosts.map((host) =>
        lookAt(
          host,
          services.filter((service) => app.hosts.of(service) === host),
          options,
        ),
      ),
    ),
    Promise.all(services.map((service) => askHealth(app, service, options))),
  ]);
  const now = app.clock.now();
  const states = services.map((service, index) => {
    const view = views[hosts.indexOf(app.hosts.of(service))] as HostView;
    const answer = answers[index] as Answers;
    return stateOf(service, view, { ...answer, version: answer.version ?? versionOf(service, view) }, now);
  });
  return { services: states, views };
}

async function askHealth(
  app: Pick<App, 'probe'>,
  service: Service,
  { signal }: LookOptions,
): Promise<Answers> {
  const { url, expect } = service.health;
  if (url === undefined) return { ping: undefined, trouble: undefined, version: undefined };
  const options = signal === undefined ? {} : { signal };
  const [answer, version] = await Promise.all([
    askUrl(app, url, expect, options),
    service.release?.version === 'immich' ? immichVersion(app, url, options) : undefined,
  ]);
  return { ...answer, version };
}

async function askUrl(
  app: Pick<App, 'probe'>,
  url: string,
  expect: number,
  options: { signal?: AbortSignal },
): Promise<{ ping: number | undefined; trouble: Trouble | undefined }> {
  try {
    const { status, took } = await app.probe.get(url, options);
    if (status === expect) return { ping: took, trouble: undefined };
    return { ping: undefined, trouble: { kind: 'no-answer', url, cause: `status ${status}, not ${expect}` } };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { ping: undefined, trouble: { kind: 'no-answer', url, cause: causeOf(error) } };
  }
}

/** Immich tells its version without a key, on the host and port of its health URL. */
async function immichVersion(
  app: Pick<App, 'probe'>,
  healthUrl: string,
  options: { signal?: AbortSignal },
): Promise<string | undefined> {
  try {
    const answer = (await app.probe.json(new URL('/api/server/version', healthUrl).href, options)) as Partial<
      Record<'major' | 'minor' | 'patch', number>
    >;
    const parts = [answer.major, answer.minor, answer.patch];
    return parts.every((part) => typeof part === 'number') ? `v${parts.join('.')}` : undefined;
  } catch {
    // The health URL says already that it does not answer.
    options.signal?.throwIfAborted();
    return undefined;
  }
}

/**
 * The version that runs, from the image's label or tag, of the last container: by rule the application itself. Where the
 * configuration does not say which, a tag that moves is none: an image of `1` can be any of many versions.
 */
function versionOf(service: Service, view: HostView): string | undefined {
  const main = service.containers.at(-1);
  const container = main === undefined ? undefined : view.containers.get(main.name);
  if (container === undefined) return undefined;
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(container.image)?.[1];
  const label = view.images.get(container.imageId)?.labels['org.opencontainers.image.version'];
  switch (service.release?.version) {
    case 'image-label':
      return label;
    // Immich's own answer came first, where it gave one.
    case 'immich':
    case 'tag':
      return tag !== undefined && /\d/.test(tag) ? tag : undefined;
    case undefined:
      return label ?? (tag !== undefined && tagKind(tag, undefined) === 'fixed' ? tag : undefined);
    case 'none':
      return undefined;
  }
}

async function disksOf(
  app: Pick<App, 'machine' | 'services'>,
): Promise<(Report & { kind: 'status' })['disks']> {
  const { disks } = app.services.checks;
  if (disks.length === 0) return [await app.machine.disk('/')];
  return Promise.all(
    disks.map(({ path, mount }) => app.machine.disk(path, { isMount: mount === 'required' })),
  );
}
