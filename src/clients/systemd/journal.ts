/** What units wrote, and what systemd says about them, from `journalctl`. */
import { lines, run } from '../../exec.ts';
import type { CallOptions, LogLine } from '../engine.ts';
import type { MemoryKill, Systemd, UnitJob } from '../systemd.ts';

/** The functions take a unit's name as systemd does: without an ending it is a service. */
export type Journal = Pick<Systemd, 'logs' | 'lastExit' | 'lastJob' | 'memoryKills'> & {
  /** The condition that systemd named when it last skipped a start; none where the log does not go back to it. */
  unmet(name: string, options?: CallOptions): Promise<string[]>;
};

/** For a log, at the pace of who reads it. Milliseconds. */
const LOG_TIMEOUT = 2 * 60_000;
/** Characters of one entry, as the engine's lines. */
const LONGEST_TEXT = 64 * 1024;
/** SD_MESSAGE_UNIT_PROCESS_EXIT of sd-messages.h: a process of a unit has ended badly. */
const PROCESS_EXIT = '98e322203f7a4ed290d09fe03c09fe15';
/** Of the kernel's log: each kill for memory takes some seventy. */
const KERNEL_LINES = 2000;
/** From dump_oom_summary of mm/oom_kill.c, Linux 5.0 and newer. */
const MEMORY_KILL = /\boom-kill:.*\btask_memcg=([^,]*),task=(.*),pid=\d+,uid=\d+/;
/** SD_MESSAGE_UNIT_STARTED, _STOPPED and _FAILED: a job of a unit has ended. */
const STARTED = '39f53479d3a045ac8e11786248231fbf';
const JOB_ENDS = [STARTED, '9d1aaa27d60140bd96365438aad20286', 'be02cf6855d2428ba40df7e9d022f03d'];

/** From unit_start of systemd 252's src/core/unit.c; older ones do not say which. */
const SKIPPED = /was skipped because of an unmet condition check \((Condition\w+=.*)\)\.$/;

/**
 * @param journalctl the program and its first arguments
 * @param options.ofUser the units are those of a user's manager
 * @param options.timeout milliseconds for a question
 */
