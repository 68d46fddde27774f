import { expect, test } from 'vitest';
import type { RawContainer } from '../../../src/clients/engine.ts';
import { toContainerFacts, variablesOf } from '../../../src/operations/doctor/containers.ts';

const around = {
  host: 'local',
  service: undefined,
  unit: undefined,
  dialect: 'run',
  isLocal: false,
  ids: undefined,
  cannotSave: undefined,
  commands: '',
} as const;

/** As Podman 5 tells it, as far as it is read. */
const raw = (
  more: { Config?: object; HostConfig?: object; podman?: object; State?: object; Mounts?: object[] } = {},
) =>
  ({
    Name: '/blog',
    Image: 'sha256:1',
    State: { Health: { Status: '' }, ...more.State },
    Config: {
      Image: 'docker.io/library/ghost:5',
      Env: ['PATH=/bin', 'TZ=Asia/Seoul', 'EMPTY=', 'KEY=a=b'],
      User: '',
      ...more.Config,
    },
    HostConfig: { Memory: 0, NetworkMode: 'bridge', ...more.HostConfig },
    Mounts: more.Mounts ?? [],
    podman: { Config: { CreateCommand: [], ...more.podman } },
  }) as unknown as RawContainer;

const facts = (more?: Parameters<typeof raw>[0], commands = '') =>
  toContainerFacts(raw(more), { ...around, commands });

test('toContainerFacts keeps names of variables, and values of those few that are no secrets', () => {
  expect(facts()).toMatchObject({
    name: 'blog',
    variables: ['PATH', 'TZ', 'KEY'],
    settings: { TZ: 'Asia/Seoul' },
  });
  expect(JSON.stringify(facts())).not.toContain('a=b');
  expect(variablesOf(raw()).get('KEY')).toBe('a=b');
});

test.each([
  ['none', {}, false],
  ['one of its own', { Config: { Healthcheck: { Test: ['CMD', 'true'] } } }, true],
  [
    'one that is switched off',
    { Config: { Healthcheck: { Test: ['NONE'] } }, State: { Health: { Status: 'healthy' } } },
    false,
  ],
  ["its image's", { State: { Health: { Status: 'starting' } } }, true],
] as const)('toContainerFacts with a health check: %s', (_what, more, hasHealthCheck) => {
  expect(facts(more).hasHealthCheck).toBe(hasHealthCheck);
});

test('toContainerFacts gives each published port its address', () => {
  const PortBindings = {
    '80/tcp': [
      { HostIp: '', HostPort: '8080' },
      { HostIp: '127.0.0.1', HostPort: '8081' },
    ],
    '53/udp': [{ HostPort: '53' }],
    '9/tcp': null,
  };
  expect(facts({ HostConfig: { PortBindings } }).ports).toEqual([
    { address: '', port: '8080', inside: '80' },
    { address: '127.0.0.1', port: '8081', inside: '80' },
    { address: '', port: '53', inside: '53/udp' },
  ]);
});

test.each([
  [
    'in the command that made it',
    { podman: { CreateCommand: ['podman', 'run', '-v', '/mnt/nas:/data:U,Z', 'ghost'] } },
    '',
  ],
  ['in its unit', {}, 'podman run --volume=/mnt/nas:/data:rw,U ghost'],
  ['as the engine tells it', { HostConfig: { Binds: ['/mnt/nas:/data:rw,U,rbind'] } }, ''],
] as const)('toContainerFacts sees that a mount is given away: %s', (_what, more, commands) => {
  const Mounts = [
    { Type: 'bind', Source: '/mnt/nas', Destination: '/data', RW: true },
    { Type: 'bind', Source: '/mnt/other', Destination: '/data2', RW: false },
  ];
  expect(
    facts({ ...more, Mounts }, commands).mounts.map(({ chown, readOnly }) => ({ chown, readOnly })),
  ).toEqual([
    { chown: true, readOnly: false },
    { chown: false, readOnly: true },
  ]);
});

test.each([
  ['ghost', 'docker.io/library/ghost:latest', 'ghost'],
  ['ghost:5', 'docker.io/library/ghost:5', 'ghost:5'],
  ['me/ghost:5', 'docker.io/me/ghost:5', 'me/ghost:5'],
  ['docker.io/library/ghost:5', 'docker.io/library/ghost:5', 'docker.io/library/ghost:5'],
  ['--name=ghost', 'docker.io/library/ghost:5', 'docker.io/library/ghost:5'],
])('toContainerFacts of a unit that runs "%s" as %s has it written as %s', (word, image, written) => {
  expect(facts({ Config: { Image: image } }, `podman run --rm ${word} serve`).written).toBe(written);
});

test('toContainerFacts tells devices and groups, kept ones too', () => {
  const HostConfig = { Devices: [{ PathOnHost: '/dev/dri/renderD128' }], GroupAdd: ['303'] };
  const podman = { Annotations: { 'run.oci.keep_original_groups': '1' } };
  expect(facts({ HostConfig, podman })).toMatchObject({
    devices: ['/dev/dri/renderD128'],
    groups: ['303', 'keep-groups'],
  });
});
