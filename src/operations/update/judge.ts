/** Whether what was started is well: running what it should, healthy, and not only for a moment. */
import type { Container } from '../../clients/engine.ts';
import type { ServiceState, Trouble } from '../../report/services.ts';
import type { UpdateFailure } from '../../report/updates.ts';
import { sleep } from '../../sleep.ts';
import { compareVersions } from '../../versions.ts';
import type { HostView } from '../host-view.ts';
import { lookAtServices } from '../status.ts';
import type { UpdateWish } from '../../store/updates.ts';
import type { Journey } from './journey.ts';

export type Judgement = { failure: UpdateFailure; part: string | undefined } | { wellAt: number };

/** Milliseconds between two looks. */
const LOOK_EVERY = 500;
/** A log that says nothing for so long stands still. */
const QUIET = 60_000;
/** Milliseconds between two looks at the log. */
const READ_EVERY = 1000;
/** What "Wait 10 min more" adds. */
const MORE = 10 * 60_000;
/** While the log moves, a start that migrates may take so many times its limit. */
const STRETCH = 3;
/** Starts again that are too many: a program that waits for another one may fail once or twice. */
const RESTARTS = 3;
/** systemd has given up, or never tries: waiting changes nothing. */
const HOPELESS: readonly Trouble['kind'][] = [
  'condition',
  'no-unit',
  'unit-failed',
  'held-back',
  'exited',
  'gone',
  'stopped',
];
/** A look between the end of one container and the start of the next one sees none. */
const HOPELESS_LOOKS = 4;

export type Judged = Pick<Journey, 'app' | 'service' | 'host' | 'run' | 'parts'>;

export type JudgeOptions = {
  /** Ids of images by container; another one is a failure. */
  expected: Readonly<Record<string, string>>;
  /** What it is to tell, where it tells a version by itself. */
  version?: string | undefined;
  /** What somebody wants meanwhile. */
  wish?: () => UpdateWish | undefined;
};

/**
 * Look until it has been well for `settle`, has clearly failed, or its time is over.
 * @throws the signal's reason
 */
export async function judge(judged: Judged, { expected, version, wish }: JudgeOptions): Promise<Judgement> {
  const { app, service, run } = judged;
  const began = app.clock.now();
  const { settle } = service.health;
  let limit = service.health.timeout;
  let well: { since: number; faces: string } | undefined;
  let hopeless = 0;
  const faces = new Map<string, string>();
  const turns = new Map<string, number>();
  const moved = createMovement(judged);

  for (;;) {
    const { services, views } = await lookAtServices(app, [service]);
    const state = services[0] as ServiceState;
    const view = views[0] as HostView;
    const now = app.clock.now();

    const strange = strangerIn(view, expected);
    if (strange !== undefined) return { failure: { kind: 'image', container: strange }, part: strange };

    for (const { name, id, startedAt } of running(judged, view)) {
      const face = `${id} ${startedAt}`;
      if (faces.has(name) && faces.get(name) !== face) turns.set(name, (turns.get(name) ?? 0) + 1);
      faces.set(name, face);
    }
    const restarts = Math.max(0, ...turns.values(), restartsOf(judged, view));
    if (restarts >= RESTARTS) return failed(state, { kind: 'restarting', restarts });

    if (state.state === 'ok') {
      const seen = [...faces.values()].join('\n');
      if (well?.faces !== seen) well = { since: now, faces: seen };
      if (now - well.since >= settle) {
        const found = version === undefined ? undefined : state.version;
        if (version !== undefined && found !== undefined && isOther(version, found)) {
          return { failure: { kind: 'version', expected: version, found }, part: undefined };
        }
        return { wellAt: well.since };
      }
    } else well = undefined;

    hopeless = HOPELESS.includes(state.trouble?.kind as Trouble['kind']) ? hopeless + 1 : 0;
    if (hopeless >= HOPELESS_LOOKS) return failed(state, state.trouble);

    run.signal.throwIfAborted();
    const wanted = wish?.();
    if (wanted === 'roll-back' || wanted === 'cancel') return { failure: { kind: 'asked' }, part: undefined };
    if (wanted === 'wait') limit += MORE;

    const movedAt = well === undefined ? await moved(view, now) : undefined;
    const isMoving = movedAt !== undefined && now - movedAt < Math.min(QUIET, limit / 2);
    if (well === undefined && now - began >= limit * (isMoving ? STRETCH : 1)) {
      const { trouble } = state;
      return trouble === undefined || trouble.kind === 'starting' || isMoving
        ? { failure: { kind: 'slow', limit: now - began }, part: partOf(state) }
        : failed(state, trouble);
    }
    await sleep(LOOK_EVERY);
  }
}

const failed = (state: ServiceState, failure: UpdateFailure | undefined): Judgement => ({
  failure: failure ?? { kind: 'stopped' },
  part: partOf(state),
});

const partOf = ({ containers }: ServiceState) => containers.find(({ state }) => state !== 'ok')?.name;

function strangerIn(view: HostView, expected: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(expected).find(([name, id]) => {
    const container = view.containers.get(name);
    return container?.running === true && container.imageId !== id;
  })?.[0];
}

const running = ({ parts }: Judged, view: HostView): Container[] =>
  parts
    .flatMap(({ containers }) => containers)
    .flatMap((name) => view.containers.get(name) ?? [])
    .filter((container) => container.running);

/** systemd counts anew from each start that somebody asked for. */
const restartsOf = ({ parts }: Judged, view: HostView): number =>
  Math.max(
    0,
    ...parts.map(({ unit }) => (unit === undefined ? 0 : (view.units.get(unit)?.restarts ?? 0))),
    ...parts.flatMap(({ containers }) => containers.map((name) => view.containers.get(name)?.restarts ?? 0)),
  );

const isOther = (expected: string, found: string): boolean =>
  ['newer', 'older'].includes(compareVersions(found, expected, { exact: true }));

/** @returns tells when the log last moved, as far as was seen; undefined where it has not */
function createMovement(judged: Judged): (view: HostView, now: number) => Promise<number | undefined> {
  let last: { text: string; readAt: number } | undefined;
  let movedAt: number | undefined;
  return async (view, now) => {
    if (last !== undefined && now - last.readAt < READ_EVERY) return movedAt;
    const text = await lastWords(judged, view);
    if (last !== undefined && text !== last.text) movedAt = now;
    last = { text, readAt: now };
    return movedAt;
  };
}

/** The last lines of all that runs, to tell a migration from a standstill. */
async function lastWords(judged: Judged, view: HostView): Promise<string> {
  const lines = await Promise.all(
    running(judged, view).map(async ({ name }) => {
      try {
        const found = await Array.fromAsync(judged.host.engine.logs(name, { tail: 1 }));
        return found.map(({ at, text }) => `${name} ${at} ${text}`).join('');
      } catch {
        // It ended between two questions; the next look sees that.
        return '';
      }
    }),
  );
  return lines.join('\n');
}
