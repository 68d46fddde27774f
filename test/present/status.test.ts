import { expect, test } from 'vitest';
import { toText } from '../../src/terminal.ts';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { ContainerState, ServiceState } from '../../src/report/services.ts';
import { textsOf } from '../../src/texts/index.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 40);
const MINUTE = 60_000;
const DAY = 86_400_000;

const shown = (report: Report) => toText(present(report, textsOf('en')), false);
const labels = (report: Report) =>
  (present(report, textsOf('en')).buttons ?? []).map((row) => row.map(({ label }) => label));

const container = (name: string, more: Partial<ContainerState> = {}): ContainerState => ({
  name,
  kind: 'container',
  unit: `podman-${name}.service`,
  state: 'ok',
  trouble: undefined,
  health: undefined,
  image: undefined,
  imageCreated: undefined,
  startedAt: NOW - 9 * DAY,
  restarts: 0,
  memory: undefined,
  cpu: undefined,
  lastExit: undefined,
  ...more,
});

const service = (name: string, more: Partial<ServiceState> = {}): ServiceState => ({
  name,
  title: name,
  host: 'local',
  state: 'ok',
  trouble: undefined,
  version: undefined,
  containers: [container(name)],
  ping: undefined,
  startedAt: NOW - 9 * DAY,
  url: undefined,
  ...more,
});

const status = (services: ServiceState[], more: Partial<Report & { kind: 'status' }> = {}): Report => ({
  kind: 'status',
  hosts: [{ name: 'local', trouble: undefined }],
  services,
  disks: [],
  at: NOW,
  ...more,
});

test('presentStatus puts the worst first and folds quiet healthy services into one line', () => {
  const report = status(
    [
      service('immich', {
        version: 'v2.5.5',
        containers: ['a', 'b', 'c', 'd'].map((name) => container(name)),
      }),
      service('vaultwarden'),
      service('uptime-kuma'),
      service('archivebox', {
        state: 'degraded',
        trouble: { kind: 'unhealthy', since: NOW - 12 * MINUTE, output: undefined },
        containers: [container('archivebox', { restarts: 2 })],
      }),
    ],
    {
      disks: [
        { path: '/', size: 100e9, used: 61e9, free: 39e9 },
        { path: '/mnt/data', size: 1872e9, used: 1460e9, free: 412e9 },
      ],
    },
  );
  expect(shown(report)).toBe(
    [
      '🟡 3 of 4 healthy · archivebox is unhealthy',
      '',
      '🟡 archivebox – health check failing for 12 min, 2 restarts',
      '🟢 immich – 4 containers, v2.5.5',
      '🟢 vaultwarden · uptime-kuma',
      '',
      '💾 System 61 % · Data 78 % (412 GB free)',
      '7 containers, checked just now',
    ].join('\n'),
  );
});

test('presentStatus tells a disk that is not there before those that are', () => {
  const disks = [
    { path: '/', size: 100e9, used: 61e9, free: 39e9 },
    { path: '/mnt/data', lost: 'not-mounted' },
  ] as const;
  expect(shown(status([service('a')], { disks }))).toContain(
    '🔴 /mnt/data is not mounted · System 61 % (39 GB free)',
  );
});

test('presentStatus names what the last check found, of a single container too', () => {
  const available = { version: 'v2.6.0', publishedAt: NOW - 2 * DAY };
  const four = ['a', 'b', 'c', 'd'].map((name) => container(name));
  const text = shown(
    status([
      service('immich', { version: 'v2.5.5', containers: four, available }),
      service('blog', { available: { version: undefined, publishedAt: undefined } }),
      service('copyparty'),
    ]),
  );
  expect(text).toContain('🟢 immich – 4 containers, v2.5.5 → v2.6.0 available');
  expect(text).toContain('🟢 blog – newer image available');
  expect(text).toContain('🟢 copyparty');
});

