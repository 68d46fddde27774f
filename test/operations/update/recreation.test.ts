import { describe, expect, it } from 'vitest';
import type { RawContainer, RawImage } from '../../../src/clients/engine.ts';
import { parseCreateCommand } from '../../../src/operations/update/create-command.ts';
import { recreation } from '../../../src/operations/update/recreation.ts';

const ID = 'ab'.repeat(32);

/** As Docker inspects it: what nobody set is empty. */
function container(more: {
  config?: object;
  host?: object;
  networks?: object;
  mounts?: object[];
  podman?: object;
}): RawContainer {
  return {
    Id: ID,
    Name: '/web',
    Image: 'sha256:old',
    Config: {
      Hostname: ID.slice(0, 12),
      Domainname: '',
      User: '',
      Env: ['PATH=/bin', 'MODE=old'],
      Cmd: ['serve'],
      Entrypoint: ['/entry'],
      Labels: { version: '1' },
      WorkingDir: '/app',
      Image: 'example.org/web:1',
      ...more.config,
    },
    HostConfig: {
      NetworkMode: 'bridge',
      RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
      Binds: null,
      Memory: 0,
      ...more.host,
    },
    NetworkSettings: { Networks: more.networks ?? { bridge: { Aliases: null } } },
    Mounts: more.mounts ?? [],
    podman: more.podman,
  } as unknown as RawContainer;
}

const image = (config: object = {}, podman?: object) =>
  ({
    Id: 'sha256:old',
    Config: {
      Env: ['PATH=/bin', 'MODE=old'],
      Cmd: ['serve'],
      Entrypoint: ['/entry'],
      Labels: { version: '1' },
      WorkingDir: '/app',
      User: '',
      ...config,
    },
    podman,
  }) as unknown as RawImage;

const bodyOf = (more: Parameters<typeof container>[0], from = image()) =>
  recreation(container(more), from, 'example.org/web:1').body;

