/** What the watch of one host remembers from look to look; what must survive a restart is in the store. */
import type { Container, EngineEvent } from '../../clients/engine.ts';
import type { ServiceState } from '../../report/services.ts';
import type { Course } from '../../watch/course.ts';
import { countTurns, type Turns } from '../../watch/loops.ts';
import type { HostView } from '../host-view.ts';

/** How a container, with its id, or a unit ended; milliseconds since 1970. */
export type Died = { code: number; at: number; id?: string };

type PartMemory = {
  turns?: Turns;
  died?: Died;
  /** When somebody asked for its stop; Podman has no event for it. */
  stoppedAt?: number;
  /** Bytes; of the container when it was last seen. */
  memoryLimit?: number | undefined;
  health?: NonNullable<Container['health']>['status'] | undefined;
};

export type Memory = {
  /** By the name of a container, or of a unit without its suffix. */
  part(name: string): PartMemory;
  /** By the key of an alert. */
  courses: Map<string, Course>;
  /** What the engine said of a container. */
  note(name: string, event: EngineEvent): void;
  /** Count restarts and keep limits, as a look has seen them. */
  see(service: ServiceState, view: HostView, now: number): void;
  /** Steward, or a deploy, starts and stops its parts: that is no loop. */
  forgetTurns(service: Pick<ServiceState, 'containers'>): void;
};

export function createMemory(): Memory {
  const parts = new Map<string, PartMemory>();

  const part = (name: string): PartMemory => {
    let found = parts.get(name);
    if (found === undefined) parts.set(name, (found = {}));
    return found;
  };

  return {
    part,
    courses: new Map(),
    note(name, { action, exitCode, timeNano, id }) {
      const at = Number(timeNano / 1_000_000n);
      if (action === 'die' && exitCode !== undefined) part(name).died = { code: exitCode, at, id };
      if (action === 'stop') part(name).stoppedAt = at;
    },
    see({ containers }, view, now) {
      for (const { name, unit, kind, restarts } of containers) {
        const container = kind === 'container' ? view.containers.get(name) : undefined;
        const one = part(name);
        if (container !== undefined) {
          one.memoryLimit = container.memoryLimit;
          one.health = container.health?.status;
        } else if (kind === 'unit') one.memoryLimit = view.units.get(unit ?? '')?.memoryLimit;
        // Without its manager's count there is nothing to compare.
        const isCounted = unit === undefined ? container !== undefined : view.units.has(unit);
        if (isCounted) one.turns = countTurns(one.turns, restarts, now);
      }
    },
    forgetTurns({ containers }) {
      for (const { name } of containers) delete part(name).turns;
    },
  };
}
