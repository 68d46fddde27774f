/** systemd through `systemctl` and `journalctl`: no bus library, so that `--user`, `--machine=` and wrappers all work. */
import { UnreachableError } from '../errors.ts';
import { lines, run, type Finished } from '../exec.ts';
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

/** Milliseconds for a question; systemd answers in a few, unless it is reloading. */
const TIMEOUT = 15_000;
/** For a log, at the pace of who reads it. */
const LOG_TIMEOUT = 2 * 60_000;
/** Characters of one entry, as the engine's lines. */
const LONGEST_TEXT = 64 * 1024;
/** For a job: an application that migrates its database at the start may need minutes. */
const JOB_TIMEOUT = 10 * 60_000;

/**
 * @param systemctl program and arguments: `['systemctl', '--user']`
 * @param journalctl the same
 * @param timeout milliseconds for one question
 */
export function createSystemd(
  systemctl: readonly string[],
  journalctl: readonly string[],
  { timeout = TIMEOUT }: { timeout?: number } = {},
): Systemd {
  /** Ask systemctl; a non-zero exit code is for the caller to judge, an unreachable systemd is not. */
  async function ask(
    args: readonly string[],
    { signal }: CallOptions = {},
    limit = timeout,
  ): Promise<Finished> {
    const finished = await run([...systemctl, '--no-pager', '--no-ask-password', ...args], {
      ...(signal === undefined ? {} : { signal }),
      timeout: limit,
    }).catch((error: unknown) => {
      if (signal?.aborted === true || isTimeout(error)) throw error;
      throw new UnreachableError((error as Error).message);
    });
    const unreachable = UNREACHABLE.exec(finished.stderr)?.[0];
    if (finished.code !== 0 && unreachable !== undefined) {
      throw new UnreachableError(`Cannot reach systemd with "${systemctl.join(' ')}": ${unreachable}`);
    }
    return finished;
  }

  async function answer(args: readonly string[], options?: CallOptions): Promise<string> {
    try {
      const { code, stdout, stderr } = await ask(args, options);
      if (code !== 0) throw new Error(`systemctl ${args[0]} failed: ${wordsOf(stderr)}`);
      return stdout;
    } catch (error) {
      if (options?.signal?.aborted === true || !isTimeout(error)) throw error;
      throw new UnreachableError(`systemd did not answer "systemctl ${args[0]}" within ${timeout / 1000} s.`);
    }
  }

  async function show(
    names: readonly string[],
    properties: readonly string[],
    options?: CallOptions,
  ): Promise<Properties[]> {
    if (names.length === 0) return [];
    const stdout = await answer(
      ['show', '--timestamp=unix', `--property=${properties.join(',')}`, '--', ...names],
      options,
    );
    return stdout.trimEnd().split('\n\n').map(parseProperties);
  }

  async function job(
    verb: Job,
    name: string,
    { signal, timeout: limit = JOB_TIMEOUT }: JobOptions = {},
  ): Promise<void> {
    const call = signal === undefined ? {} : { signal };
    const unit = requireName(name);
    try {
      const { code, stderr } = await ask([verb, '--', unit], call, limit);
      if (code !== 0) throw new Error(`Cannot ${verb} "${name}": ${wordsOf(stderr) || `exit code ${code}`}`);
    } catch (error) {
      if (signal?.aborted === true || !isTimeout(error)) throw error;
      const cancelled = await cancel(unit);
      throw new Error(
        `Cannot ${verb} "${name}": systemd was not done within ${limit / 1000} s${cancelled ? ', the job was cancelled' : ''}.`,
      );
    }
  }

  /** @returns false when there was no job to cancel any more */
  async function cancel(unit: string): Promise<boolean> {
    const [properties] = await show([unit], ['Job']);
    const id = properties?.get('Job') ?? '';
    if (!/^[1-9]\d*$/.test(id)) return false;
    return (await ask(['cancel', '--', id])).code === 0;
  }

  return {
    async units(names, options) {
      const asked = names.filter(isUnitName);
      const properties = await show(asked, UNIT_PROPERTIES, options);
      const found = new Map(
        asked.map((name, index) => [name, properties[index] ?? new Map<string, string>()]),
      );
      return Promise.all(
        names.map(async (name) => {
          const state = toUnit(name, found.get(name) ?? NOT_FOUND);
          if (state.conditionMet) return state;
          // Only for people does systemctl name the conditions.
          const { stdout } = await ask(['status', '--lines=0', '--', name], options);
          return { ...state, unmet: [...stdout.matchAll(UNMET)].map((match) => match[1] ?? '') };
        }),
      );
    },
    async dependencies(name, options) {
      const [properties] = await show(
        [requireName(name)],
        ['Requires', 'Wants', 'BindsTo', 'After', 'RequiredBy', 'BoundBy', 'ConsistsOf'],
        options,
      );
      const list = (property: string) =>
        properties
          ?.get(property)
          ?.split(' ')
          .filter((one) => one !== '') ?? [];
      return {
        requires: list('Requires'),
        wants: list('Wants'),
        bindsTo: list('BindsTo'),
        after: list('After'),
        takesDown: [...new Set([...list('RequiredBy'), ...list('BoundBy'), ...list('ConsistsOf')])],
      };
    },
    start: (name, options) => job('start', name, options),
    stop: (name, options) => job('stop', name, options),
    restart: (name, options) => job('restart', name, options),
    async *logs(name, { since, tail, signal } = {}) {
      const args = [
        '--no-pager',
        '--output=json',
        '--all',
        '--output-fields=MESSAGE,PRIORITY',
        ...(tail === undefined ? [] : [`--lines=${tail}`]),
        ...(since === undefined ? [] : [`--since=@${(since / 1000).toFixed(3)}`]),
        ...matches(fullName(requireName(name)), systemctl.includes('--user')),
      ];
      const entries = lines([...journalctl, ...args], {
        ...(signal === undefined ? {} : { signal }),
        timeout: LOG_TIMEOUT,
      });
      for await (const entry of entries) yield toLogLine(entry);
    },
    async failed(options) {
      const stdout = await answer(
        ['list-units', '--state=failed', '--all', '--plain', '--no-legend', '--full'],
        options,
      );
      return stdout
        .split('\n')
        .map((line) => line.trim().split(/\s+/)[0] ?? '')
        .filter((name) => name !== '');
    },
  };
}

