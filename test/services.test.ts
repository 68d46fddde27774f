import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeFault, UserError } from '../src/errors.ts';
import { readServices, type Service, type Services } from '../src/services.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-services-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (text: string, name = 'services.yaml'): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const loadFile = (file: string): Services => {
  const { services, faults } = readServices(file);
  if (services === undefined) throw new Error(faults.map(describeFault).join('\n'));
  return services;
};
const load = (text: string): Services => loadFile(write(text));
const linesOf = (text: string): string[] => readServices(write(text)).faults.map(describeFault);
/** The faults of one service `a`, whose lines begin at line 3. */
const linesIn = (yaml: string): string[] => {
  const lines = yaml.split('\n').map((line) => `    ${line}`);
  return linesOf(['services:', '  a:', '    units: [a.service]', ...lines].join('\n'));
};
const only = (yaml: string): Service => {
  const [service] = load(yaml).all;
  if (service === undefined) throw new Error('no service');
  return service;
};

describe('the shipped file', () => {
  const shipped = fileURLToPath(new URL('../services.yaml', import.meta.url));

  test('is good, and is the reference host', () => {
    const services = loadFile(shipped);
    expect(services.all.map(({ name }) => name)).toEqual([
      'immich',
      'uptime-kuma',
      'copyparty',
      'vaultwarden',
      'archivebox',
      'anki-sync',
    ]);
    const immich = services.get('immich');
    expect(immich?.containers).toEqual([
      { name: 'immich-postgres', unit: 'podman-immich-postgres.service', update: false },
      { name: 'immich-redis', unit: 'podman-immich-redis.service', update: false },
      { name: 'immich-ml', unit: 'podman-immich-ml.service', update: true },
      { name: 'immich-server', unit: 'podman-immich-server.service', update: true },
    ]);
    expect(immich?.backup?.at).toBe('05:30');
    expect(services.get('copyparty')?.backup).toBeUndefined();
    expect(services.get('anki-sync')).toMatchObject({
      containers: [],
      units: ['anki-sync-server.service'],
      backup: { pause: { most: 1_800_000 } },
    });
  });
});

