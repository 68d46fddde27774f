/** systemd through `systemctl` and `journalctl`: no bus library, so that `--user`, `--machine=` and wrappers all work. */
import type { CallOptions, LogLine } from './engine.ts';

export type UnitState = {
  name: string;
  /** `not-found` when there is no such unit. */
  load: 'loaded' | 'not-found' | 'masked' | 'error' | 'bad-setting' | 'stub' | 'merged';
  active: 'active' | 'activating' | 'deactivating' | 'inactive' | 'failed' | 'reloading' | 'maintenance';
  sub: string;
  /** `success`, `exit-code`, `oom-kill`, `timeout`, `start-limit-hit`, … */
  result: string;
  restarts: number;
  exitCode: number | undefined;
  /** Milliseconds since 1970: since when it is in this state. */
  since: number | undefined;
  /** False when the last start was skipped because a condition did not hold: systemd calls that a success. */
  conditionMet: boolean;
  /** The conditions that did not hold, as in the unit: `ConditionPathExists=/run/agenix/x`. */
  unmet: readonly string[];
  description: string;
};

export type Dependencies = {
  requires: readonly string[];
  wants: readonly string[];
  bindsTo: readonly string[];
  after: readonly string[];
  /** Units that go down with it: RequiredBy, BoundBy, ConsistsOf. */
  takesDown: readonly string[];
};

/** `timeout` in milliseconds. */
export type JobOptions = CallOptions & { timeout?: number };

export type Systemd = {
  /** Several in one call; a unit that does not exist has `load: 'not-found'`. Same order as asked. */
  units(names: readonly string[], options?: CallOptions): Promise<UnitState[]>;
  dependencies(name: string, options?: CallOptions): Promise<Dependencies>;
  /**
   * Start, stop or restart a unit and wait for the job's end.
   * @throws Error with what systemd says when the job fails, and when it takes longer than its limit (the job is then cancelled)
   */
  start(name: string, options?: JobOptions): Promise<void>;
  stop(name: string, options?: JobOptions): Promise<void>;
  restart(name: string, options?: JobOptions): Promise<void>;
  /** The unit's log, oldest first. */
  logs(name: string, options?: CallOptions & { since?: number; tail?: number }): AsyncIterable<LogLine>;
  /** Units that failed, for smoke tests. */
  failed(options?: CallOptions): Promise<string[]>;
};

/**
 * @param systemctl program and arguments: `['systemctl', '--user']`
 * @param journalctl the same
 */
export function createSystemd(
  _systemctl: readonly string[],
  _journalctl: readonly string[],
  _options: { timeout?: number } = {},
): Systemd {
  throw new Error('not built yet');
}
