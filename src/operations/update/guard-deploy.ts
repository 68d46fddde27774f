/**
 * The owner's deploy, made ready: a copy of the data while the service runs, the new images under the name that the
 * configuration will have. Nothing is stopped, and nothing that a unit runs now gets another image.
 */
import type { Run } from '../../app.ts';
import { UserError } from '../../errors.ts';
import { parseImageName } from '../../image-name.ts';
import type { GuardPlan, GuardReport, UpdateFailure } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { withinStep } from '../../progress.ts';
import { momentOf } from '../../store/journal.ts';
import { takeBackup } from '../backups/take.ts';
import { isCovered } from '../data-reach.ts';
import {
  changeGuarded,
  changeOf,
  dropGuarded,
  forgetGuarded,
  keepGuarded,
  recallGuarded,
  type Guarded,
  type GuardedImage,
} from './guarded.ts';
import { endable, type UpdateReach } from './journey.ts';
import { pullExactly, sourceOf } from './pull-exactly.ts';
import { lookAtRunning, recallRunning, takeNote } from './running.ts';
import { rollbackTag } from './tags.ts';

/** Do what was planned. A failure is told in the report. The caller holds the service's lock. */
export async function guardDeploy(
  app: UpdateReach,
  service: Service,
  run: Run,
  plan: GuardPlan,
): Promise<GuardReport> {
  const { from, to, key, images, notes } = plan;
  const { file } = plan.change;
  const since = app.clock.now();
  const id = `${momentOf(since)}-guard`;
  const before = recallGuarded(app.store, service.name);
  const guarded: Guarded = {
    id,
    service: service.name,
    stage: 'preparing',
    from,
    to,
    key,
    images,
    file,
    notes,
    since,
    backup: undefined,
    pulled: [],
    ...(before === undefined ? {} : { before }),
  };
  if (app.guard.observing) {
    await app.guard.change(`prepare a deploy of ${service.name}`, () => Promise.resolve());
    return reportOf(app, service, guarded, { stage: 'observed' });
  }
  if (recallRunning(app.store, service.name) === undefined) {
    // A deploy that comes before the first look at the service has something to be compared with.
    await takeNote(app, service, await lookAtRunning(app, service, () => undefined), undefined);
  }
  return prepareDeploy(app, service, run, keepGuarded(app.store, guarded));
}

/** Each part of it can be done again, so a kill is no end of it. */
export async function prepareDeploy(
  app: UpdateReach,
  service: Service,
  run: Run,
  guarded: Guarded,
): Promise<GuardReport> {
  run.progress.plan([
    ...(isCovered(app, service) ? [{ step: 'backup' }] : []),
    ...guarded.images.map(({ container }) => ({ step: 'download', subject: container })),
  ]);
  const why = (await copyData(app, service, run, guarded)) ?? (await download(app, service, run, guarded));
  const now = recallGuarded(app.store, service.name) ?? guarded;
  if (why !== undefined) {
    forgetGuarded(app.store, now);
    await dropGuarded(app, service, now);
    return reportOf(app, service, now, { stage: why.kind === 'asked' ? 'ended' : 'unchanged', why });
  }
  return reportOf(app, service, await replace(app, service, now), { stage: 'waiting' });
}

/** What waited before gives its place up; a way back that was kept stays until this one has proven itself. */
async function replace(app: UpdateReach, service: Service, { before, ...own }: Guarded): Promise<Guarded> {
  const waited = before?.stage === 'waiting' ? before : undefined;
  const kept = waited === undefined ? before : waited.before;
  const wanted = new Set(own.images.flatMap(namesOf));
  const inherited = waited?.pulled.filter((name) => wanted.has(name)) ?? [];
  const ready = keepGuarded(app.store, {
    ...own,
    stage: 'waiting',
    pulled: [...new Set([...own.pulled, ...inherited])],
    ...(kept === undefined ? {} : { before: kept }),
  });
  if (waited !== undefined) {
    await dropGuarded(app, service, {
      ...waited,
      pulled: waited.pulled.filter((name) => !wanted.has(name)),
    });
  }
  return ready;
}

/** Those that its pull may have left here. */
const namesOf = ({ image, digest = '' }: GuardedImage): string[] =>
  [sourceOf(image, digest), fullName(image)].filter((name) => name !== undefined);

