import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemoryKill } from '../../../src/clients/systemd.ts';
import { endedForMemory, type End } from '../../../src/operations/watch/out-of-memory.ts';
import { openBox, type Box } from '../box.ts';

const AT = 1_795_254_044_000;
const ID = 'ab'.repeat(32);
const end = (change: Partial<End> = {}): End => ({
  id: ID,
  unit: 'podman-app.service',
  code: 1,
  at: AT,
  memoryLimit: undefined,
  ...change,
});
const ask = (kills: MemoryKill[] | undefined, of: End = end()) =>
  endedForMemory({ memoryKills: async () => kills }, of);
const kill = (cgroup: string, at = AT): MemoryKill => ({ cgroup, program: 'node', at });

describe('endedForMemory', () => {
  it.each([
    `/machine.slice/libpod-${ID}.scope/container`,
    `/system.slice/docker-${ID}.scope`,
    `/system.slice/podman-app.service/libpod-payload-${ID}`,
    '/system.slice/podman-app.service',
  ])('is so, whatever the exit code, where the kernel killed in %s', async (cgroup) => {
    expect(await ask([kill(cgroup)])).toBe(true);
  });

  it('is not so where the kernel killed something else, or long before, whatever the exit code', async () => {
    const killed = end({ code: 137, memoryLimit: 1e6 });
    expect(await ask([kill('/system.slice/other.service')], killed)).toBe(false);
    expect(await ask([kill(`/machine.slice/libpod-${ID}.scope`, AT - 60_000)], killed)).toBe(false);
    expect(await ask([kill('/system.slice/podman-app.service.d')], killed)).toBe(false);
    expect(await ask([], killed)).toBe(false);
  });

  it('is judged by 137 and a limit where the kernel’s log cannot be read', async () => {
    expect(await ask(undefined, end({ code: 137, memoryLimit: 1e6 }))).toBe(true);
    expect(await ask(undefined, end({ code: 137 }))).toBe(false);
    expect(await ask(undefined, end({ code: 1, memoryLimit: 1e6 }))).toBe(false);
    const refused = { memoryKills: () => Promise.reject(new Error('no journal')) };
    expect(await endedForMemory(refused, end({ code: 137, memoryLimit: 1e6 }))).toBe(true);
  });
});

describe('the kernel’s log of the machine in a box', () => {
  let box: Box;
  beforeEach(async () => {
    box = await openBox();
  });
  afterEach(() => box.close());

  it('tells a container that was killed for memory from one that was killed otherwise', async () => {
    const { engine, systemd } = box.app.hosts.of(box.service('vaultwarden'));
    const endOf = async (how: { code?: number; oom?: boolean }) => {
      const { id } = (await engine.inspect('vaultwarden')) ?? {};
      await box.kill('vaultwarden', how);
      return end({ id, code: 137, at: Date.now(), memoryLimit: 256e6 });
    };
    expect(await endedForMemory(systemd, await endOf({ code: 137 }))).toBe(false);
    expect(await endedForMemory(systemd, await endOf({ oom: true }))).toBe(true);
  });
});
