import { describe, expect, it } from 'vitest';
import { partsOf, stoppedParts } from '../../../src/operations/update/parts.ts';
import { inNetworkOrder } from '../../../src/operations/update/shared-network.ts';
import { nextTag, rollbackTag } from '../../../src/operations/update/tags.ts';
import type { Service } from '../../../src/services.ts';

const one = (name: string, more: { unit?: string | undefined; update?: boolean } = {}) => ({
  name,
  unit: `podman-${name}.service`,
  update: true,
  ...more,
});
const service = (over: Partial<Service>) => ({ containers: [], units: [], ...over }) as unknown as Service;
const names = (parts: readonly { name: string }[]) => parts.map(({ name }) => name);

const immich = service({
  containers: [one('postgres', { update: false }), one('redis', { update: false }), one('ml'), one('server')],
  backup: {
    sources: [{ kind: 'postgres', container: 'postgres', user: 'immich', database: 'immich' }],
  } as unknown as Service['backup'],
});

describe('stoppedParts', () => {
  it('stops the application and leaves its database and cache up', () => {
    expect(names(stoppedParts(immich, ['server']))).toEqual(['ml', 'server']);
  });

  it('stops a database server whose own image changes, and knows that data is copied from it', () => {
    const parts = stoppedParts(immich, ['postgres', 'server']);
    expect(names(parts)).toEqual(['postgres', 'ml', 'server']);
    expect(parts.map(({ holdsData }) => holdsData)).toEqual([true, false, false]);
  });

  it('stops native units with the containers', () => {
    const mixed = service({ containers: [one('web')], units: ['web-worker.service'] });
    expect(names(stoppedParts(mixed, ['web']))).toEqual(['web', 'web-worker']);
  });
});

it('partsOf takes the containers of one unit together, and those without one apart', () => {
  const stack = service({
    containers: [
      one('a', { unit: 'shop-stack.service' }),
      one('b', { unit: undefined }),
      one('c', { unit: 'shop-stack.service' }),
      one('d', { unit: undefined }),
    ],
  });
  expect(names(partsOf(stack))).toEqual(['a, c', 'b', 'd']);
});

it('inNetworkOrder puts each part after the one whose network it has, and leaves the others where they are', () => {
  const parts = partsOf(
    service({ containers: ['guest', 'far', 'web', 'vpn', 'db'].map((name) => one(name)) }),
  );
  expect(names(inNetworkOrder(parts))).toEqual(['guest', 'far', 'web', 'vpn', 'db']);
  expect(names(inNetworkOrder(parts, { guest: 'vpn', far: 'guest' }))).toEqual([
    'vpn',
    'guest',
    'far',
    'web',
    'db',
  ]);
});

it('nextTag and rollbackTag are names that every engine takes', () => {
  expect(nextTag('immich-server', '20261120t143910')).toBe(
    'steward.local/next/immich-server:20261120t143910',
  );
  expect(rollbackTag('My__App.1_', 'x-2')).toBe('steward.local/rollback/my-app-1:x-2');
});