test('presentService says since when something newer is out', () => {
  const available = { version: 'v2.6.0', publishedAt: NOW - 2 * DAY };
  const report: Report = {
    kind: 'service',
    service: service('immich', { version: 'v2.5.5', available }),
    machine: undefined,
    at: NOW,
  };
  expect(shown(report)).toContain('⬆️ v2.6.0 is out since 2026-11-18');
});

test('presentService says when it was updated, and from what', () => {
  const report: Report = {
    kind: 'service',
    service: service('immich', { version: 'v2.6.0' }),
    machine: undefined,
    changed: { verb: 'update', from: 'v2.5.5', to: 'v2.6.0', at: NOW - 3 * DAY },
    at: NOW,
  };
  expect(shown(report)).toContain('✅ Updated 3 days ago, from v2.5.5');
});

test('presentStatus says in one line that all is healthy', () => {
  expect(shown(status([service('vaultwarden'), service('copyparty')])).split('\n')[0]).toBe(
    '🟢 Both healthy',
  );
});

test('presentStatus tells an unreachable host once, with the names of its services', () => {
  const gone = {
    state: 'unknown',
    trouble: { kind: 'host-unreachable', host: 'stacks', cause: 'no socket' },
  } as const;
  const text = shown(
    status([service('one', gone), service('two', gone), service('three')], {
      hosts: [
        { name: 'local', trouble: undefined },
        { name: 'stacks', trouble: 'no socket' },
      ],
    }),
  );
  expect(text).toContain('🔴 host stacks cannot be asked: no socket\n🔴 one · two – unknown');
  expect(text.match(/no socket/g)).toHaveLength(1);
  expect(text).toContain('🟢 three');
});

test('presentStatus of no services says so', () => {
  expect(shown(status([]))).toContain('No services are configured');
});

test('presentService shows memory against limits, ping at the last container and details in a quote', () => {
  const card = present(
    {
      kind: 'service',
      at: NOW,
      machine: { load: 0.5, memoryUsed: 6 * 1024 ** 3, memorySize: 16 * 1024 ** 3, temperature: 51.4 },
      service: service('immich', {
        version: 'v2.5.5',
        ping: 14.2,
        containers: [
          container('immich-redis', { memory: { used: 11 * 1024 ** 2, limit: 512 * 1024 ** 2 } }),
          container('immich-server', {
            memory: { used: 612 * 1024 ** 2, limit: 4 * 1024 ** 3 },
            cpu: 3.21,
            image: 'ghcr.io/immich-app/immich-server:release',
            imageCreated: NOW - 20 * DAY,
          }),
        ],
      }),
    },
    textsOf('en'),
  );
  expect(toText(card, false)).toBe(
    [
      '🟢 immich v2.5.5 – healthy, up 9 days',
      '',
      '🟢 redis – 11 MB of 512 MB',
      '🟢 server – 612 MB of 4 GB, ping 14 ms',
      '  redis: up 9 days · podman-immich-redis.service',
      '  server: up 9 days · CPU 3.2 % · ghcr.io/immich-app/immich-server:release, 20 days old · podman-immich-server.service',
      '🖥 Host: load 0.50, memory 6 GB of 16 GB, 51 °C',
    ].join('\n'),
  );
});

test.each([
  {
    condition: 'ConditionPathExists=/run/agenix/vaultwarden',
    says: 'a file is missing: /run/agenix/vaultwarden',
  },
  {
    condition: 'ConditionACPower=true',
    says: 'a condition of the unit does not hold: ConditionACPower=true',
  },
  { condition: undefined, says: 'a condition of the unit does not hold' },
])('presentService says that a condition kept a unit from starting: $condition', ({ condition, says }) => {
  const trouble = { kind: 'condition', unit: 'podman-vaultwarden.service', condition } as const;
  const text = shown({
    kind: 'service',
    at: NOW,
    machine: undefined,
    service: service('vaultwarden', {
      state: 'down',
      trouble,
      startedAt: undefined,
      containers: [container('vaultwarden', { state: 'down', trouble, startedAt: undefined })],
    }),
  });
  expect(text.split('\n')).toEqual([`🔴 vaultwarden – not started, ${says}`, '  podman-vaultwarden.service']);
});

