/**
 * The command line that made a container. Podman 4 keeps it, and leaves out of an inspection what only it tells:
 * kernel settings, fixed addresses, options of the log, secrets.
 */

export type CreateCommand = {
  /** Values of an option by its long name, in order; an option without a value has the value `true`. */
  all(option: string): readonly string[];
  last(option: string): string | undefined;
  options: ReadonlyMap<string, readonly string[]>;
};

/** podman-run(1): options that take no value unless it is attached by `=`. */
const SWITCHES = new Set([
  'detach',
  'disable-content-trust',
  'env-host',
  'help',
  'http-proxy',
  'init',
  'interactive',
  'no-healthcheck',
  'no-hosts',
  'oom-kill-disable',
  'passwd',
  'privileged',
  'publish-all',
  'quiet',
  'read-only',
  'read-only-tmpfs',
  'replace',
  'rm',
  'rmi',
  'sig-proxy',
  'tls-verify',
  'tty',
  'unsetenv-all',
]);

const LETTERS: Readonly<Record<string, string>> = {
  a: 'attach',
  c: 'cpu-shares',
  d: 'detach',
  e: 'env',
  h: 'hostname',
  i: 'interactive',
  l: 'label',
  m: 'memory',
  P: 'publish-all',
  p: 'publish',
  q: 'quiet',
  t: 'tty',
  u: 'user',
  v: 'volume',
  w: 'workdir',
};

const OTHER_NAMES: Readonly<Record<string, string>> = { net: 'network', 'dns-opt': 'dns-option' };

/** @returns undefined for a container that was made through the API, whose command is that of the API's service */
export function parseCreateCommand(words: readonly string[] | null | undefined): CreateCommand | undefined {
  const at = words?.findIndex((word) => word === 'run' || word === 'create') ?? -1;
  if (words === null || words === undefined || at === -1 || words.includes('service')) return undefined;
  const options = new Map<string, string[]>();
  const add = (name: string, value: string) => {
    const known = OTHER_NAMES[name] ?? name;
    options.set(known, [...(options.get(known) ?? []), value]);
  };
  const rest = words.slice(at + 1);
  for (let word = rest.shift(); word?.startsWith('-') === true && word !== '--'; word = rest.shift()) {
    if (word.startsWith('--')) {
      const [name = '', ...value] = word.slice(2).split('=');
      if (value.length > 0) add(name, value.join('='));
      else add(name, SWITCHES.has(name) ? 'true' : (rest.shift() ?? ''));
      continue;
    }
    // `-dit`, `-p80:80`, `-e A=b`
    for (let letters = word.slice(1); letters !== '';) {
      const name = LETTERS[letters.charAt(0)] ?? letters.charAt(0);
      letters = letters.slice(1);
      if (SWITCHES.has(name)) {
        add(name, 'true');
        continue;
      }
      add(name, letters === '' ? (rest.shift() ?? '') : letters.replace(/^=/, ''));
      letters = '';
    }
  }
  return {
    options,
    all: (option) => options.get(option) ?? [],
    last: (option) => options.get(option)?.at(-1),
  };
}