type Job = 'start' | 'stop' | 'restart';
type Properties = ReadonlyMap<string, string>;

const UNIT_PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'NRestarts',
  'ExecMainStatus',
  'ExecMainExitTimestamp',
  'StateChangeTimestamp',
  'ConditionResult',
  'ConditionTimestamp',
  'Description',
];
const NOT_FOUND: Properties = new Map([['LoadState', 'not-found']]);

const UNREACHABLE =
  /Failed to connect to .*bus.*|Failed to get D-Bus connection.*|System has not been booted with systemd.*|Failed to .*: (?:Connection reset by peer|Transport endpoint is not connected|Connection timed out)/;

/** `systemctl status` of systemd 229 to 257: `└─ ConditionPathExists=/run/agenix/x was not met`. */
const UNMET = /^[^\w]*(Condition\w+=.*) was not met$/gm;

function toUnit(name: string, properties: Properties): UnitState {
  const get = (property: string) => properties.get(property) ?? '';
  const exitedAt = toTime(get('ExecMainExitTimestamp'));
  return {
    name,
    load: get('LoadState') as UnitState['load'],
    active: (get('ActiveState') || 'inactive') as UnitState['active'],
    sub: get('SubState') || 'dead',
    result: get('Result') || 'success',
    restarts: Number(get('NRestarts') || 0),
    // 0 as well where no process has ended yet.
    exitCode: exitedAt === undefined ? undefined : Number(get('ExecMainStatus')),
    since: toTime(get('StateChangeTimestamp')),
    // "no" as well where the conditions have never been looked at.
    conditionMet: get('ConditionResult') !== 'no' || toTime(get('ConditionTimestamp')) === undefined,
    unmet: [],
    description: get('Description') || name,
  };
}

function parseProperties(block: string): Properties {
  return new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

/** `@1795218999`; empty for never. */
function toTime(text: string): number | undefined {
  return /^@\d+$/.test(text) && text !== '@0' ? Number(text.slice(1)) * 1000 : undefined;
}

/** systemd.unit(5). systemctl would take a pattern for several units, and escape other characters into another name. */
function isUnitName(name: string): boolean {
  return /^[\w:.\\@][\w:.\\@-]{0,254}$/.test(name);
}

function requireName(name: string): string {
  if (!isUnitName(name)) throw new Error(`"${name}" is not the name of a unit.`);
  return name;
}

/** The journal knows whole names only. */
function fullName(name: string): string {
  return /\.(?:service|socket|timer|target|mount|automount|path|slice|scope|swap|device)$/.test(name)
    ? name
    : `${name}.service`;
}

/** What the unit's processes wrote, and what systemd says about it. `journalctl --unit` would not find those of a user's manager. */
function matches(unit: string, ofUser: boolean): string[] {
  return ofUser
    ? [`_SYSTEMD_USER_UNIT=${unit}`, '+', `USER_UNIT=${unit}`]
    : [`_SYSTEMD_UNIT=${unit}`, '+', '_PID=1', `UNIT=${unit}`];
}

function toLogLine(entry: string): LogLine {
  const raw = parseEntry(entry);
  return {
    at:
      raw.__REALTIME_TIMESTAMP === undefined
        ? undefined
        : Math.floor(Number(raw.__REALTIME_TIMESTAMP) / 1000),
    // syslog(3): 0 is an emergency, 3 an error.
    stream: Number(raw.PRIORITY ?? 6) <= 3 ? 'stderr' : 'stdout',
    text: cut(toText(raw.MESSAGE)),
  };
}

type Entry = { __REALTIME_TIMESTAMP?: string; MESSAGE?: unknown; PRIORITY?: string };

/** One that is larger than {@link lines} lets through is no JSON any more. */
function parseEntry(entry: string): Entry {
  try {
    return JSON.parse(entry) as Entry;
  } catch {
    return { MESSAGE: `(an entry of the journal that is too large: ${entry.slice(0, 200)}…)` };
  }
}

/** journalctl gives what is not valid UTF-8, or has control characters, as an array of bytes. */
function toText(message: unknown): string {
  if (typeof message === 'string') return message;
  if (!Array.isArray(message)) return '';
  return typeof message[0] === 'string'
    ? message.join('\n')
    : new TextDecoder().decode(Uint8Array.from(message as number[]));
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/** systemd's words without its advice where to read more, which the reader of a chat cannot follow. */
function wordsOf(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line !== '' && !/^(?:See |Hint: |To show )/.test(line))
    .map((line) => line.replace(/^Failed to \w+ [^:]+: /, '').replace(/ See "systemctl .*$/, ''))
    .join(' ')
    .trim();
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
