/** `systemctl` and `journalctl` of the machine in a box: what systemd 252 prints for the calls that a client makes. */
import type { JournalEntry, Unit, Units, Verb } from './units.ts';

export type Printed = { code: number; stdout: string; stderr: string };

const printed = (stdout = '', { code = 0, stderr = '' } = {}): Printed => ({ code, stdout, stderr });
const failed = (stderr: string, code = 1): Printed => printed('', { code, stderr: `${stderr}\n` });

/** @param args the program first: `['systemctl', 'show', '--', 'caddy.service']` */
export async function answer(units: Units, [program, ...args]: readonly string[]): Promise<Printed> {
  return program === 'journalctl' ? journalctl(units, args) : systemctl(units, args);
}

const isVerb = (word: string): word is Verb => word === 'start' || word === 'stop' || word === 'restart';

async function systemctl(units: Units, args: readonly string[]): Promise<Printed> {
  const { options, words } = parse(args);
  const [verb = '', ...names] = words;
  if (isVerb(verb)) {
    const results = await Promise.all(names.map((name) => units[verb](fullName(name))));
    const wrong = results.flatMap((result) => (result.done ? [] : [result.why]));
    // systemctl ends with 5 where there is no such unit.
    if (wrong.length > 0)
      return failed(wrong.join('\n'), wrong.some((why) => why.endsWith('not found.')) ? 5 : 1);
    return printed();
  }
  switch (verb) {
    case 'show': {
      const wanted = options.get('property')?.split(',');
      // Without a name the manager shows itself.
      if (names.length === 0) return printed('UnitPath=\n');
      return printed(names.map((name) => show(units, fullName(name), wanted)).join('\n'));
    }
    case 'status':
      return printed(
        names.map((name) => status(units.units.get(fullName(name)), fullName(name))).join('\n'),
        { code: 3 },
      );
    case 'cancel': {
      const missing = names.filter((id) => !units.cancel(Number(id)));
      return missing.length === 0
        ? printed()
        : failed(missing.map((id) => `Failed to cancel job ${id}: Job ${id} does not exist.`).join('\n'));
    }
    case 'list-units': {
      const some = [...units.units.values()].filter(
        (unit) => (!options.has('failed') && options.get('state') !== 'failed') || unit.active === 'failed',
      );
      return printed(
        some
          .map(
            (unit) =>
              `${unit.spec.name} loaded ${unit.active} ${unit.sub} ${unit.spec.description ?? unit.spec.name}\n`,
          )
          .join(''),
      );
    }
    case 'list-unit-files': {
      const fits = (name: string) =>
        names.length === 0 || names.some((pattern) => fitsPattern(name, pattern));
      const files = [...units.units.keys()].filter(fits);
      return printed(files.map((name) => `${name} enabled enabled\n`).join(''), {
        code: files.length === 0 ? 1 : 0,
      });
    }
    case 'reset-failed':
      for (const name of names) units.resetFailed(fullName(name));
      return printed();
    case 'daemon-reload':
      for (const unit of units.units.values()) unit.conditionNamed = false;
      return printed();
    case 'is-system-running':
      return printed('running\n');
    default:
      return failed(`Unknown command verb ${verb}.`);
  }
}

/** Long options with `=`, and words; what follows `--` is a word in any case. */
function parse(args: readonly string[]): { options: ReadonlyMap<string, string>; words: string[] } {
  const options = new Map<string, string>();
  const words: string[] = [];
  let onlyWords = false;
  for (const arg of args) {
    if (arg === '--' && !onlyWords) onlyWords = true;
    else if (onlyWords || !arg.startsWith('--')) words.push(arg);
    else {
      const [name = '', ...value] = arg.slice(2).split('=');
      options.set(name, value.join('='));
    }
  }
  return { options, words };
}

const fullName = (name: string) =>
  /\.(?:service|timer|target|socket)$/.test(name) ? name : `${name}.service`;
