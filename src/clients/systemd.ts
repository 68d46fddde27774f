/** systemd through `systemctl` and `journalctl`: no bus library, so that `--user`, `--machine=` and wrappers all work. */
import { causeOf, RefusedError, UnreachableError } from '../errors.ts';
import { describeEnd, run, type Finished } from '../exec.ts';
import { sleep } from '../sleep.ts';
import type { CallOptions, LogLine } from './engine.ts';
import { createJournal } from './systemd/journal.ts';

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
  /** The conditions that did not hold, as in the unit: `ConditionPathExists=/run/agenix/x`; none where nobody knows. */
  unmet: readonly string[];
  description: string;
  /** Bytes, as far as systemd accounts for them. */
  memory: number | undefined;
  memoryLimit: number | undefined;
  /** Milliseconds of processor time since its start. */
  processorTime: number | undefined;
};

export type Dependencies = {
  requires: readonly string[];
  wants: readonly string[];
  bindsTo: readonly string[];
  after: readonly string[];
  /** Units that go down with it: RequiredBy, BoundBy, ConsistsOf. */
  takesDown: readonly string[];
};

/** How a unit is written. Where its program is a script (as on NixOS), what that runs is not told here. */
export type Definition = {
  /** Programs with their arguments as systemd will run them, one a line. */
  execStart: string;
  execStartPre: string;
  /** `Restart=`: `no`, `always`, `on-failure`, … */
  restart: string;
  /** The unit's file. */
  fragment: string | undefined;
  /** Another one after each start; undefined for a unit that was never started since the boot. */
  invocation: string | undefined;
};

/** How a unit is set up, and what stands around it. */
export type Setup = Pick<Definition, 'execStart' | 'execStartPre' | 'restart' | 'fragment'> & {
  load: UnitState['load'];
  active: UnitState['active'];
  /** `Type=`: `notify`, `oneshot`, …; empty for what is no service. */
  type: string;
  after: readonly string[];
  /** Names of the variables that the unit itself sets. */
  variables: readonly string[];
  /** `EnvironmentFile=`; one that may be missing is optional. */
  environmentFiles: readonly { path: string; optional: boolean }[];
  /** What a timer, a socket or a path starts. */
  starts: readonly string[];
};

/** `type` is `start`, `stop` or `restart`; `result` is `done`, `failed`, `dependency`, `timeout` … */
export type UnitJob = { type: string; result: string; at: number };

/** `cgroup` is the path of the control group that the process was in; milliseconds since 1970. */
export type MemoryKill = { cgroup: string; program: string; at: number };

/** `timeout` in milliseconds. */
export type JobOptions = CallOptions & { timeout?: number };

export type Systemd = {
  /** Several in one call; a unit that does not exist has `load: 'not-found'`. Same order as asked. */
  units(names: readonly string[], options?: CallOptions): Promise<UnitState[]>;
  dependencies(name: string, options?: CallOptions): Promise<Dependencies>;
  /** @returns undefined when there is no such unit */
  definition(name: string, options?: CallOptions): Promise<Definition | undefined>;
  /** Several in one call; a unit that does not exist has `load: 'not-found'`. Same order as asked. */
  setups(names: readonly string[], options?: CallOptions): Promise<Setup[]>;
  /** Names of the unit files that fit a pattern (`*.timer`), loaded or not; templates are left out. */
  unitFiles(patterns: readonly string[], options?: CallOptions): Promise<string[]>;
  /**
   * Start, stop or restart a unit and wait for the job's end. What is in the middle of a start is given five seconds to
   * get through it before it is stopped.
   * @throws RefusedError when systemd does not begin it; Error with what systemd says when the job fails, and when it takes longer than its limit (the job is then cancelled)
   */
  start(name: string, options?: JobOptions): Promise<void>;
  stop(name: string, options?: JobOptions): Promise<void>;
  restart(name: string, options?: JobOptions): Promise<void>;
  /** Forget that a unit failed, and how often it was started: one that was started too often can be started again. */
  resetFailed(name: string, options?: CallOptions): Promise<void>;
  /**
   * The unit's log, oldest first.
   * @param options.since milliseconds since 1970
   * @param options.tail only the last so many lines
   * @param options.follow go on until the signal
   */
  logs(
    name: string,
    options?: CallOptions & { since?: number; tail?: number; follow?: boolean },
  ): AsyncIterable<LogLine>;
  /**
   * The last process of the unit that ended badly, whatever has been started since; `at` in milliseconds since 1970.
   * @returns undefined when the journal knows none
   */
  lastExit(name: string, options?: CallOptions): Promise<{ code: number; at: number } | undefined>;
  /**
   * What systemd last did, or tried to do, with the unit, in its words: a start that was not made because of another
   * unit has the result `dependency`. `at` in milliseconds since 1970.
   * @returns undefined when the journal knows nothing of it
   */
  lastJob(name: string, options?: CallOptions): Promise<UnitJob | undefined>;
  /**
   * What the kernel has killed for memory lately, oldest first, as far as its log goes back (some kills at least).
   * @returns undefined where the journal has no kernel log to read
   */
  memoryKills(options?: CallOptions): Promise<MemoryKill[] | undefined>;
  /**
   * What all services of the manager run, whether they do so now or not: commands, environments and files as systemd knows
   * them, with the folders that units are found in and those that they work in. Templates without an instance are in the
   * folders alone.
   */
  everyService(
    options?: CallOptions,
  ): Promise<{ text: string; folders: readonly string[]; workFolders: readonly string[] }>;
  /** Units that failed, for smoke tests. */
  failed(options?: CallOptions): Promise<string[]>;
};