describe('recreation', () => {
  it('of what nobody changed names the image and nothing that it sets', () => {
    expect(recreation(container({}), image(), 'example.org/web:1')).toEqual({
      body: {
        Image: 'example.org/web:1',
        HostConfig: { NetworkMode: 'bridge', RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
      },
      networks: [],
      lost: [],
      untold: [],
    });
  });

  it('keeps what was changed: environment, labels, user, folder, names', () => {
    const body = bodyOf({
      config: {
        Env: ['PATH=/bin', 'MODE=mine', 'OWN=a=b'],
        Labels: { version: '1', own: 'yes' },
        User: '1000',
        WorkingDir: '/srv',
        Hostname: 'web-host',
      },
    });
    expect(body).toMatchObject({
      Env: ['MODE=mine', 'OWN=a=b'],
      Labels: { own: 'yes' },
      User: '1000',
      WorkingDir: '/srv',
      Hostname: 'web-host',
    });
  });

  it.each([
    ['another command', { Cmd: ['serve', '--verbose'] }, { Cmd: ['serve', '--verbose'] }],
    [
      'another entrypoint, with the image’s own command',
      { Entrypoint: ['/other'] },
      { Entrypoint: ['/other'], Cmd: ['serve'] },
    ],
    ['no entrypoint', { Entrypoint: null, Cmd: ['/bin/app'] }, { Entrypoint: [''], Cmd: ['/bin/app'] }],
    [
      'an entrypoint and no command',
      { Entrypoint: ['/other'], Cmd: null },
      { Entrypoint: ['/other'], Cmd: [] },
    ],
  ])('keeps %s', (_what, config, expected) => {
    const { Entrypoint, Cmd } = bodyOf({ config });
    expect({ Entrypoint, Cmd }).toEqual({ Entrypoint: undefined, ...expected });
  });

  it('leaves out a health check that is the image’s, and keeps another, or none', () => {
    const own = { Test: ['CMD', 'check'], Interval: 30e9, Timeout: 30e9, Retries: 3 };
    // What an image leaves open a container is told with the engine's defaults.
    const from = image({ Healthcheck: { Test: ['CMD', 'check'] } });
    expect(bodyOf({ config: { Healthcheck: own } }, from)).not.toHaveProperty('Healthcheck');
    expect(bodyOf({ config: { Healthcheck: own } }, image({}, { HealthCheck: own }))).not.toHaveProperty(
      'Healthcheck',
    );
    expect(bodyOf({ config: { Healthcheck: { ...own, Retries: 9 } } }, from).Healthcheck).toMatchObject({
      Retries: 9,
    });
    expect(bodyOf({}, from).Healthcheck).toEqual({ Test: ['NONE'] });
  });

  it('takes a signal for the same by name or number', () => {
    expect(bodyOf({ config: { StopSignal: '2' } }, image({ StopSignal: 'SIGINT' }))).not.toHaveProperty(
      'StopSignal',
    );
    expect(bodyOf({ config: { StopSignal: '3' } }).StopSignal).toBe('SIGQUIT');
  });

  it('attaches anonymous volumes by name, and no volume twice', () => {
    const volume = (Name: string, Destination: string, RW = true) => ({
      Type: 'volume',
      Name,
      Destination,
      RW,
    });
    const { HostConfig: host } = bodyOf({
      host: { Binds: ['named:/named'], Mounts: [{ Type: 'volume', Source: 'x', Target: '/mounted' }] },
      mounts: [
        volume('named', '/named'),
        volume('x', '/mounted'),
        volume('f'.repeat(64), '/data'),
        volume('e'.repeat(64), '/read', false),
        { Type: 'bind', Source: '/etc', Destination: '/etc', RW: true },
      ],
    });
    expect(host?.Binds).toEqual(['named:/named', `${'f'.repeat(64)}:/data`, `${'e'.repeat(64)}:/read:ro`]);
  });

  it('keeps addresses and aliases of all networks, without the one that every container has', () => {
    const { body, networks } = recreation(
      container({
        host: { NetworkMode: 'front' },
        networks: {
          front: { Aliases: ['web', ID.slice(0, 12)], IPAMConfig: { IPv4Address: '10.0.0.9' } },
          back: { Aliases: [ID.slice(0, 12)] },
        },
      }),
      image(),
      'example.org/web:1',
    );
    expect(body.HostConfig?.NetworkMode).toBe('front');
    expect(body.NetworkingConfig?.EndpointsConfig).toEqual({
      front: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.0.0.9' } },
    });
    expect(networks).toEqual([{ network: 'back', endpoint: {} }]);
  });

  it.each(['host', 'none', 'container:abc'])('leaves the network "%s" as it is', (mode) => {
    const body = bodyOf({ host: { NetworkMode: mode }, config: { Hostname: 'the-host' }, networks: {} });
    expect(body.HostConfig?.NetworkMode).toBe(mode);
    expect(body).not.toHaveProperty('NetworkingConfig');
  });

  it('says only one of the two limits of the processor, and keeps what means something though it is empty', () => {
    const { HostConfig: host } = bodyOf({
      host: {
        NanoCpus: 5e8,
        CpuPeriod: 100_000,
        CpuQuota: 50_000,
        Tmpfs: { '/scratch': '' },
        PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '' }] },
        MemorySwap: -1,
      },
    });
    expect(host).toMatchObject({
      NanoCpus: 5e8,
      Tmpfs: { '/scratch': '' },
      PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '' }] },
      MemorySwap: -1,
    });
    expect(host).not.toHaveProperty('CpuPeriod');
    expect(host).not.toHaveProperty('CpuQuota');
  });

  it('of one that belongs to a pod says so', () => {
    const inPod = container({
      podman: { Pod: 'abc', Config: { CreateCommand: ['podman', 'run', 'web'] }, HostConfig: {} },
    });
    expect(recreation(inPod, image(), 'example.org/web:1').lost).toEqual(['--pod']);
  });
});

describe('parseCreateCommand', () => {
  it('knows options in all their spellings, and where the image begins', () => {
    const command = parseCreateCommand([
      '/usr/bin/podman',
      '--log-level=info',
      'run',
      '-dit',
      '--rm',
      '--name',
      'web',
      '-p80:80',
      '-e',
      'A=b=c',
      '-m=64m',
      '--net',
      'front',
      '--sysctl=a.b=1',
      '--sysctl',
      'c.d=2',
      '--tls-verify=false',
      'example.org/web:1',
      '--secret',
      'none',
    ]);
    expect(Object.fromEntries(command?.options ?? [])).toEqual({
      detach: ['true'],
      interactive: ['true'],
      tty: ['true'],
      rm: ['true'],
      name: ['web'],
      publish: ['80:80'],
      env: ['A=b=c'],
      memory: ['64m'],
      network: ['front'],
      sysctl: ['a.b=1', 'c.d=2'],
      'tls-verify': ['false'],
    });
    expect(command?.last('sysctl')).toBe('c.d=2');
    expect(command?.all('secret')).toEqual([]);
  });

  it('is undefined for a container that the API made, and for Docker’s', () => {
    expect(parseCreateCommand(['podman', 'system', 'service', '--time=0'])).toBeUndefined();
    expect(parseCreateCommand(null)).toBeUndefined();
    expect(parseCreateCommand(undefined)).toBeUndefined();
  });
});