test('everything that the schema knows comes out in plain data', () => {
  write('PUSHOVER_TOKEN=abcdefghijklmnopqrstuvwxyz1234\n', 'pushover');
  const password = write('a password\n', 'restic');
  const services = load(`
hosts:
  stacks: { engine: "unix:///run/user/1000/podman/podman.sock", systemctl: "systemctl --user", journalctl: "journalctl --user" }
backups:
  folder: /mnt/backups
  reserve: 1GB
  offsite: { kind: restic, repository: "rclone:b2:minipc", password_file: ${password} }
checks:
  disks: [{ path: /, warn: 70%, alarm: 90 }, { path: /mnt, mount: required }]
  vpn: { interface: tailscale0 }
  proxy: { address: 100.64.0.1, names: [photos.example.dev] }
  doctor: { ignore: [root, "no-memory-limit photos"] }
services:
  photos:
    title: Photos
    url: https://photos.example.dev
    host: stacks
    containers:
      - { name: db, update: false }
      - web
      - { name: worker, unit: none }
      - { name: cache, unit: stack.service }
    units: [helper.timer]
    health: { url: "http://127.0.0.1:2283/ping", expect: 302, timeout: 5m, settle: 0 }
    release: { github: owner/photos, version: tag, check: "3:00", file: a.nix, notes: "Look." }
    update: { policy: minor, window: "03:00-05:00", hold: 3d, rollback: with-data, before: [x.service], after: [y.service], archive: true }
    backup:
      at: "05:30"
      pause: { busy: "tcp:27701", most: 5m }
      keep: { daily: 7, weekly: 4, monthly: 6 }
      sources:
        - { kind: postgres, container: db, user: u, database: d }
        - { kind: sqlite, files: "/srv/*/{a.db,b.db}" }
        - { kind: files, folder: /srv, exclude: ["*.tmp"] }
      expect:
        tables: { user: 1 }
        files: [a]
        pem: ["keys/*.pem"]
        values: [{ file: config.json, key: database.type, is: sqlite, otherwise: it is elsewhere }]
        rows: [{ name: uploads, database: a.db, sql: select name as path from uploads, missing: 2 }]
        queries: [{ name: admins, database: d, sql: select 1; }]
      not_covered: the rest
    heartbeat: https://hc-ping.com/abc
    pushover_token_file: pushover
    watch: { after: 10s, on_loop: stop, log: [{ pattern: "out of memory", severity: critical }] }
`);
  expect(services).toMatchObject({
    hosts: [
      {
        name: 'stacks',
        engine: 'unix:///run/user/1000/podman/podman.sock',
        systemctl: ['systemctl', '--user'],
        journalctl: ['journalctl', '--user'],
      },
    ],
    backups: {
      folder: '/mnt/backups',
      reserve: 1e9,
      offsite: { kind: 'restic', password_file: password },
    },
    checks: {
      disks: [
        { path: '/', warn: 70, alarm: 90, mount: 'optional' },
        { path: '/mnt', warn: 80, alarm: 92, mount: 'required' },
      ],
      vpn: { interface: 'tailscale0' },
      doctor: {
        ignore: [
          { check: 'root', subject: undefined },
          { check: 'no-memory-limit', subject: 'photos' },
        ],
      },
    },
    secretFiles: expect.arrayContaining([{ path: password, service: undefined }]) as unknown[],
    secrets: ['https://hc-ping.com/abc', 'abcdefghijklmnopqrstuvwxyz1234'],
  });
  expect(services.get('photos')).toEqual({
    name: 'photos',
    title: 'Photos',
    url: 'https://photos.example.dev',
    host: 'stacks',
    containers: [
      { name: 'db', unit: 'podman-db.service', update: false },
      { name: 'web', unit: 'podman-web.service', update: true },
      { name: 'worker', unit: undefined, update: true },
      { name: 'cache', unit: 'stack.service', update: true },
    ],
    units: ['helper.timer'],
    health: { url: 'http://127.0.0.1:2283/ping', expect: 302, timeout: 300_000, settle: 0 },
    release: { github: 'owner/photos', version: 'tag', check: '03:00', file: 'a.nix', notes: 'Look.' },
    update: {
      policy: 'minor',
      window: { from: '03:00', to: '05:00' },
      hold: 259_200_000,
      rollback: 'with-data',
      before: ['x.service'],
      after: ['y.service'],
      archive: true,
    },
    backup: {
      at: '05:30',
      pause: { busy: 27_701, most: 300_000 },
      keep: { daily: 7, weekly: 4, monthly: 6 },
      sources: [
        { kind: 'postgres', container: 'db', user: 'u', database: 'd' },
        { kind: 'sqlite', files: '/srv/*/{a.db,b.db}' },
        { kind: 'files', folder: '/srv', exclude: ['*.tmp'] },
      ],
      expect: {
        tables: { user: 1 },
        files: ['a'],
        pem: ['keys/*.pem'],
        values: [{ file: 'config.json', key: 'database.type', is: 'sqlite', otherwise: 'it is elsewhere' }],
        rows: [{ name: 'uploads', database: 'a.db', sql: 'select name as path from uploads', missing: 2 }],
        queries: [{ name: 'admins', database: 'd', sql: 'select 1', least: 1 }],
      },
      notCovered: 'the rest',
    },
    heartbeat: 'https://hc-ping.com/abc',
    pushoverToken: 'abcdefghijklmnopqrstuvwxyz1234',
    watch: { after: 10_000, onLoop: 'stop', log: [{ pattern: 'out of memory', severity: 'critical' }] },
  });
});

test('a service of one line has every default', () => {
  expect(only('services: { notes: { containers: [notes] } }')).toEqual({
    name: 'notes',
    title: 'notes',
    host: 'local',
    containers: [{ name: 'notes', unit: 'podman-notes.service', update: true }],
    units: [],
    health: { expect: 200, timeout: 600_000, settle: 20_000 },
    update: { policy: 'ask', hold: 0, rollback: 'image', before: [], after: [], archive: false },
    pushoverToken: undefined,
    watch: { after: 30_000, onLoop: 'tell', log: [] },
  });
});

test('JSON is YAML', () => {
  expect(load(JSON.stringify({ services: { notes: { units: ['notes.service'] } } })).all).toHaveLength(1);
});