/** Milliseconds for a question; systemd answers in a few, unless it is reloading. */
const TIMEOUT = 10_000;
/** For a job: an application that migrates its database at the start may need minutes. */
const JOB_TIMEOUT = 10 * 60_000;
/** For a start that is on its way when a stop is asked for; those of containers take less than a second. */
const START_PATIENCE = 5000;
const START_LOOK = 50;
/** Until its program runs. */
const STARTING: readonly string[] = ['condition', 'start-pre', 'start'];

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
  const journal = createJournal(journalctl, { ofUser: systemctl.includes('--user'), timeout });

  /** Ask systemctl; a non-zero exit code is for the caller to judge, an unreachable systemd is not. */
  async function ask(args: readonly string[], options: CallOptions = {}): Promise<Finished> {
    try {
      return await call(args, { ...options, timeout });
    } catch (error) {
      if (options.signal?.aborted === true || !isTimeout(error)) throw error;
      throw new UnreachableError(`systemd did not answer "systemctl ${args[0]}" within ${timeout / 1000} s.`);
    }
  }

  /** @throws an error named `TimeoutError` at the limit */
  async function call(args: readonly string[], options: JobOptions): Promise<Finished> {
    const command = [...systemctl, '--no-pager', '--no-ask-password', ...args];
    const finished = await run(command, options).catch((error: unknown) => {
      if (options.signal?.aborted === true || isTimeout(error)) throw error;
      throw new UnreachableError((error as Error).message);
    });
    const unreachable = UNREACHABLE.exec(finished.stderr)?.[0];
    if (finished.code !== 0 && unreachable !== undefined) {
      throw new UnreachableError(`Cannot reach systemd with "${systemctl.join(' ')}": ${unreachable}`);
    }
    return finished;
  }

  async function answer(args: readonly string[], options?: CallOptions): Promise<string> {
    const { code, stdout, stderr } = await ask(args, options);
    if (code !== 0) throw failure(args[0] ?? '', { code, stderr });
    return stdout;
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

  async function job(verb: Job, name: string, options: JobOptions = {}): Promise<void> {
    const { signal, timeout: limit = JOB_TIMEOUT } = options;
    const unit = requireName(name);
    const doing = `Cannot ${verb} "${name}"`;
    try {
      const { code, stderr } = await call([verb, '--', unit], { ...options, timeout: limit });
      if (code === 0) return;
      const why = `${doing}: ${wordsOf(stderr) || describeEnd(code)}`;
      throw JOB_FAILED.test(stderr) ? new Error(why) : new RefusedError(why);
    } catch (error) {
      if (signal?.aborted === true || !isTimeout(error)) throw error;
      throw new Error(`${doing}: systemd was not done within ${limit / 1000} s${await giveUp(unit)}.`);
    }
  }

  /**
   * Podman that is ended in the middle of a start leaves what it has made so far: rules for a published port, by which
   * nothing answers there any more whatever is started next (Podman 4.3 with netavark: 6 of 250 such stops), or a
   * container that has never run. What dies and starts again and again is in the middle of a start half of the time.
   */
  async function letStart(
    unit: string,
    { signal, timeout: limit = START_PATIENCE }: JobOptions,
  ): Promise<void> {
    const options = signal === undefined ? {} : { signal };
    const end = performance.now() + Math.min(START_PATIENCE, limit);
    for (;;) {
      const [properties] = await show([unit], ['SubState'], options).catch((error: unknown) => {
        if (signal?.aborted === true || error instanceof UnreachableError) throw error;
        // The job itself says why.
        return [];
      });
      if (!STARTING.includes(properties?.get('SubState') ?? '') || performance.now() > end) return;
      await sleep(START_LOOK, signal);
    }
  }

  const stopping = async (verb: 'stop' | 'restart', name: string, options: JobOptions = {}) => {
    await letStart(requireName(name), options);
    await job(verb, name, options);
  };

  /** Nobody waits for a unit's job any more. @returns what became of it, for the end of a sentence */
  async function giveUp(unit: string): Promise<string> {
    try {
      const [properties] = await show([unit], ['Job']);
      const id = properties?.get('Job') ?? '';
      if (!/^[1-9]\d*$/.test(id)) return '';
      return (await ask(['cancel', '--', id])).code === 0 ? ', the job was cancelled' : '';
    } catch (error) {
      return `, and cannot be asked about it: ${causeOf(error).replace(/\.$/, '')}`;
    }
  }

  const unmet = async (name: string, options: CallOptions = {}): Promise<string[]> => {
    // Only for people does systemctl name the conditions.
    const { stdout } = await ask(['status', '--lines=0', '--', name], options);
    const named = [...stdout.matchAll(UNMET)].map((match) => match[1] ?? '');
    if (named.length > 0) return named;
    // When it reads its units anew, systemd forgets which one it was.
    return journal.unmet(name, options).catch(() => {
      options.signal?.throwIfAborted();
      return [];
    });
  };

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
          return state.conditionMet ? state : { ...state, unmet: await unmet(name, options) };
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
    async definition(name, options) {
      const [properties] = await show(
        [requireName(name)],
        ['LoadState', 'ExecStart', 'ExecStartPre', 'Restart', 'FragmentPath', 'InvocationID'],
        options,
      );
      if (properties === undefined || properties.get('LoadState') === 'not-found') return undefined;
      const get = (property: string) => properties.get(property) ?? '';
      return {
        execStart: toCommands(get('ExecStart')),
        execStartPre: toCommands(get('ExecStartPre')),
        restart: get('Restart') || 'no',
        fragment: get('FragmentPath') || undefined,
        invocation: get('InvocationID') || undefined,
      };
    },
    async setups(names, options) {
      const asked = names.filter(isUnitName);
      const properties = await show(asked, SETUP_PROPERTIES, options);
      const found = new Map(asked.map((name, index) => [name, properties[index]]));
      return names.map((name) => toSetup(found.get(name) ?? NOT_FOUND));
    },
    async unitFiles(patterns, options) {
      const { code, stdout, stderr } = await ask(
        ['list-unit-files', '--plain', '--no-legend', '--full', '--', ...patterns],
        options,
      );
      // It fails without a word where nothing fits.
      if (code !== 0 && stderr.trim() !== '') throw failure('list-unit-files', { code, stderr });
      return firstWords(stdout).filter((name) => !name.includes('@.'));
    },
    start: (name, options) => job('start', name, options),
    stop: (name, options) => stopping('stop', name, options),
    restart: (name, options) => stopping('restart', name, options),
    async resetFailed(name, options) {
      // Refused for a unit that is not loaded, of which there is nothing to forget.
      await ask(['reset-failed', '--', requireName(name)], options);
    },
    async *logs(name, options) {
      yield* journal.logs(requireName(name), options);
    },
    lastExit: async (name, options) => journal.lastExit(requireName(name), options),
    memoryKills: (options) => journal.memoryKills(options),
    lastJob: async (name, options) => journal.lastJob(requireName(name), options),
    async everyService(options) {
      const plainly = ['--type=service', '--all', '--plain', '--no-legend', '--full'];
      const [files, loaded, manager] = await Promise.all([
        answer(['list-unit-files', ...plainly], options),
        answer(['list-units', ...plainly], options),
        answer(['show', '--property=UnitPath'], options),
      ]);
      const names = [...new Set([...firstWords(files), ...firstWords(loaded)])].filter(
        (name) => isUnitName(name) && !name.includes('@.'),
      );
      const texts: string[] = [];
      for (let from = 0; from < names.length; from += SHOWN_AT_ONCE) {
        const some = names.slice(from, from + SHOWN_AT_ONCE);
        texts.push(await answer(['show', `--property=${RUNS.join(',')}`, '--', ...some], options));
      }
      const text = texts.join('\n');
      const workFolders = [...text.matchAll(/^WorkingDirectory=!?-?(\/.+)$/gm)].map(([, one = '']) => one);
      return {
        text,
        folders: (parseProperties(manager.trim()).get('UnitPath') ?? '')
          .split(' ')
          .filter((one) => one !== ''),
        workFolders: [...new Set(workFolders)].filter((one) => one !== '/'),
      };
    },
    async failed(options) {
      return firstWords(
        await answer(['list-units', '--state=failed', '--all', '--plain', '--no-legend', '--full'], options),
      );
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
  'MemoryCurrent',
  'MemoryMax',
  'CPUUsageNSec',
];
/** All that a service runs, and what it is given. systemd.service(5), systemd.exec(5). */
const RUNS = [
  'Id',
  'ExecCondition',
  'ExecStartPre',
  'ExecStart',
  'ExecStartPost',
  'ExecReload',
  'ExecStop',
  'ExecStopPost',
  'Environment',
  'EnvironmentFiles',
  'WorkingDirectory',
  'FragmentPath',
  'DropInPaths',
  'SourcePath',
];
/** A command line has its limit, and systemctl an answer's time. */
const SHOWN_AT_ONCE = 100;

const firstWords = (lines: string): string[] =>
  lines
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '');