/** `podman-*.service`, as the shell has it. */
const fitsPattern = (name: string, pattern: string) =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((text) => RegExp.escape(text))
      .join('.*')}$`,
  ).test(name);
const unix = (at: number | undefined) => (at === undefined ? '' : `@${Math.floor(at / 1000)}`);

function show(units: Units, name: string, wanted: readonly string[] | undefined): string {
  const unit = units.units.get(name);
  const properties: Record<string, string> = {
    Id: name,
    Description: unit?.spec.description ?? name,
    LoadState: unit === undefined ? 'not-found' : unit.spec.masked === true ? 'masked' : 'loaded',
    ActiveState: unit?.active ?? 'inactive',
    SubState: unit?.sub ?? 'dead',
    Result: unit?.result ?? 'success',
    NRestarts: String(unit?.restarts ?? 0),
    ExecMainStatus: String(unit?.exitStatus ?? 0),
    ExecMainExitTimestamp: unix(unit?.exitedAt),
    StateChangeTimestamp: unix(unit?.since),
    ConditionResult: unit?.conditionMet === true ? 'yes' : 'no',
    ConditionTimestamp: unix(unit?.conditionAt),
    ...definition(unit),
    Job: unit?.job === undefined ? '' : String(unit.job.id),
    Requires:
      unit === undefined ? '' : ['sysinit.target', 'system.slice', ...(unit.spec.requires ?? [])].join(' '),
    BindsTo: (unit?.spec.bindsTo ?? []).join(' '),
    Wants: unit === undefined ? '' : 'network-online.target',
    After: unit === undefined ? '' : ['network-online.target', ...units.needs(unit)].join(' '),
    RequiredBy: units.neededBy(name).join(' '),
    BoundBy: '',
    ConsistsOf: '',
  };
  return Object.entries(properties)
    .filter(([property]) => wanted === undefined || wanted.includes(property))
    .map(([property, value]) => `${property}=${value}\n`)
    .join('');
}

/** As NixOS writes a container's unit; others run a program that is named after them. */
function definition(unit: Unit | undefined): Record<string, string> {
  if (unit === undefined) return { Restart: 'no', FragmentPath: '', InvocationID: '' };
  const { name, container, pull = 'missing', restarts = true } = unit.spec;
  const command = (line: string, ignoring: 'yes' | 'no') =>
    `{ path=${line.split(' ')[0]} ; argv[]=${line} ; ignore_errors=${ignoring} ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }`;
  return {
    Type: container === undefined ? 'exec' : 'notify',
    Environment: container === undefined ? '' : `PODMAN_SYSTEMD_UNIT=${name}`,
    EnvironmentFiles: '',
    Restart: restarts ? 'always' : 'no',
    FragmentPath: `/etc/systemd/system/${name}`,
    InvocationID: unit.invocation,
    ...(container === undefined
      ? { ExecStart: command(`/usr/bin/${name.replace(/\.service$/, '')}`, 'no') }
      : {
          ExecStartPre: command(`podman rm -f ${container.name}`, 'yes'),
          ExecStart: command(
            `podman run --rm --replace --sdnotify=conmon -d --pull ${pull} --name=${container.name} ${container.image}`,
            'no',
          ),
        }),
  };
}

function status(unit: Unit | undefined, name: string): string {
  if (unit === undefined) return `Unit ${name} could not be found.\n`;
  const lines = [
    `○ ${name} - ${unit.spec.description ?? name}`,
    `     Loaded: loaded`,
    `     Active: ${unit.active} (${unit.sub})`,
  ];
  if (!unit.conditionMet && unit.conditionAt !== undefined) {
    lines.push('  Condition: start condition failed');
    if (unit.conditionNamed) lines.push(`             └─ ${unit.spec.unmet ?? ''} was not met`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * `journalctl --follow`: what is there, and then what comes.
 * @returns what ends it
 */
export function follow(
  units: Units,
  [, ...args]: readonly string[],
  write: (text: string) => void,
): () => void {
  const { matches } = selectionOf(args);
  write(journalctl(units, args).stdout);
  return units.onSay((entry) => {
    if (matches(entry)) write(lineOf(entry));
  });
}

function journalctl(units: Units, args: readonly string[]): Printed {
  const { matches, lines } = selectionOf(args);
  const entries = units.journal.filter(matches);
  const shown =
    lines === undefined || lines === 'all' ? entries : entries.slice(-Number(lines) || entries.length);
  return printed(shown.map(lineOf).join(''));
}

/** Matches as `_SYSTEMD_UNIT=…`, or `--unit=…`; other fields are taken to hold. */
function selectionOf(args: readonly string[]): {
  matches: (entry: JournalEntry) => boolean;
  lines: string | undefined;
} {
  const { options, words } = parse(args);
  const named = words
    .filter((word) => /^(?:_SYSTEMD_)?(?:USER_)?UNIT=/.test(word))
    .map((word) => word.slice(word.indexOf('=') + 1));
  const unit = options.get('unit') ?? options.get('user-unit');
  if (unit !== undefined) named.push(fullName(unit));
  const since = Number(options.get('since')?.replace('@', '') ?? 0) * 1e6;
  // Of one field several values are wanted; fields must all hold.
  const ids = words.filter((word) => word.startsWith('MESSAGE_ID=')).map((word) => word.slice(11));
  if (words.includes('_TRANSPORT=kernel')) {
    const isKernel = ({ fields }: JournalEntry) => fields?.['_TRANSPORT'] === 'kernel';
    return { matches: isKernel, lines: options.get('lines') };
  }
  return {
    matches: (entry) =>
      named.includes(entry.unit) &&
      entry.at >= since &&
      (ids.length === 0 || ids.includes(entry.fields?.['MESSAGE_ID'] ?? '')),
    lines: options.get('lines'),
  };
}

const lineOf = (entry: JournalEntry) => `${JSON.stringify(toJson(entry))}\n`;

function toJson({ at, message, priority, unit, ofManager, fields }: JournalEntry): unknown {
  const bytes = Buffer.from(message);
  const text = bytes.toString();
  // As journalctl: what is no text, or would move the terminal's cursor, comes as bytes.
  const plain =
    Buffer.from(text).equals(bytes) && ![...bytes].some((byte) => byte < 32 && byte !== 9 && byte !== 10);
  return {
    __REALTIME_TIMESTAMP: String(at),
    PRIORITY: String(priority),
    MESSAGE: plain ? text : [...bytes],
    ...(unit === '' ? {} : { [ofManager ? 'UNIT' : '_SYSTEMD_UNIT']: unit }),
    ...fields,
  };
}
