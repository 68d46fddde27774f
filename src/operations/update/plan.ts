/** What an update would do, in which order, and what happens when it fails. Nothing is changed. */
import type { Plan } from '../../app.ts';
import { UserError } from '../../errors.ts';
import type { Report } from '../../report.ts';
import type { ReleaseState } from '../../report/releases.ts';
import type { PlannedImage, UpdatePlan } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { isCovered } from '../backup.ts';
import { checkRelease } from '../check-release.ts';
import { offerActions, shortKey } from '../release-offer.ts';
import { hazardsOf } from './hazards.ts';
import type { UpdateReach } from './journey.ts';
import { stoppedParts } from './parts.ts';
import { planGuard } from './plan-guard.ts';
import { requireControl } from './prepare.ts';
import { inNetworkOrder, networksOf, sharersOf } from './shared-network.ts';

type Options = { signal?: AbortSignal };

/**
 * @param key what a message offered: that, and nothing that came later, is planned
 * @throws UserError for what has nothing to update or while a deploy runs, BusyError while the service is worked on
 */
export async function planUpdate(
  app: UpdateReach,
  service: Service,
  key?: string,
  options: Options = {},
): Promise<Plan> {
  app.locks.requireFree(service.name);
  if (!service.containers.some(({ update }) => update)) {
    throw new UserError(`${service.name} has no container that is updated here.`);
  }
  const host = app.hosts.of(service);
  await requireControl({ host, service });
  const state = await checkRelease(app, service, options);
  if (key !== undefined && key !== state.key) return superseded(service, key, state);
  const nothing = nothingToDo(service, state);
  if (nothing !== undefined) return nothing;
  const images = await imagesOf(app, service, state);
  // The configuration names another image than the one that would be there: not ours to change.
  if (images === undefined) return (await planGuard(app, service, state)) ?? empty(told(state));

  const plan = await planOf(app, service, state, images);
  return { report: { kind: 'update-plan', ...plan }, fingerprint: fingerprintOf(plan) };
}

export const fingerprintOf = ({ key, images, stops }: UpdatePlan): string =>
  JSON.stringify([key, images.map(({ container, digest, from }) => [container, digest, from]), stops]);

const told = (state: ReleaseState): Report => ({
  kind: 'releases',
  why: 'asked',
  services: [state],
  silent: [],
  at: state.at,
});

const empty = (report: Report): Plan => ({ report, fingerprint: '', isEmpty: true });

/** An old message's button never means what came later. */
function superseded(service: Service, key: string, state: ReleaseState): Plan {
  const now = state.key === undefined ? undefined : (state.to ?? shortKey(state.key));
  return empty({
    kind: 'note',
    note: { key: 'superseded', service: service.name, what: shortKey(key), now },
    actions: offerActions(state),
  });
}

function nothingToDo(service: Service, state: ReleaseState): Plan | undefined {
  const { verdict, from, tag, notes } = state;
  if (verdict.kind === 'fresh') {
    return empty({
      kind: 'note',
      note: { key: 'fresh', service: service.name, version: from, tag, url: notes?.url },
    });
  }
  const isAsked = verdict.kind === 'blocked' && verdict.reason.kind !== 'vectors';
  if (['newer-image', 'pinned'].includes(verdict.kind) || isAsked) return undefined;
  return empty(told(state));
}

/** @returns undefined where the containers name a version, so that only their configuration can change it */
async function imagesOf(
  app: UpdateReach,
  service: Service,
  state: ReleaseState,
): Promise<PlannedImage[] | undefined> {
  const { engine } = app.hosts.of(service);
  const found = await Promise.all(
    state.images.map(async ({ container, image, digest }) => {
      const running = await engine.inspect(container);
      if (running === undefined)
        throw new UserError(`${container} does not run: start ${service.name} first.`);
      return running.image === image
        ? { container, image, digest, from: running.imageId, to: undefined }
        : undefined;
    }),
  );
  const images = found.filter((image) => image !== undefined);
  return images.length === found.length && images.length > 0 ? images : undefined;
}

async function planOf(
  app: UpdateReach,
  service: Service,
  state: ReleaseState,
  changing: readonly PlannedImage[],
): Promise<UpdatePlan> {
  const host = app.hosts.of(service);
  const networks = await networksOf(host, service);
  const sharers = await sharersOf(host, service, networks, changing);
  // The application itself stays the last one.
  const images = [...sharers, ...changing];
  const names = images.map(({ container }) => container);
  const stops = inNetworkOrder(stoppedParts(service, names), networks);
  const wantsData = service.update.rollback === 'with-data';
  const withData = wantsData && isCovered(app, service);
  const last = app.store.updates.history(service.name).find(({ outcome }) => outcome === 'updated');
  const { stoppedAt, wellAt } = last?.facts ?? {};
  return {
    service: service.name,
    title: service.title,
    from: state.from,
    to: state.to,
    key: state.key ?? images.map(({ digest }) => digest).join(' '),
    images,
    size: state.size,
    stops: stops.toReversed().map(({ name }) => name),
    ...(Object.keys(networks).length === 0 ? {} : { networks }),
    withData,
    notCovered: service.backup?.notCovered,
    limit: service.health.timeout,
    away: stoppedAt === undefined || wellAt === undefined ? undefined : wellAt - stoppedAt,
    hazards: [
      ...(wantsData && !withData ? [{ kind: 'no-data' as const }] : []),
      ...(wantsData ? [] : [{ kind: 'image-only' as const }]),
      ...sharers.map(({ container }) => ({
        kind: 'shares' as const,
        container,
        provider: networks[container] ?? '',
        isOurs: true,
      })),
      ...(await hazardsOf(host, service, state, names)),
    ],
    notes: state.notes,
    at: app.clock.now(),
  };
}