const NOT_FOUND: Properties = new Map([['LoadState', 'not-found']]);

const UNREACHABLE =
  /Failed to connect to .*bus.*|Failed to get D-Bus connection.*|System has not been booted with systemd.*|Failed to .*: (?:Connection reset by peer|Transport endpoint is not connected|Connection timed out)/;

/** Its program failed; where systemd refuses, or another unit failed, it says so in other words. */
const JOB_FAILED = /^Job for \S+ (?:failed|was canceled|timed out)/m;

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
    memory: toAmount(get('MemoryCurrent')),
    memoryLimit: toAmount(get('MemoryMax')),
    processorTime: toAmount(get('CPUUsageNSec'), 1e6),
  };
}

const SETUP_PROPERTIES = [
  'LoadState',
  'ActiveState',
  'Type',
  'Restart',
  'FragmentPath',
  'ExecStart',
  'ExecStartPre',
  'After',
  'Environment',
  'EnvironmentFiles',
  'Triggers',
];

function toSetup(properties: Properties): Setup {
  const get = (property: string) => properties.get(property) ?? '';
  const list = (property: string) =>
    get(property)
      .split(' ')
      .filter((one) => one !== '');
  return {
    load: get('LoadState') as Setup['load'],
    active: (get('ActiveState') || 'inactive') as Setup['active'],
    type: get('Type'),
    restart: get('Restart') || 'no',
    fragment: get('FragmentPath') || undefined,
    execStart: toCommands(get('ExecStart')),
    execStartPre: toCommands(get('ExecStartPre')),
    after: list('After'),
    variables: toVariables(get('Environment')),
    environmentFiles: [...get('EnvironmentFiles').matchAll(ENVIRONMENT_FILE)].map(
      ([, path = '', ignored]) => ({
        path,
        optional: ignored === 'yes',
      }),
    ),
    starts: list('Triggers'),
  };
}