test('presentService of a host that is away says why once', () => {
  const trouble = { kind: 'host-unreachable', host: 'local', cause: 'no socket' } as const;
  const away = { state: 'unknown', trouble } as const;
  const text = shown({
    kind: 'service',
    at: NOW,
    machine: undefined,
    service: service('immich', {
      ...away,
      ping: 9,
      containers: [container('immich-redis', away), container('immich-server', away)],
    }),
  });
  expect(text.split('\n').slice(0, 4)).toEqual([
    '🔴 immich – this host cannot be asked: no socket',
    '',
    '🔴 redis – unknown',
    '🔴 server – unknown, ping 9 ms',
  ]);
});

test('presentService shows the figures of a container that is the whole service, and what its check said', () => {
  const trouble = { kind: 'unhealthy', since: NOW - 3 * MINUTE, output: 'database is locked\nat x' } as const;
  const sick = { state: 'degraded', trouble } as const;
  const text = shown({
    kind: 'service',
    at: NOW,
    machine: undefined,
    service: service('archivebox', {
      ...sick,
      containers: [container('archivebox', { ...sick, memory: { used: 5 * 1024 ** 2, limit: undefined } })],
    }),
  });
  expect(text.split('\n').slice(0, 4)).toEqual([
    '🟡 archivebox – health check failing for 3 min',
    '',
    '5 MB',
    '  health check: database is locked · up 9 days · podman-archivebox.service',
  ]);
});

test('presentService explains exit code 137 with a memory limit as out of memory', () => {
  const lastExit = { code: 137, at: NOW - 5 * MINUTE, outOfMemory: true, result: 'exit-code' };
  const text = shown({
    kind: 'service',
    at: NOW,
    machine: undefined,
    service: service('ml', { containers: [container('ml', { lastExit })] }),
  });
  expect(text).toContain('last exit 137: out of memory, 5 min ago');
});

test('present adds the actions of a report as its last buttons', () => {
  const report: Report = {
    ...status([service('a')]),
    actions: [
      [
        {
          label: 'service',
          subject: 'archivebox',
          command: 'status',
          args: ['archivebox'],
          style: 'primary',
        },
        { label: 'its-logs', command: 'logs', args: ['archivebox'] },
      ],
      [{ label: 'refresh', command: 'status', args: [] }],
    ],
  };
  expect(labels(report)).toEqual([['archivebox ▸', 'Its logs'], ['Refresh']]);
});

test('presentStatus tells the age and the level of the newest proven backup', () => {
  const backup = (provenAt: number | undefined, more = {}) => ({
    provenAt,
    level: 'restored' as const,
    drilledAt: undefined,
    isOverdue: false,
    notCovered: undefined,
    ...more,
  });
  const lines = shown(
    status([
      service('vaultwarden', { backup: backup(NOW - 6 * 3_600_000) }),
      service('immich', { backup: backup(NOW - 3 * DAY, { level: 'decoded', isOverdue: true }) }),
      service('notes', { backup: backup(undefined) }),
      service('copyparty'),
    ]),
  ).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '🟢 vaultwarden – backup 6 h ago, restored and equal',
      '🟢 immich – backup 3 days ago (overdue), decoded',
      '🟢 notes – no proven backup yet',
      '🟢 copyparty',
    ]),
  );
  const one = service('immich', {
    backup: backup(NOW - 6 * 3_600_000, { level: 'decoded', drilledAt: NOW - 3 * DAY, notCovered: 'photos' }),
  });
  expect(shown({ kind: 'service', service: one, machine: undefined, at: NOW })).toContain(
    '🗄 Backup 6 h ago, decoded; drilled 3 days ago · not in it: photos',
  );
});

test.each([
  [{ what: 'update', since: NOW }, '⏳ immich is busy: update since 14:40. Ask again when it is done.'],
  [undefined, '⏳ immich is busy. Ask again when it is done.'],
])('what is busy says with what, where that is known (%j)', (holder, text) => {
  expect(shown({ kind: 'note', note: { key: 'busy', service: 'immich', holder } })).toBe(text);
});