describe('faults of the file as a whole', () => {
  test.each([
    ['an empty file', '', ['services.yaml services: found an empty file, expected a map of services']],
    [
      'a file of comments',
      '# nothing\n',
      ['services.yaml services: found an empty file, expected a map of services'],
    ],
    ['a list', '- a\n', ['services.yaml:1 services: found a list, expected a map']],
    [
      'no services',
      'services: {}\n',
      ['services.yaml:1 services: found nothing, expected at least one service'],
    ],
    ['services without a value', 'services:\n', ['services.yaml:1 services: found nothing, expected a map']],
    ['a tab', 'services:\n\ta:\n', ['services.yaml:2 YAML: found a tab, expected spaces for indentation']],
    [
      'a service twice',
      'services:\n  a: { units: [a.service] }\n  a: { units: [b.service] }\n',
      ['services.yaml:3 YAML: found "a" a second time, expected each name once in its map'],
    ],
    [
      'an unknown key at the top',
      'service: {}\nservices: { a: { units: [a.service] } }\n',
      [
        'services.yaml:1 service: found an unknown key, expected one of hosts, backups, checks, heartbeats, services (did you mean services?)',
      ],
    ],
  ])('%s', (_, text, lines) => expect(linesOf(text)).toEqual(lines));

  test('a check of the doctor that there is not', () => {
    const [line = '', ...others] = linesOf(
      'checks: { doctor: { ignore: ["no-limit web"] } }\nservices: { a: { units: [a.service] } }',
    );
    expect(line).toContain('services.yaml:1 checks.doctor.ignore[0]: found "no-limit web", expected a check');
    expect(others).toEqual([]);
  });

  test('a quote that is not closed, two documents, an alias without its anchor', () => {
    for (const text of ['services: "a\n', 'services: {}\n---\nservices: {}\n', 'services: *none\n']) {
      expect(linesOf(text)).toHaveLength(1);
      expect(linesOf(text)[0]).toContain('YAML: found');
    }
  });

  test.each([
    ['one that is not there', '/none', 'found "/none", which is not there'],
    ['a folder', '/', 'found "/", a folder'],
    ['an empty one', '/dev/null', 'found "/dev/null", an empty file'],
  ])("%s is no file of restic's password", (_, file, found) => {
    const lines = linesOf(
      `backups: { folder: /b, offsite: { kind: restic, repository: r, password_file: ${file} } }\nservices: { a: { units: [a.service] } }`,
    );
    expect(lines).toEqual([expect.stringContaining('services.yaml:1 backups.offsite.password_file: found')]);
    expect(lines[0]).toContain(found);
  });

  test('a file of an authority that cannot be read', () => {
    const text =
      'checks: { proxy: { address: 100.64.0.1, authority: /none } }\nservices: { a: { units: [a.service] } }';
    expect(linesOf(text)).toEqual([
      'services.yaml:1 checks.proxy.authority: found "/none", which is not there, expected certificates in PEM',
    ]);
  });

  test('a monitor of a job without an address; the address itself is a secret', () => {
    expect(
      linesOf('services: { a: { units: [a.service] } }\nheartbeats: { drill: "hc.example/ping/s3cret" }'),
    ).toEqual([
      'services.yaml:2 heartbeats.drill: found a value of 22 characters, expected an address such as https://example.org',
    ]);
    const text = 'services: { a: { units: [a.service] } }\nheartbeats: { drill: "https://hc.example/1" }';
    const { services } = readServices(write(text));
    expect(services?.heartbeats).toEqual({ drill: 'https://hc.example/1' });
    expect(services?.secrets).toEqual(['https://hc.example/1']);
  });

  test('a file that is not there', () => {
    const file = join(folder, 'none.yaml');
    expect(readServices(file).faults.map(describeFault)).toEqual([
      `SERVICES_FILE: found "${file}", which is not there, expected the YAML file that names the services`,
    ]);
  });

  test('all faults come at once, over all parts', () => {
    const lines = linesOf(`
hosts: { local: { engine: "tcp://x", systemctl: a, journalctl: b } }
backups: { folder: here }
services:
  Bad: { units: [a.service] }
  one: { units: [a.service], health: { url: x } }
  two: { containers: [c], host: elsewhere }
  three: { containers: [c] }
  four: { containers: [d] }
  five: { containers: [d] }
`);
    expect(lines.map((line) => line.split(': found')[0])).toEqual([
      'services.yaml:2 hosts.local',
      'services.yaml:2 hosts.local.engine',
      'services.yaml:5 services.Bad',
      'services.yaml:6 services.one.health.url',
      'services.yaml:3 backups.folder',
      'services.yaml:7 services.two.host',
      'services.yaml:10 services.five.containers[0]',
    ]);
  });
});

