/** What a guarded deploy would make ready: for a version that the configuration names, and its owner changes. */
import type { Plan } from '../../app.ts';
import { UserError } from '../../errors.ts';
import { parseImageName } from '../../image-name.ts';
import type { ReleaseState } from '../../report/releases.ts';
import type { GuardPlan } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { isCovered } from '../backup.ts';
import { changeOf, recallGuarded } from './guarded.ts';
import { hazardsOf } from './hazards.ts';
import type { UpdateReach } from './journey.ts';
import { repositoryOf } from './pin-change.ts';

/**
 * @returns undefined where it is not known which images that version has
 * @throws UserError while the way back of another one waits for its deploy
 */
export async function planGuard(
  app: UpdateReach,
  service: Service,
  state: ReleaseState,
): Promise<Plan | undefined> {
  if (!['pinned', 'blocked'].includes(state.verdict.kind)) return undefined;
  const stage = recallGuarded(app.store, service.name)?.stage;
  if (stage === 'leaving' || stage === 'returning') {
    throw new UserError(
      `${service.name} is on its way back, which ends with your deploy, or with: update ${service.name} stop`,
    );
  }
  const images = await imagesOf(app, service, state);
  if (images.length === 0 || images.some(({ was, image }) => was === image)) return undefined;
  const file = service.release?.file;
  const report: GuardPlan = {
    kind: 'guard-plan',
    service: service.name,
    title: service.title,
    from: state.from,
    to: state.to,
    key: state.key ?? images.map(({ digest }) => digest).join(' '),
    images,
    size: state.size,
    isCovered: isCovered(app, service),
    notCovered: service.backup?.notCovered,
    change: changeOf({ images, file }, 'there'),
    hazards: (await hazardsOf(app.hosts.of(service), service, state)).filter(
      // Its owner starts and stops it by the deploy.
      ({ kind }) => kind !== 'dependents',
    ),
    notes: state.notes,
    at: app.clock.now(),
  };
  const { key } = report;
  const seen = images.map(({ container, was, digest, from }) => [container, was, digest, from]);
  return { report, fingerprint: JSON.stringify([key, seen]) };
}

async function imagesOf(
  app: UpdateReach,
  service: Service,
  { images }: ReleaseState,
): Promise<GuardPlan['images']> {
  const { engine } = app.hosts.of(service);
  return Promise.all(
    images.map(async ({ container, image, digest }) => {
      const running = await engine.inspect(container);
      if (running === undefined)
        throw new UserError(`${container} does not run: start ${service.name} first.`);
      const { image: was, imageId: from } = running;
      return { container, was, image: successorOf(was, image, digest), digest, from, to: undefined };
    }),
  );
}

/** In the form that the configuration has: a digest there is one to be changed, too. */
function successorOf(was: string, image: string, digest: string): string {
  const name = parseImageName(image, { hub: true });
  const tag = typeof name === 'string' || name.tag === undefined ? '' : `:${name.tag}`;
  const [named = '', pinned] = was.split('@');
  const hasTag = named !== repositoryOf(was);
  return `${repositoryOf(was)}${hasTag || pinned === undefined ? tag : ''}${pinned === undefined ? '' : `@${digest}`}`;
}
