/** The service manager of the machine in a box: units, their jobs, their journal. */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Container, ContainerSpec, Host } from './host.ts';
import type { Images } from './images.ts';

export type UnitSpec = {
  name: string;
  description?: string;
  container?: ContainerSpec;
  /** `--pull` of the `podman run` that starts it; `missing`. */
  pull?: 'missing' | 'always';
  requires?: readonly string[];
  bindsTo?: readonly string[];
  /** A condition that does not hold: `ConditionPathExists=/run/agenix/x`. */
  unmet?: string;
  /** Its program fails with this exit code. */
  fails?: number;
  /** Nothing can start it. */
  masked?: boolean;
  /** Its program ends with 3 so many milliseconds after each start. */
  diesAfter?: number;
  /** Milliseconds more that its start takes. */
  readyAfter?: number;
  /** It never says that it is ready. */
  neverReady?: boolean;
  /** Written to its journal when it starts. */
  says?: readonly (string | Uint8Array)[];
  /** systemd starts it again when it ends; true. */
  restarts?: boolean;
};

export type Unit = {
  spec: UnitSpec;
  active: 'active' | 'activating' | 'deactivating' | 'inactive' | 'failed';
  sub: string;
  result: string;
  restarts: number;
  exitStatus: number;
  exitedAt: number | undefined;
  since: number | undefined;
  conditionAt: number | undefined;
  conditionMet: boolean;
  /** Until it reads its units anew, systemd knows which condition it was. */
  conditionNamed: boolean;
  /** It was started too often: nobody starts it any more, until that is forgotten. */
  limited: boolean;
  job: Job | undefined;
  /** Another one after each start. */
  invocation: string;
};

type Job = { id: number; verb: Verb; cancelled: AbortController; done: Promise<JobResult> };
export type Verb = 'start' | 'stop' | 'restart';
/** In systemd's words when it is not done. */
export type JobResult = { done: true } | { done: false; why: string };

/** Microseconds since 1970 in `at`; `ofManager` for what systemd itself says about the unit. */
export type JournalEntry = {
  at: number;
  unit: string;
  message: string | Uint8Array;
  priority: number;
  ofManager: boolean;
  /** What else stands in it: `MESSAGE_ID`, `JOB_RESULT` … */
  fields?: Readonly<Record<string, string>>;
};

export type Units = ReturnType<typeof createUnits>;

/** SD_MESSAGE_UNIT_PROCESS_EXIT, _STARTED, _STOPPED and _FAILED of sd-messages.h. */
const PROCESS_EXIT = '98e322203f7a4ed290d09fe03c09fe15';
const STARTED = '39f53479d3a045ac8e11786248231fbf';
const STOPPED = '9d1aaa27d60140bd96365438aad20286';
const FAILED = 'be02cf6855d2428ba40df7e9d022f03d';

/** `DefaultStartLimitBurst`: after so many starts in a row systemd gives up. */
const START_LIMIT = 5;
const KEPT_ENTRIES = 5000;

