/** What the state of a service means for the watch, and which of its parts is the cause. */
import type { Severity } from '../report/alerts.ts';
import type { ContainerState, ServiceState, State, Trouble } from '../report/services.ts';
import type { Sight } from './course.ts';
import type { Loop } from './loops.ts';

/** A container or native unit of a service that is not well; no part where all of them run, and the service does not answer. */
export type Cause = { part: string | undefined; trouble: Trouble; loop: Loop | undefined };

export type Found = { severity: Severity; state: 'degraded' | 'down' | 'unknown'; cause: Cause };

/** `found`: what is wrong, or would be if it lasted. */
export type Seen = { sight: Sight; found?: Found };

/** Milliseconds. */
export type SightOptions = {
  /** By part. */
  loops: ReadonlyMap<string, Loop>;
  /** By part: since when it is as it is, as systemd or an event has told. */
  since: ReadonlyMap<string, number>;
  /** Whether one of its parts has ended by itself lately. */
  hasEnded: boolean;
  /** How long it may take to come up. */
  patience: number;
  now: number;
};

const SEVERITY: Readonly<Record<'degraded' | 'down' | 'unknown', Severity>> = {
  down: 'critical',
  degraded: 'warning',
  unknown: 'warning',
};

/** States that are no reason for another part's trouble. */
const FINE: readonly State[] = ['ok', 'working'];

export function sightOf(service: ServiceState, options: SightOptions): Seen {
  const { state, trouble, containers, startedAt } = service;
  const { loops } = options;
  const looping = containers.some(({ name }) => loops.has(name));
  if (looping && FINE.includes(state)) return troubled(service, 'down', options);
  switch (state) {
    case 'ok':
      return { sight: { is: 'well', since: startedAt } };
    case 'working':
      return { ...troubled(service, 'down', options), sight: { is: 'coming' } };
    case 'stopped':
      return { sight: { is: 'stopped' } };
    case 'unknown':
      // Its host answers, but not about this one.
      return trouble?.kind === 'silent' ? troubled(service, state, options) : { sight: { is: 'unknown' } };
    case 'degraded': {
      // One of its parts was stopped on purpose.
      if (trouble?.kind === 'stopped') return { sight: { is: 'stopped' } };
      const seen = troubled(service, state, options);
      return trouble?.kind === 'no-answer' && isYoung(service, options)
        ? { ...seen, sight: { is: 'coming' } }
        : seen;
    }
    case 'down':
      return troubled(service, state, options);
  }
}

/** It was started a moment ago, and runs; what came back by itself has to answer at once. */
const isYoung = ({ startedAt }: ServiceState, { hasEnded, patience, now }: SightOptions): boolean =>
  !hasEnded && startedAt !== undefined && now - startedAt < patience;

function troubled(
  service: ServiceState,
  state: Found['state'],
  options: SightOptions,
): Seen & { found: Found } {
  const cause = causeOf(service, options.loops);
  return {
    sight: { is: 'trouble', since: sinceOf(cause, options) },
    found: { severity: SEVERITY[state], state, cause },
  };
}

/** The first in start order: what comes after it may only miss it. */
function causeOf(
  { containers, trouble = { kind: 'starting' } }: ServiceState,
  loops: SightOptions['loops'],
): Cause {
  const isBad = ({ name, state }: ContainerState) => loops.has(name) || !FINE.includes(state);
  // What only cannot be asked, because the engine is away, is no reason for what is known to be bad.
  const isKnown = ({ name, trouble: of }: ContainerState) =>
    loops.has(name) || of?.kind !== 'host-unreachable';
  const part =
    containers.find((one) => isBad(one) && isKnown(one)) ??
    containers.find(isBad) ??
    containers.find(({ state }) => state === 'working');
  if (part === undefined) return { part: undefined, trouble, loop: undefined };
  return {
    part: part.name,
    trouble: part.trouble ?? { kind: 'restarting', restarts: part.restarts },
    loop: loops.get(part.name),
  };
}

function sinceOf({ part, trouble, loop }: Cause, { since }: SightOptions): number | undefined {
  if (loop !== undefined) return loop.since;
  if (trouble.kind === 'exited') return trouble.at;
  if (trouble.kind === 'unhealthy') return trouble.since;
  return part === undefined ? undefined : since.get(part);
}
