/** What one look means for a service, with what is remembered of earlier ones. */
import type { ServiceState } from '../../report/services.ts';
import type { Service } from '../../services.ts';
import { loopOf, recentEnds, type Loop } from '../../watch/loops.ts';
import { sightOf, type Seen } from '../../watch/sight.ts';
import type { HostView } from '../host-view.ts';
import type { Memory } from './memory.ts';

type Of = {
  service: Service;
  state: ServiceState;
  view: HostView;
  /** Steward works on it, or a deploy runs. */
  isLeft: boolean;
  /** When that was so the last time. */
  leftAt: number | undefined;
  now: number;
};

/** How a process ends that did not obey a stop in time, and one that did. */
const BY_STOP: readonly number[] = [137, 143];

/** @returns also until when a loop lasts, if it does not go on */
export function see(memory: Memory, of: Of): Seen & { until?: number } {
  const { service, state, view, isLeft, now } = of;
  if (isLeft) {
    memory.forgetTurns(state);
    return { sight: { is: 'left-alone' } };
  }
  memory.see(state, view, now);
  const loops = new Map<string, Loop>();
  for (const { name } of state.containers) {
    const { turns } = memory.part(name);
    const loop = turns === undefined ? undefined : loopOf(turns, { settle: service.health.settle, now });
    if (loop !== undefined) loops.set(name, loop);
  }
  const seen = sightOf(state, {
    loops,
    since: sinceOf(state, view),
    hasEnded: state.containers.some(({ name }) => hasEnded(memory, name, now)),
    patience: service.health.timeout,
    now,
  });
  if (wasStopped(memory, state, seen, of.leftAt)) return { sight: { is: 'stopped' } };
  const until = Math.min(...[...loops.values()].map((loop) => loop.until));
  return until === Infinity ? seen : { ...seen, until };
}

const hasEnded = (memory: Memory, part: string, now: number): boolean => {
  const { turns } = memory.part(part);
  return turns !== undefined && recentEnds(turns, now) > 0;
};

/** Since when units are as they are; one that runs says nothing about its container. */
const sinceOf = ({ containers }: ServiceState, view: HostView): Map<string, number> =>
  new Map(
    containers.flatMap(({ name, unit }) => {
      const { active, since } = view.units.get(unit ?? '') ?? {};
      return since === undefined || active === 'active' ? [] : [[name, since] as const];
    }),
  );

/**
 * A container without a unit leaves only its exit code, and a stop can end with one that looks like a failure. Steward's own
 * stops are known by their time, others by the engine's event, where it has one.
 */
function wasStopped(
  memory: Memory,
  { containers }: ServiceState,
  { found }: Seen,
  leftAt: number | undefined,
): boolean {
  const { part, trouble } = found?.cause ?? {};
  if (part === undefined || trouble?.kind !== 'exited' || trouble.at === undefined) return false;
  if (containers.find(({ name }) => name === part)?.unit !== undefined) return false;
  const { at, code } = trouble;
  const { stoppedAt } = memory.part(part);
  return BY_STOP.includes(code) && at <= Math.max(leftAt ?? 0, stoppedAt ?? 0);
}
