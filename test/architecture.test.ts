import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { describe, expect, test } from 'vitest';

/** Who may import whom: each rule with the reason why it is there. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Import = { specifier: string; isTypeOnly: boolean; line: number };
type Source = { path: string; code: string; imports: Import[] };

const read = (path: string): Source => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return { path, code: withoutComments(text), imports: importsOf(text) };
};

/** Strings stay, because a path or a pattern may hold what looks like a comment. */
function withoutComments(text: string): string {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(token, (found) => (/^\/[/*]/.test(found) ? found.replace(/[^\n]/g, ' ') : found));
}

/** Static imports and exports, `import('…')` as a value and as a type. */
function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const pattern =
    /^[ \t]*(?:import|export)\s+(?<type>type\s)?(?<names>[^'"`;()]*?)\bfrom\s*(?<from>['"][^'"\n]+['"])|^[ \t]*import\s*(?<bare>['"][^'"\n]+['"])|\bimport\s*\(\s*(?<dynamic>['"`][^'"`\n]+['"`])/gm;
  return [...code.matchAll(pattern)].map(({ groups = {}, index }) => {
    const names = groups.names ?? '';
    const inBraces = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
    const areTypes =
      inBraces !== undefined &&
      inBraces.split(',').every((name) => name.trim() === '' || /^\s*type\s/.test(name));
    return {
      specifier: (groups.from ?? groups.bare ?? groups.dynamic ?? '').slice(1, -1),
      isTypeOnly: groups.type !== undefined || (groups.from !== undefined && areTypes),
      line: code.slice(0, index).split('\n').length,
    };
  });
}

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const sources = tracked
  .split('\n')
  .filter((path) => /^(?:src|commands|jobs|sandbox)\//.test(path))
  .map(read);
const under = (...folders: string[]) =>
  sources.filter(({ path }) => folders.some((folder) => path.startsWith(folder)));

/** The file that a relative import means, from the project's folder; packages stay as they are. */
const targetOf = ({ path }: Source, { specifier }: Import): string =>
  specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;

const isPackage = (target: string) =>
  !target.startsWith('node:') &&
  !/^(?:src|commands|jobs|sandbox|test|scripts|bench)\//.test(target) &&
  !target.startsWith('..');

const packageOf = (target: string) =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');

/** Every import of these sources that is not allowed, each as one line with the reason. */
const offences = (
  from: readonly Source[],
  isAllowed: (target: string, one: Import, source: Source) => boolean,
  reason: string,
) =>
  from.flatMap((source) =>
    source.imports
      .filter((one) => !isAllowed(targetOf(source, one), one, source))
      .map((one) => `${source.path}:${one.line} imports ${one.specifier}: ${reason}`),
  );

describe('importsOf', () => {
  test('finds every form, and none in comments or in the middle of a string', () => {
    const text = `
      // import a from 'comment'
      /* import b from 'block' */
      import c, { d } from 'both';
      import type { E } from 'type';
      import { type F, type G } from 'types';
      import { h, type I } from 'mixed';
      import * as j from "star";
      import 'bare';
      export { k } from 'again';
      export * from 'all';
      import {
        l,
        m,
      } from 'lines';
      const text = "import n from 'string'";
      const o = await import('dynamic');
      let p: import('inline').P;
      const from = 'no import';
    `;
    const found = importsOf(text).map(({ specifier, isTypeOnly }) =>
      isTypeOnly ? `type ${specifier}` : specifier,
    );
    expect(found).toEqual([
      'both',
      'type type',
      'type types',
      'mixed',
      'star',
      'bare',
      'again',
      'all',
      'lines',
      'dynamic',
      'inline',
    ]);
  });

  test('sees the imports of this project', () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });
});

describe('who may import whom', () => {
  test('only main imports commands and jobs', () => {
    const from = sources.filter(({ path }) => path !== 'src/main.ts' && !path.startsWith('sandbox/'));
    expect(
      offences(
        from,
        (target) => !/^(?:commands|jobs)\//.test(target),
        'the two arrays of main.ts are the registry; what is shared belongs to operations/',
      ),
    ).toEqual([]);
  });

  test('nobody imports main', () => {
    expect(
      offences(sources, (target) => target !== 'src/main.ts', 'it starts the program when it is loaded'),
    ).toEqual([]);
  });

  test('commands and jobs import operations, reports and the files beside main', () => {
    const isAllowed = (target: string) =>
      /^src\/(?:report\/|operations\/(?:[\w-]+\/)?)?[\w-]+\.ts$/.test(target) && target !== 'src/main.ts';
    expect(
      offences(
        under('commands/', 'jobs/'),
        isAllowed,
        'a command parses and delegates: outside systems are reached through operations and App, so that it runs from chat, terminal and clock alike',
      ),
    ).toEqual([]);
  });

  test('operations know neither Telegram nor the terminal, nor how clients are made', () => {
    const isAllowed = (target: string, { isTypeOnly }: Import) =>
      !isPackage(target) &&
      !/^src\/(?:telegram\/|present\/|texts\/|cli\.ts|main\.ts)/.test(target) &&
      (isTypeOnly || !target.startsWith('src/clients/'));
    expect(
      offences(
        under('src/operations/'),
        isAllowed,
        'they take what they reach as parameters and give reports; prose and transport come later',
      ),
    ).toEqual([]);
  });

  test('clients import exec, errors and types', () => {
    const values = [
      'src/exec.ts',
      'src/errors.ts',
      'src/sleep.ts',
      'src/clock.ts',
      'src/image-name.ts',
      'src/units.ts',
    ];
    const isAllowed = (target: string, { isTypeOnly }: Import, { path }: Source) =>
      isTypeOnly ||
      isPackage(target) ||
      target.startsWith('node:') ||
      target.startsWith('src/clients/') ||
      (target.startsWith('src/backup/') && path.startsWith('src/backup/')) ||
      values.includes(target);
    expect(
      offences(
        under('src/clients/', 'src/backup/'),
        isAllowed,
        'a client knows one outside system and nothing above it',
      ),
    ).toEqual([]);
  });

  test('telegram does not import clients or operations', () => {
    const isAllowed = (target: string) => !/^src\/(?:clients|operations|backup)\//.test(target);
    expect(
      offences(
        under('src/telegram/'),
        isAllowed,
        'it shows reports and runs commands; what they do is not its business',
      ),
    ).toEqual([]);
  });

  test('the store and the words stand alone', () => {
    const isAllowed = (target: string, { isTypeOnly }: Import) =>
      isTypeOnly || !/^src\/(?:telegram|clients|operations)\//.test(target);
    expect(
      offences(
        under('src/store', 'src/present/', 'src/texts/'),
        isAllowed,
        'they hold data and prose, and act on nothing',
      ),
    ).toEqual([]);
  });

  test('the sandbox does not import src', () => {
    // The demo runs the bot as a user would: as a program, or through its entry.
    expect(
      offences(
        under('sandbox/'),
        (target) => !target.startsWith('src/'),
        'it is the outside world: sharing code with what it tests would hide the same mistake on both sides',
      ),
    ).toEqual([]);
  });

  const HOMES: Record<string, { homes: RegExp; reason: string }> = {
    grammy: { homes: /^src\/telegram\//, reason: 'only src/telegram/ knows Telegram' },
    dockerode: { homes: /^src\/clients\/engine(?:\.ts|\/)/, reason: 'the engine is reached in one place' },
    undici: {
      homes: /^src\/(?:clients|telegram)\/|^src\/http\.ts$/,
      reason: 'HTTP is the business of clients',
    },
    '@fastify/busboy': {
      homes: /^src\/http(?:\.ts|\/)/,
      reason: 'forms come in by HTTP, and nowhere else',
    },
    'node-cron': {
      homes: /^src\/scheduler\.ts$/,
      reason: 'the store says what is due; one file hears the clock tick',
    },
    'prom-client': { homes: /^src\/http\/metrics\.ts$/, reason: 'one format of figures has one writer' },
    sharp: { homes: /^src\/image(?:\.ts|\/)/, reason: 'native code that is dear to load' },
    'heic-decode': {
      homes: /^src\/image\/decode-worker\.ts$/,
      reason: 'a second of work belongs in a worker',
    },
    'age-encryption': {
      homes: /^src\/backup\/stored\.ts$/,
      reason: 'one file knows how the bytes of a copy lie on the disk',
    },
    pino: { homes: /^src\/logger\.ts$/, reason: 'one logger masks secrets; another would not' },
    'smol-toml': {
      homes: /^src\/clients\/registry\//,
      reason: "only the engine's own files are written so",
    },
    yaml: { homes: /^src\/services(?:\.ts|\/)/, reason: 'text becomes typed data at the border' },
    zod: {
      homes: /^src\/services(?:\.ts|\/)|^src\/(?:clients|backup)\//,
      reason: 'data is checked where it comes in, and trusted after',
    },
  };

  test('each package has one home', () => {
    const wrong = under('src/', 'commands/', 'jobs/').flatMap((source) =>
      source.imports
        .map((one) => ({ ...one, target: targetOf(source, one) }))
        .filter(({ target }) => isPackage(target))
        .filter(({ target }) => HOMES[packageOf(target)]?.homes.test(source.path) !== true)
        .map(({ target, line }) => {
          const home = HOMES[packageOf(target)];
          return `${source.path}:${line} imports ${target}: ${home?.reason ?? 'a package without a home in this test'}`;
        }),
    );
    expect(wrong).toEqual([]);
  });

  test('every package that is shipped is used', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const used = new Set(
      sources.flatMap((source) => source.imports.map((one) => packageOf(targetOf(source, one)))),
    );
    expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
  });

  test('imports run in no circle', () => {
    const graph = new Map(
      sources.map((source) => [
        source.path,
        source.imports.filter(({ isTypeOnly }) => !isTypeOnly).map((one) => targetOf(source, one)),
      ]),
    );
    const seen = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      if (seen.has(path)) return;
      seen.add(path);
      for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });
});

describe('what code may hold', () => {
  const linesWith = (from: readonly Source[], pattern: RegExp, reason: string) =>
    from.flatMap(({ path, code }) =>
      code
        .split('\n')
        .flatMap((line, index) =>
          pattern.test(line) ? [`${path}:${index + 1} ${line.trim()} – ${reason}`] : [],
        ),
    );

  test('the environment is read in config.ts alone', () => {
    const from = under('src/', 'commands/', 'jobs/').filter(({ path }) => path !== 'src/config.ts');
    expect(
      linesWith(
        from,
        /\bprocess\s*\.\s*env\b|\bprocess\s*\[\s*['"]env/,
        'a setting that is read elsewhere is checked nowhere',
      ),
    ).toEqual([]);
  });

  test('the console belongs to the sandbox', () => {
    const from = under('src/', 'commands/', 'jobs/').filter(({ path }) => path !== 'src/cli.ts');
    expect(linesWith(from, /\bconsole\s*\./, 'the logger masks secrets, the console does not')).toEqual([]);
  });

  test('services are data: none of the reference host is named in code', () => {
    const text = readFileSync(join(ROOT, 'services.yaml'), 'utf8');
    const { services } = parseDocument(text).toJS() as {
      services: Record<string, { containers?: unknown[] }>;
    };
    const names = [...Object.keys(services), 'karakeep']
      // Immich has a client of its own, and the picture bridge an album there.
      .filter((name) => name !== 'immich');
    expect(names).toContain('vaultwarden');
    const pattern = new RegExp(`\\b(?:${names.join('|')})\\b`, 'i');
    expect(
      linesWith(
        under('src/', 'commands/', 'jobs/'),
        pattern,
        'a new service is a few lines of YAML; branch on a kind instead',
      ),
    ).toEqual([]);
  });

  test('no shell is started', () => {
    expect(
      linesWith(
        under('src/', 'commands/', 'jobs/'),
        /\bshell:\s*true\b|\bexecSync\b|\bchild_process'\).exec\b|\bimport \{[^}]*\bexec\b[^}]*\} from 'node:child_process'/,
        'user input must never meet a shell',
      ),
    ).toEqual([]);
  });
});
