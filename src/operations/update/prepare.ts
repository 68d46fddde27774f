/** What an update does while the service runs: hooks, a copy of the data, the download. Nothing here is in its way. */
import type { UnitState } from '../../clients/systemd.ts';
import { UserError } from '../../errors.ts';
import type { UpdateFailure } from '../../report/updates.ts';
import { takeBackup } from '../backups/take.ts';
import { isCovered } from '../data-reach.ts';
import { unitsOf } from '../host-view.ts';
import { withinStep } from '../../progress.ts';
import { formatSize } from '../../units.ts';
import { lookAtServices } from '../status.ts';
import { makeNew } from './act.ts';
import { loadArchived } from './archive.ts';
import { attempt, interruptible, quietly, record, type Journey } from './journey.ts';
import { pullExactly } from './pull-exactly.ts';
import { nextTag } from './tags.ts';

/** The unit of a deploy on NixOS: while it runs, units start and stop by its hand. */
export const DEPLOY = 'nixos-rebuild-switch-to-configuration.service';

/** Milliseconds that a unit named in `update.before` or `update.after` may take. */
export const HOOK_LIMIT = 10 * 60_000;
/** An image needs about as much again unpacked as it has packed. */
const UNPACKED = 3;

/** @returns why it cannot go on; then nothing was stopped */
export async function prepare(journey: Journey): Promise<UpdateFailure | undefined> {
  const { service, host, row } = journey;
  for (const unit of row.verb === 'update' ? service.update.before : []) {
    const failure = await attempt(
      journey,
      'before',
      () => host.systemd.start(unit, { timeout: HOOK_LIMIT }),
      unit,
    );
    if (failure !== undefined) return failure;
  }
  return (
    (await checkBeforehand(journey)) ??
    (await copyData(journey)) ??
    (await download(journey)) ??
    (await unpack(journey)) ??
    (await quietly(journey, 'check', () => makeNew(journey)))
  );
}

const checkBeforehand = (journey: Journey): Promise<UpdateFailure | undefined> =>
  quietly(journey, 'check', async () => {
    await requireControl(journey);
    await requireDependencies(journey);
    await requireSpace(journey);
  });

/** Units start and stop by somebody else's hand now. */
export async function isDeploying({ systemd }: Pick<Journey['host'], 'systemd'>): Promise<boolean> {
  const [deploy] = await systemd.units([DEPLOY]);
  return deploy?.active === 'activating' || deploy?.active === 'active';
}

/** Of a unit that runs now and could not be started again. */
const UNSTARTABLE: Readonly<Partial<Record<UnitState['load'], string>>> = {
  masked: 'is masked',
  'not-found': 'has no unit file any more',
  error: 'cannot be loaded',
  'bad-setting': 'has a faulty setting',
};

/** @throws UserError while a deploy runs, and for a unit that systemd would stop but not start again */
export async function requireControl({ host, service }: Pick<Journey, 'host' | 'service'>): Promise<void> {
  if (await isDeploying(host)) {
    throw new UserError(`A deploy is running (${DEPLOY}). Ask again when it is done.`);
  }
  const bad = (await host.systemd.units(unitsOf(service))).find(({ load }) => load in UNSTARTABLE);
  if (bad !== undefined) {
    throw new UserError(`${bad.name} ${UNSTARTABLE[bad.load]}, so systemd would not start it again.`);
  }
}

/** What stays up while the application is stopped has to be up: a database that is down can be neither copied nor used. */
async function requireDependencies({ app, service, parts }: Journey): Promise<void> {
  const { services } = await lookAtServices(app, [service]);
  const stopped = new Set(parts.flatMap(({ containers }) => containers));
  const bad = services[0]?.containers.find(
    ({ name, kind, state }) => kind === 'container' && !stopped.has(name) && state !== 'ok',
  );
  if (bad !== undefined) throw new UserError(`${bad.name} does not run well, and ${service.name} needs it.`);
}

/** For the images; the copies of the data are measured when they are made. */
async function requireSpace({ app, row, service }: Journey): Promise<void> {
  const { size } = row.plan;
  if (size === undefined || service.host !== 'local' || row.verb !== 'update') return;
  const disk = await app.machine.disk('/var/lib');
  if (!('free' in disk) || disk.free >= size * UNPACKED) return;
  throw new UserError(
    `Not enough space for the new images: ${formatSize(disk.free)} are free in /var/lib, about ${formatSize(size * UNPACKED)} are needed.`,
  );
}

/** A backup like any other; what is in it makes the copy at rest a matter of moments. */
async function copyData(journey: Journey): Promise<UpdateFailure | undefined> {
  const { app, service, row, run } = journey;
  if (!isCovered(app, service)) return undefined;
  return interruptible(journey, 'backup', async (signal) => {
    const { folder } = await takeBackup(
      app,
      service,
      { ...run, signal, progress: withinStep(run.progress) },
      // A way back must not wait for data that the new version has spoilt.
      { reason: 'update', mustBeProven: row.verb === 'update' },
    );
    record(journey, undefined, { backup: folder });
  });
}

/** Of a rollback, where the old image itself is gone and its archive is not. */
async function unpack(journey: Journey): Promise<UpdateFailure | undefined> {
  const { app, service, host, row } = journey;
  if (row.verb !== 'rollback') return undefined;
  for (const { container, to } of row.plan.images) {
    if (to === undefined || (await host.engine.image(to)) !== undefined) continue;
    const failure = await interruptible(
      journey,
      'unpack',
      async (signal) => {
        await loadArchived(app, service, { id: row.plan.key, image: to }, signal);
        await host.engine.tag(to, nextTag(container, row.id));
      },
      container,
    );
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function download(journey: Journey): Promise<UpdateFailure | undefined> {
  const { host, row } = journey;
  const to: Record<string, string> = { ...row.facts.to };
  for (const { container, image, digest } of row.plan.images) {
    if (digest === undefined) continue;
    const failure = await interruptible(
      journey,
      'download',
      async (signal) => {
        const pulled = await pullExactly(journey, { image, digest }, signal, (source) =>
          record(journey, undefined, { pulled: [...(journey.row.facts.pulled ?? []), source] }),
        );
        to[container] = pulled.id;
        record(journey, undefined, { to });
        await host.engine.tag(pulled.id, nextTag(container, row.id));
      },
      container,
    );
    if (failure !== undefined) return failure;
  }
  return undefined;
}