/** `/run/agenix/x (ignore_errors=no)`, one a line. */
const ENVIRONMENT_FILE = /^(\/.*) \(ignore_errors=(yes|no)\)$/gm;

/** `A=b "C=d e" "F="`: names with a value. */
const toVariables = (text: string): string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
    .map(([, quoted, bare]) => /^([A-Za-z_]\w*)=./s.exec(quoted ?? bare ?? '')?.[1] ?? '')
    .filter((name) => name !== '');

/** `[not set]` and `infinity` are none, and 2^64 - 1 is how older versions say so. */
function toAmount(text: string, divisor = 1): number | undefined {
  const amount = /^\d+$/.test(text) ? Number(text) : Infinity;
  return Number.isSafeInteger(amount) ? amount / divisor : undefined;
}

/** A property with several values, as `ExecStartPre`, has a line for each. */
function parseProperties(block: string): Properties {
  const properties = new Map<string, string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf('=');
    const [name, value] = [line.slice(0, at), line.slice(at + 1)];
    const before = properties.get(name);
    properties.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return properties;
}

/** `{ path=/bin/sh ; argv[]=/bin/sh -c … ; ignore_errors=no ; … }`, one for each line in the unit. */
const toCommands = (value: string): string =>
  [...value.matchAll(/argv\[\]=(.*?) ; ignore_errors=/gs)].map((match) => match[1] ?? '').join('\n');

/** `@1795218999`; empty for never. */
function toTime(text: string): number | undefined {
  return /^@\d+$/.test(text) && text !== '@0' ? Number(text.slice(1)) * 1000 : undefined;
}

/** systemd.unit(5). systemctl would take a pattern for several units, and escape other characters into another name. */
function isUnitName(name: string): boolean {
  return /^[\w:.\\@][\w:.\\@-]{0,254}$/.test(name);
}

const failure = (verb: string, { code, stderr }: Pick<Finished, 'code' | 'stderr'>): Error =>
  new Error(`systemctl ${verb} failed: ${wordsOf(stderr) || describeEnd(code)}`);

function requireName(name: string): string {
  if (!isUnitName(name)) throw new Error(`"${name}" is not the name of a unit.`);
  return name;
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
