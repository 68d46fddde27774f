import { expect, it } from 'vitest';
import { mountsOf } from '../../src/pictures/mounts.ts';
import type { Container, Engine } from '../../src/clients/engine.ts';

const MOUNT = { type: 'bind', source: '/mnt/photos', destination: '/data', readOnly: false };
const host = (inspect: () => Promise<Pick<Container, 'mounts'> | undefined>) => ({
  engine: { inspect: inspect as Engine['inspect'] },
});
const has = host(async () => ({ mounts: [MOUNT] }));
const hasNot = host(async () => undefined);
const away = host(() => Promise.reject(new Error('no engine')));

it.each([
  ['the first host', [has, hasNot], [MOUNT]],
  ['another host', [hasNot, has], [MOUNT]],
  ['another host while one is away', [away, has], [MOUNT]],
  ['no host', [hasNot, hasNot], []],
])('mountsOf finds the container on %s', async (_, hosts, mounts) => {
  expect(await mountsOf('immich-server', hosts)).toEqual(mounts);
});

it('mountsOf throws when a host that may have it cannot be asked', async () => {
  await expect(mountsOf('immich-server', [hasNot, away])).rejects.toThrow('no engine');
});