/** @param pace milliseconds that a start or a stop takes */
export function createUnits(host: Host, images: Images, pace: number) {
  const units = new Map<string, Unit>();
  const journal: JournalEntry[] = [];
  const listeners = new Set<(entry: JournalEntry) => void>();
  const closing = new AbortController();
  let jobs = 0;

  function say(
    unit: string,
    message: string | Uint8Array,
    { at = Date.now(), ...more }: Partial<Omit<JournalEntry, 'unit' | 'message'>> = {},
  ): void {
    const entry: JournalEntry = { priority: 6, ofManager: false, ...more, at: at * 1000, unit, message };
    journal.push(entry);
    if (journal.length > KEPT_ENTRIES) journal.shift();
    for (const listener of listeners) listener(entry);
  }

  // conmon writes what a container says into the journal of its unit, too.
  host.onLog((container, part) => {
    if (part === undefined || container.unit === undefined) return;
    say(container.unit, part.last ? part.bytes.subarray(0, -1) : part.bytes, {
      at: part.at,
      priority: part.stream === 'stderr' ? 3 : 6,
    });
  });

  /** What the kernel writes; `unit` is nobody's. */
  const kernel = (message: string) =>
    say('', message, { priority: 6, fields: { _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel' } });
  kernel('Linux version 6.12.58 (NixOS)');

  const manager = (unit: Unit, message: string, priority = 6, fields: JournalEntry['fields'] = {}) =>
    say(unit.spec.name, message, { priority, ofManager: true, fields });
  const ended = (id: string, type: Verb, result: string) => ({
    MESSAGE_ID: id,
    JOB_TYPE: type,
    JOB_RESULT: result,
  });

  function turn(unit: Unit, active: Unit['active'], sub: string): void {
    Object.assign(unit, { active, sub, since: Date.now() });
  }

  const title = ({ spec }: Unit) =>
    `${spec.name}${spec.description === undefined ? '' : ` - ${spec.description}`}`;
  const containerOf = ({ spec }: Unit): Container | undefined =>
    spec.container === undefined ? undefined : host.containers.get(spec.container.name);
  const needs = ({ spec }: Unit) => [...(spec.requires ?? []), ...(spec.bindsTo ?? [])];
  const neededBy = (name: string) => [...units.values()].filter((unit) => needs(unit).includes(name));

  function begin(
    unit: Unit,
    verb: Verb,
    work: (signal: AbortSignal) => Promise<JobResult>,
  ): Promise<JobResult> {
    if (unit.job?.verb === verb) return unit.job.done;
    unit.job?.cancelled.abort();
    const cancelled = new AbortController();
    const signal = AbortSignal.any([cancelled.signal, closing.signal]);
    const job: Job = {
      id: ++jobs,
      verb,
      cancelled,
      done: work(signal)
        .catch((error: unknown): JobResult => {
          if (!signal.aborted) throw error;
          return { done: false, why: `Job for ${unit.spec.name} canceled.` };
        })
        .finally(() => {
          if (unit.job === job) unit.job = undefined;
        }),
    };
    unit.job = job;
    return job.done;
  }

  async function bringUp(unit: Unit, signal: AbortSignal): Promise<JobResult> {
    if (unit.active === 'active') return { done: true };
    unit.conditionAt = Date.now();
    unit.conditionMet = unit.spec.unmet === undefined;
    unit.conditionNamed = !unit.conditionMet;
    if (unit.spec.masked === true) {
      return { done: false, why: `Failed to start ${unit.spec.name}: Unit ${unit.spec.name} is masked.` };
    }
    if (unit.spec.unmet !== undefined) {
      manager(
        unit,
        `${title(unit)} was skipped because of an unmet condition check (${unit.spec.unmet}).`,
        6,
        ended(STARTED, 'start', 'done'),
      );
      return { done: true };
    }
    for (const name of needs(unit)) {
      const result = await start(name);
      if (!result.done) {
        manager(unit, `Dependency failed for ${title(unit)}.`, 4, ended(FAILED, 'start', 'dependency'));
        return {
          done: false,
          why: `A dependency job for ${unit.spec.name} failed. See 'journalctl -xe' for details.`,
        };
      }
    }
    turn(unit, 'activating', 'start');
    unit.invocation = randomBytes(16).toString('hex');
    manager(unit, `Starting ${title(unit)}...`);
    if (unit.spec.neverReady === true) await wait(2 ** 31 - 1, undefined, { signal });
    await wait(pace + (unit.spec.readyAfter ?? 0), undefined, { signal });
    if (unit.spec.fails !== undefined) {
      fail(unit, 'exit-code', unit.spec.fails);
      return { done: false, why: programFailed(unit) };
    }
    if (unit.spec.container !== undefined) {
      try {
        await images.have(unit.spec.container.image, { always: unit.spec.pull === 'always', signal });
      } catch (error) {
        signal.throwIfAborted();
        say(unit.spec.name, `Error: ${(error as Error).message}`, { priority: 3 });
        fail(unit, 'exit-code', 125);
        return { done: false, why: programFailed(unit) };
      }
      // As `podman run --replace`.
      const before = host.containers.get(unit.spec.container.name);
      if (before !== undefined) host.remove(before);
      const container = host.start(unit.spec.container, { unit: unit.spec.name });
      say(unit.spec.name, container.id);
    }
    for (const message of unit.spec.says ?? []) say(unit.spec.name, message);
    turn(unit, 'active', 'running');
    unit.result = 'success';
    manager(unit, `Started ${title(unit)}.`, 6, ended(STARTED, 'start', 'done'));
    const { diesAfter } = unit.spec;
    if (diesAfter !== undefined) {
      const { invocation } = unit;
      setTimeout(() => {
        if (unit.active === 'active' && unit.invocation === invocation) void crash(unit, 3);
      }, diesAfter).unref();
    }
    return { done: true };
  }

  async function bringDown(unit: Unit, signal: AbortSignal): Promise<JobResult> {
    if (unit.active === 'inactive' || unit.active === 'failed') {
      if (unit.active === 'failed') turn(unit, 'inactive', 'dead');
      return { done: true };
    }
    for (const dependent of neededBy(unit.spec.name)) await stop(dependent.spec.name);
    turn(unit, 'deactivating', 'stop');
    manager(unit, `Stopping ${title(unit)}...`);
    await wait(pace, undefined, { signal });
    const container = containerOf(unit);
    if (container !== undefined) host.end(container, 0, { stopped: true });
    Object.assign(unit, { result: 'success', exitStatus: 0, exitedAt: Date.now(), restarts: 0 });
    turn(unit, 'inactive', 'dead');
    manager(unit, `Stopped ${title(unit)}.`, 6, ended(STOPPED, 'stop', 'done'));
    return { done: true };
  }

  function fail(unit: Unit, result: string, status: number): void {
    Object.assign(unit, { result, exitStatus: status, exitedAt: Date.now() });
    turn(unit, 'failed', 'failed');
    exited(unit, result, status);
    const bound = [...units.values()].filter(({ spec }) => spec.bindsTo?.includes(unit.spec.name) === true);
    for (const { spec } of bound) void stop(spec.name);
  }

  const programFailed = ({ spec: { name } }: Unit) =>
    `Job for ${name} failed because the control process exited with error code.\nSee "systemctl status ${name}" and "journalctl -xeu ${name}" for details.`;

  function exited(unit: Unit, result: string, status: number): void {
    const message = `${unit.spec.name}: Main process exited, code=exited, status=${status}/n/a`;
    const fields = { MESSAGE_ID: PROCESS_EXIT, EXIT_CODE: 'exited', EXIT_STATUS: String(status) };
    manager(unit, message, 5, fields);
    manager(unit, `${unit.spec.name}: Failed with result '${result}'.`, 4);
  }

  async function known(
    name: string,
    verb: Verb,
    work: (unit: Unit) => Promise<JobResult>,
  ): Promise<JobResult> {
    const unit = units.get(name);
    if (unit === undefined) return { done: false, why: `Failed to ${verb} ${name}: Unit ${name} not found.` };
    return work(unit);
  }

  const start = (name: string): Promise<JobResult> =>
    known(name, 'start', async (unit) => {
      if (unit.limited) {
        manager(unit, `${unit.spec.name}: Start request repeated too quickly.`, 4);
        manager(unit, `Failed to start ${title(unit)}.`, 3, ended(FAILED, 'start', 'failed'));
        return { done: false, why: programFailed(unit) };
      }
      unit.restarts = 0;
      return begin(unit, 'start', (signal) => bringUp(unit, signal));
    });

  const stop = (name: string): Promise<JobResult> =>
    known(name, 'stop', (unit) => begin(unit, 'stop', (signal) => bringDown(unit, signal)));

  const restart = (name: string): Promise<JobResult> =>
    known(name, 'restart', (unit) =>
      begin(unit, 'restart', async (signal) => {
        // What it takes down comes up again with it.
        const dependents = neededBy(name).filter((one) => one.active === 'active');
        await bringDown(unit, signal);
        unit.restarts = 0;
        const result = await bringUp(unit, signal);
        for (const dependent of dependents) await start(dependent.spec.name);
        return result;
      }),
    );

  /** Its main process has ended by itself. */
  async function crash(unit: Unit, exitCode: number, { stay = false } = {}): Promise<void> {
    // The kernel kills in the container's own cgroup, not in the unit's: of that systemd sees only the exit code.
    const result = exitCode === 0 ? 'success' : 'exit-code';
    Object.assign(unit, { result, exitStatus: exitCode, exitedAt: Date.now() });
    if (stay || unit.spec.restarts === false) {
      fail(unit, result, exitCode);
      return;
    }
    unit.restarts += 1;
    if (unit.restarts > START_LIMIT) {
      manager(unit, `${unit.spec.name}: Start request repeated too quickly.`, 4);
      unit.limited = true;
      // The first result stays; that it was the limit is told only of what ended well before.
      fail(unit, result === 'success' ? 'start-limit-hit' : result, exitCode);
      return;
    }
    if (result !== 'success') exited(unit, result, exitCode);
    turn(unit, 'activating', 'auto-restart');
    manager(unit, `${unit.spec.name}: Scheduled restart job, restart counter is at ${unit.restarts}.`);
    await begin(unit, 'start', async (signal) => {
      await wait(pace, undefined, { signal });
      return bringUp(unit, signal);
    });
  }

  return {
    units,
    journal: journal as readonly JournalEntry[],
    say,
    kernel,
    /** @returns what ends the listening */
    onSay(listener: (entry: JournalEntry) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start,
    stop,
    restart,
    needs,
    neededBy: (name: string) => neededBy(name).map((unit) => unit.spec.name),

    add(spec: UnitSpec): void {
      if (spec.container !== undefined) images.seed(spec.container);
      units.set(spec.name, {
        spec,
        active: 'inactive',
        sub: 'dead',
        result: 'success',
        restarts: 0,
        exitStatus: 0,
        exitedAt: undefined,
        since: undefined,
        conditionAt: undefined,
        conditionMet: false,
        conditionNamed: false,
        limited: false,
        job: undefined,
        invocation: '',
      });
    },

    /** As after a boot of so long ago: running, without a word in the journal. */
    boot(name: string, startedAt: number): void {
      const unit = units.get(name);
      if (unit === undefined) throw new Error(`There is no unit "${name}".`);
      if (unit.spec.container !== undefined) host.start(unit.spec.container, { unit: name, startedAt });
      Object.assign(unit, {
        active: 'active',
        sub: 'running',
        since: startedAt,
        conditionAt: startedAt,
        conditionMet: true,
        conditionNamed: false,
        invocation: randomBytes(16).toString('hex'),
      });
    },

    /** The unit names another image from now on, and is restarted. */
    async deploy(name: string, image: string): Promise<void> {
      const unit = units.get(name);
      if (unit?.spec.container === undefined) throw new Error(`There is no container's unit "${name}".`);
      unit.spec = { ...unit.spec, container: { ...unit.spec.container, image } };
      await restart(name);
    },

    cancel(id: number): boolean {
      const unit = [...units.values()].find((one) => one.job?.id === id);
      unit?.job?.cancelled.abort();
      return unit !== undefined;
    },

    resetFailed(name: string): void {
      const unit = units.get(name);
      if (unit === undefined) return;
      Object.assign(unit, { restarts: 0, result: 'success', limited: false });
      if (unit.active === 'failed') turn(unit, 'inactive', 'dead');
    },

    /** A unit's container has ended by itself: what systemd makes of it. */
    async ended(container: Container, options?: { stay?: boolean }): Promise<void> {
      const unit = container.unit === undefined ? undefined : units.get(container.unit);
      if (unit !== undefined) await crash(unit, container.exitCode, options);
    },

    /** The program of a unit ends by itself. */
    async end(name: string, exitCode: number): Promise<void> {
      const unit = units.get(name);
      if (unit?.active !== 'active') throw new Error(`The unit "${name}" does not run.`);
      await crash(unit, exitCode);
    },

    close(): void {
      closing.abort();
    },
  };
}