describe('faults of a service', () => {
  test.each([
    [
      'helth: { url: "http://x" }',
      [
        'services.yaml:4 services.a.helth: found an unknown key, expected one of title,',
        '(did you mean health?)',
      ],
    ],
    ['title: [x]', ['services.yaml:4 services.a.title: found a list, expected a text']],
    ['title: 5', ['services.a.title: found 5, expected a text']],
    [
      'url: example.dev',
      ['services.a.url: found "example.dev", expected an address such as https://example.org'],
    ],
    ['host: elsewhere', ['services.a.host: found "elsewhere", expected one of local']],
    ['containers: web', ['services.a.containers: found "web", expected a list of containers']],
    [
      'containers: [5]',
      ["services.a.containers[0]: found 5, expected a container's name, or { name, unit, update }"],
    ],
    [
      'containers: ["--help"]',
      ['services.a.containers[0].name: found "--help", expected a container\'s name'],
    ],
    ...['select 1; select 2', String.raw`\\! ls`, ';'].map((sql): [string, string[]] => [
      `backup: { sources: [{ kind: files, folder: /a }], expect: { queries: [{ name: n, database: d, sql: "${sql}" }] } }`,
      [
        `services.a.backup.expect.queries[0].sql: found "${sql}", expected one SQL statement without ; and \\ inside`,
      ],
    ]),
    [
      'containers: [{ name: x, unit: x }]',
      ['containers[0].unit: found "x", expected none, or a unit such as caddy.service'],
    ],
    [
      'containers: [{ name: x, updat: no }]',
      ['containers[0].updat: found an unknown key', '(did you mean update?)'],
    ],
    [
      'health: { expect: "200" }',
      ['services.a.health.expect: found "200", expected an HTTP status such as 200'],
    ],
    [
      'health: { expect: 2000 }',
      ['services.a.health.expect: found 2000, expected an HTTP status such as 200'],
    ],
    ['health: { timeout: 10 }', ['services.a.health.timeout: found 10, expected a duration such as']],
    ['health:', ['services.a.health: found nothing, expected a map']],
    [
      'release: { version: imich }',
      ['found "imich", expected one of immich, image-label, tag, none (did you mean immich?)'],
    ],
    [
      'release: { check: 25:00 }',
      ['services.a.release.check: found "25:00", expected a time of day such as 07:00'],
    ],
    [
      'release: { github: "https://github.com/a/b" }',
      ['services.a.release.github: found', 'expected owner/repository'],
    ],
    [
      'update: { window: 3-5 }',
      ['services.a.update.window: found "3-5", expected a span of hours such as 23:00-07:30'],
    ],
    [
      'update: { before: [--now] }',
      ['services.a.update.before[0]: found "--now", expected a unit such as caddy.service'],
    ],
    ['update: { rollback: with-data }', ['services.a.update.rollback: found with-data without a backup']],
    [
      'backup: { sources: [{ kind: files, folder: /x }] }',
      [
        'services.a.backup: found a backup without a folder for it, expected backups.folder at the top of the file',
      ],
    ],
    [
      'backup: { sources: [] }',
      ['services.a.backup.sources: found an empty list, expected at least one source'],
    ],
    [
      'backup: { sources: [{ kind: postgress }] }',
      [
        'sources[0].kind: found "postgress", expected one of postgres, sqlite, files (did you mean postgres?)',
      ],
    ],
    [
      'backup: { sources: [{ folder: /x }] }',
      ['services.a.backup.sources[0].kind: found nothing, expected one of postgres, sqlite, files'],
    ],
    [
      'backup: { sources: [{ kind: files, folder: ../x }] }',
      ['sources[0].folder: found "../x", expected an absolute path'],
    ],
    [
      'backup: { sources: [{ kind: sqlite, files: "/a/../b" }] }',
      ['sources[0].files: found "/a/../b", expected absolute paths'],
    ],
    [
      'backup: { keep: { daily: -1 }, sources: [{ kind: files, folder: /x }] }',
      ['services.a.backup.keep.daily: found -1, expected a whole number from 0'],
    ],
    ['watch: { on_loop: kill }', ['services.a.watch.on_loop: found "kill", expected one of tell, stop']],
    [
      'watch: { log: [{ pattern: "(" }] }',
      ['services.a.watch.log[0].pattern: found "(", expected a regular expression'],
    ],
    [
      'heartbeat: hc-ping.com/s3cr3t',
      ['services.a.heartbeat: found a value of 18 characters, expected an address'],
    ],
    ['pushover_token_file: /none', ['services.a.pushover_token_file: found "/none", which is not there']],
  ])('%s', (yaml, parts) => {
    const lines = linesIn(yaml);
    expect(lines).toHaveLength(1);
    for (const part of parts) expect(lines[0]).toContain(part);
  });

  test.each(['all', 'bot', 'Big', '-x', 'a b', 'a/b', 'x'.repeat(33)])('"%s" is no name for one', (name) => {
    const [line] = linesOf(`services: { ${JSON.stringify(name)}: { units: [a.service] } }`);
    expect(line).toContain('expected a name of lower-case letters');
  });

  test('one without containers and units is none', () => {
    expect(linesOf('services:\n  a: { title: A }\n')).toEqual([
      'services.yaml:2 services.a: found neither containers nor units, expected at least one of either',
    ]);
  });

  test('a native unit belongs to one service of a host', () => {
    expect(linesOf('services:\n  a: { units: [x.service] }\n  b: { units: [x.service] }\n')).toEqual([
      'services.yaml:3 services.b.units[0]: found "x.service", which a has already, expected a unit of one service',
    ]);
  });

  test('a container belongs to one service of a host, but each host can have its own', () => {
    const text = (host: string) => `
hosts: { other: { engine: /run/x.sock, systemctl: systemctl, journalctl: journalctl } }
services:
  a: { containers: [web] }
  b: { host: ${host}, containers: [web] }
`;
    expect(linesOf(text('local'))).toEqual([
      'services.yaml:5 services.b.containers[0]: found "web", which a has already, expected a container of one service',
    ]);
    const services = load(text('other'));
    expect(services.ofContainer('web', 'other')?.name).toBe('b');
    expect(services.ofContainer('web')?.name).toBe('a');
    expect(services.ofContainer('gone')).toBeUndefined();
  });

  test('PostgreSQL is dumped in a container of the service itself', () => {
    const lines = linesOf(`
backups: { folder: /mnt/backups }
services:
  a:
    containers: [a-postgres]
    backup: { sources: [{ kind: postgres, container: postgres, user: u, database: d }] }
  b: { containers: [postgres] }
`);
    expect(lines).toEqual([
      'services.yaml:6 services.a.backup.sources[0].container: found "postgres", expected a container of this service (did you mean a-postgres?)',
    ]);
  });
});