export function createJournal(
  journalctl: readonly string[],
  { ofUser, timeout }: { ofUser: boolean; timeout: number },
): Journal {
  /** `journalctl --unit` would not find the units of a user's manager. */
  const writtenBy = (unit: string) => `${ofUser ? '_SYSTEMD_USER_UNIT' : '_SYSTEMD_UNIT'}=${unit}`;
  const saidOf = (unit: string) => (ofUser ? [`USER_UNIT=${unit}`] : ['_PID=1', `UNIT=${unit}`]);
  const asJson = (fields: readonly string[]) => [
    ...journalctl,
    '--no-pager',
    '--output=json',
    '--all',
    `--output-fields=${fields.join(',')}`,
  ];

  /** The newest entry with one of these message ids that systemd wrote about a unit. */
  const newest = async (
    name: string,
    ids: readonly string[],
    fields: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Entry | undefined> => {
    const { stdout } = await run(
      [...asJson(fields), '--lines=1', ...ids.map((id) => `MESSAGE_ID=${id}`), ...saidOf(fullName(name))],
      { timeout, ...(signal === undefined ? {} : { signal }) },
    );
    return stdout.trim() === '' ? undefined : parseEntry(stdout);
  };

  return {
    async *logs(name, { since, tail, follow = false, signal } = {}) {
      const unit = fullName(name);
      const entries = lines(
        [
          ...asJson(['MESSAGE', 'PRIORITY']),
          // Who follows would else get only the last ten.
          ...(tail === undefined ? (follow ? ['--no-tail'] : []) : [`--lines=${tail}`]),
          ...(follow ? ['--follow'] : []),
          ...(since === undefined ? [] : [`--since=@${(since / 1000).toFixed(3)}`]),
          writtenBy(unit),
          '+',
          ...saidOf(unit),
        ],
        { ...(follow ? {} : { timeout: LOG_TIMEOUT }), ...(signal === undefined ? {} : { signal }) },
      );
      for await (const entry of entries) yield toLogLine(entry);
    },
    async lastExit(name, { signal } = {}) {
      const entry = await newest(name, [PROCESS_EXIT], ['EXIT_CODE', 'EXIT_STATUS'], signal);
      return entry === undefined ? undefined : toExit(entry);
    },
    async memoryKills({ signal } = {}) {
      const { stdout } = await run([...asJson(['MESSAGE']), `--lines=${KERNEL_LINES}`, '_TRANSPORT=kernel'], {
        timeout,
        ...(signal === undefined ? {} : { signal }),
      });
      const entries = stdout.split('\n').filter((line) => line !== '');
      return entries.length === 0 ? undefined : entries.flatMap((entry) => toKill(parseEntry(entry)) ?? []);
    },
    async lastJob(name, { signal } = {}) {
      const entry = await newest(name, JOB_ENDS, ['JOB_TYPE', 'JOB_RESULT'], signal);
      return entry === undefined ? undefined : toJob(entry);
    },
    async unmet(name, { signal } = {}) {
      const entry = await newest(name, [STARTED], ['MESSAGE'], signal);
      const [, condition] = SKIPPED.exec(toText(entry?.MESSAGE)) ?? [];
      return condition === undefined ? [] : [condition];
    },
  };
}

type Entry = {
  __REALTIME_TIMESTAMP?: string;
  MESSAGE?: unknown;
  PRIORITY?: string;
  EXIT_CODE?: string;
  EXIT_STATUS?: string;
  JOB_TYPE?: string;
  JOB_RESULT?: string;
};

/** One that is larger than {@link lines} lets through is no JSON any more. */
function parseEntry(entry: string): Entry {
  try {
    return JSON.parse(entry) as Entry;
  } catch {
    return { MESSAGE: `(an entry of the journal that is too large: ${entry.slice(0, 200)}…)` };
  }
}

function toLogLine(entry: string): LogLine {
  const raw = parseEntry(entry);
  return {
    at: toTime(raw),
    // syslog(3): 0 is an emergency, 3 an error.
    stream: Number(raw.PRIORITY ?? 6) <= 3 ? 'stderr' : 'stdout',
    text: cut(toText(raw.MESSAGE)),
  };
}

/** A signal is counted as shells count it: 128 and its number. */
function toExit(entry: Entry): { code: number; at: number } | undefined {
  const status = Number(entry.EXIT_STATUS);
  const at = toTime(entry);
  if (at === undefined || !Number.isInteger(status)) return undefined;
  return { code: entry.EXIT_CODE === 'exited' ? status : 128 + status, at };
}

function toKill(entry: Entry): MemoryKill | undefined {
  const [, cgroup, program] = MEMORY_KILL.exec(toText(entry.MESSAGE)) ?? [];
  const at = toTime(entry);
  return at === undefined || cgroup === undefined || program === undefined
    ? undefined
    : { cgroup, program, at };
}

function toJob(entry: Entry): UnitJob | undefined {
  const { JOB_TYPE: type, JOB_RESULT: result } = entry;
  const at = toTime(entry);
  return at === undefined || type === undefined || result === undefined ? undefined : { type, result, at };
}

const toTime = ({ __REALTIME_TIMESTAMP: microseconds }: Entry): number | undefined =>
  microseconds === undefined ? undefined : Math.floor(Number(microseconds) / 1000);

/** journalctl gives what is not valid UTF-8, or has control characters, as an array of bytes. */
function toText(message: unknown): string {
  if (typeof message === 'string') return message;
  if (!Array.isArray(message)) return '';
  return typeof message[0] === 'string'
    ? message.join('\n')
    : new TextDecoder().decode(Uint8Array.from(message as number[]));
}

const cut = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);

/** The journal knows whole names only. */
const fullName = (name: string): string =>
  /\.(?:service|socket|timer|target|mount|automount|path|slice|scope|swap|device)$/.test(name)
    ? name
    : `${name}.service`;