/** Why the preparation is to end. */
function endOf({ store }: UpdateReach, run: Run, { service, id }: Guarded): UpdateFailure | undefined {
  if (run.signal.aborted) return { kind: 'cut-off' };
  const now = recallGuarded(store, service);
  return now?.id !== id || now.isUnwanted === true ? { kind: 'asked' } : undefined;
}

async function copyData(
  app: UpdateReach,
  service: Service,
  run: Run,
  guarded: Guarded,
): Promise<UpdateFailure | undefined> {
  // One that was whole when a kill came is as good.
  if (guarded.backup !== undefined || !isCovered(app, service)) return undefined;
  return endable({ app, run }, () => endOf(app, run, guarded), {
    step: 'backup',
    async work(signal) {
      const { folder, manifest } = await takeBackup(
        app,
        service,
        { ...run, signal, progress: withinStep(run.progress) },
        { reason: 'update', mustBeProven: true },
      );
      changeGuarded(app.store, guarded, { backup: { folder, takenAt: manifest.takenAt } });
    },
  });
}

async function download(
  app: UpdateReach,
  service: Service,
  run: Run,
  guarded: Guarded,
): Promise<UpdateFailure | undefined> {
  const host = app.hosts.of(service);
  const brings = (name: string) => {
    const pulled = recallGuarded(app.store, service.name)?.pulled ?? [];
    changeGuarded(app.store, guarded, { pulled: [...new Set([...pulled, name])] });
  };
  const images = [...guarded.images];
  for (const [index, one] of images.entries()) {
    const { container, image, digest, from } = one;
    if (digest === undefined) continue;
    const failure = await endable({ app, run }, () => endOf(app, run, guarded), {
      step: 'download',
      subject: container,
      async work(signal) {
        const { id: to } = await pullExactly({ app, host, run }, { image, digest }, signal, brings);
        const name = fullName(image);
        if (name !== undefined) {
          if ((await host.engine.image(name)) === undefined) brings(name);
          await host.engine.tag(to, name);
        }
        // Its own name may go by a prune, once nothing runs it.
        await host.engine.tag(from, rollbackTag(container, guarded.id));
        images[index] = { ...one, to };
        changeGuarded(app.store, guarded, { images: [...images] });
      },
    });
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** As engines take it for a name to give; undefined for one that is only a digest. */
export function fullName(image: string): string | undefined {
  const name = parseImageName(image, { hub: true });
  if (typeof name === 'string' || name.tag === undefined) return undefined;
  return `${name.registry}/${name.repository}:${name.tag}`;
}

/** Nobody waits any more. @throws UserError when nothing waits */
export async function stopWaiting(app: UpdateReach, service: Service): Promise<GuardReport> {
  const guarded = recallGuarded(app.store, service.name);
  switch (guarded?.stage) {
    case 'preparing':
      if (app.locks.isFree(service.name)) break;
      // Whoever prepares it looks for this.
      return reportOf(app, service, changeGuarded(app.store, guarded, { isUnwanted: true }), {
        stage: 'ended',
      });
    case 'waiting':
      break;
    case 'returning':
      // The way back can be gone again from where it is: at rest, with the old data.
      return reportOf(app, service, changeGuarded(app.store, guarded, { stage: 'failed' }), {
        stage: 'ended',
        isStopped: true,
      });
    case 'deployed':
    case 'failed':
    case 'leaving':
    case 'left':
    case undefined:
      throw new UserError(`Nothing waits for a deploy of ${service.name}.`);
  }
  forgetGuarded(app.store, guarded);
  await dropGuarded(app, service, guarded);
  return reportOf(app, service, guarded, { stage: 'ended' });
}

/** What a guarded deploy has to say as it stands. */
export function reportOf(
  app: Pick<UpdateReach, 'clock'>,
  { name, title }: Service,
  guarded: Guarded,
  {
    stage,
    ...more
  }: Pick<GuardReport, 'stage'> & Partial<Pick<GuardReport, 'why' | 'isStopped' | 'change' | 'data'>>,
): GuardReport {
  const { from, to, notes, backup } = guarded;
  const waits = stage === 'waiting' || stage === 'going-back';
  return {
    kind: 'guard',
    stage,
    service: name,
    title,
    from,
    to,
    change: waits || stage === 'observed' ? changeOf(guarded, 'there') : undefined,
    backupAt: backup?.takenAt,
    data: undefined,
    isStopped: false,
    why: undefined,
    notes,
    at: app.clock.now(),
    ...more,
    ...(waits ? { actions: [[{ label: 'stop-waiting', command: 'update', args: [name, 'stop'] }]] } : {}),
  };
}