describe('find', () => {
  let services: Services;
  beforeAll(() => {
    services = load(`
services:
  photos: { title: Family album, containers: [photos-db, photos-web] }
  photo-frame: { containers: [frame] }
  notes: { units: [notes-sync.service] }
  web: { containers: [caddy] }
`);
  });

  test.each([
    ['photos', 'photos'],
    ['PHOTOS', 'photos'],
    [' notes ', 'notes'],
    ['not', 'notes'],
    ['family', 'photos'],
    ['photos-db', 'photos'],
    ['frame', 'photo-frame'],
    ['caddy', 'web'],
    ['sync', 'notes'],
    // Its own name, although a container of another one has it in its name.
    ['web', 'web'],
  ])('"%s" is %s', (part, name) => expect(services.find(part).name).toBe(name));

  test.each([
    ['photo', '"photo" can be photos or photo-frame. Which one?', ['photos', 'photo-frame']],
    ['o', '"o" can be photos or photo-frame or notes. Which one?', ['photos', 'photo-frame', 'notes']],
    ['ntoes', 'No service is called "ntoes". Did you mean notes?', ['notes']],
    ['xyz', 'No service is called "xyz". There are: photos, photo-frame, notes, web.', []],
    ['', 'No service is called "". There are: photos, photo-frame, notes, web.', []],
    // Every container's unit begins so: it says nothing.
    ['podman', 'No service is called "podman". There are: photos, photo-frame, notes, web.', []],
  ])('"%s" is answered with names', (part, message, choices) => {
    expect(() => services.find(part)).toThrow(new UserError(message, choices));
  });
});
