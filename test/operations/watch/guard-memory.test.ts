import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAudit } from '../../../src/audit.ts';
import { createGuard } from '../../../src/guard.ts';
import { createAgenda } from '../../../src/operations/watch/agenda.ts';
import { followEngine } from '../../../src/operations/watch/follow-engine.ts';
import { createMemoryGuard } from '../../../src/operations/watch/guard-memory.ts';
import { createMemory } from '../../../src/operations/watch/memory.ts';
import {
  forgetStoppedLoop,
  stopLoop,
  withStoppedLoop,
  type MemoryLoop,
} from '../../../src/operations/watch/stop-loop.ts';
import { CADENCE } from '../../../src/operations/watch/watch-host.ts';
import { lookAtServices } from '../../../src/operations/status.ts';
import { createTasks } from '../../../src/tasks.ts';
import type { Service } from '../../../src/services.ts';
import { waitFor } from '../../wait.ts';
import { openBox, type Box } from '../box.ts';

const LIMIT = 256 * 1024 ** 2;
const log = pino({ enabled: false });
let box: Box;
let stop: AbortController;
beforeEach(async () => {
  stop = new AbortController();
  box = await openBox();
});
afterEach(async () => {
  stop.abort();
  await box.close();
});

const service = (): Service => ({
  ...box.service('vaultwarden'),
  watch: { ...box.service('vaultwarden').watch, onLoop: 'stop' },
});
const host = () => box.app.hosts.of(service());
const guardThat = (act: (loop: MemoryLoop) => 'done' | 'skipped') =>
  createMemoryGuard({ ...box.app, log }, host(), {
    stop: async (_service, loop) => ({ outcome: act(loop) }),
    signal: stop.signal,
    noticed: 0,
  });
const idOf = async () => (await host().engine.inspect('vaultwarden'))?.id;
/** It dies, as the watch is told of it. @param ago milliseconds */
async function die(
  guard: ReturnType<typeof guardThat>,
  how: { oom?: boolean; code?: number },
  of = service(),
) {
  const id = await idOf();
  await box.kill('vaultwarden', how);
  await guard.ended(of, 'vaultwarden', { id, code: how.code ?? 137, at: Date.now(), memoryLimit: LIMIT });
}

describe('createMemoryGuard', () => {
  it('asks for a stop at the third kill for memory within ten minutes, where the owner wishes so', async () => {
    const asked: MemoryLoop[] = [];
    const guard = guardThat((loop) => {
      asked.push(loop);
      return 'done';
    });
    for (let kill = 0; kill < 3; kill += 1) {
      expect(asked).toEqual([]);
      await die(guard, { oom: true });
    }
    expect(asked).toEqual([{ part: 'vaultwarden', kills: 3, memoryLimit: LIMIT }]);
    await die(guard, { oom: true }, box.service('vaultwarden'));
    expect(asked).toHaveLength(1);
  });

  it('asks at each further kill until it is stopped, and counts anew then', async () => {
    const asked: number[] = [];
    const guard = guardThat(({ kills }) => {
      asked.push(kills);
      return asked.length === 1 ? 'skipped' : 'done';
    });
    for (let kill = 0; kill < 6; kill += 1) await die(guard, { oom: true });
    expect(asked).toEqual([3, 4]);
  });

  it.each([
    ['is known only after some have gone', true, [4]],
    ['is not there', false, []],
  ])('without a log of the kernel, where its limit %s', async (_case, isLearnt, expected) => {
    const asked: number[] = [];
    const real = await host().engine.inspect('vaultwarden');
    if (real === undefined) throw new Error('no container');
    let found: typeof real | undefined;
    const where = {
      systemd: { ...host().systemd, memoryKills: () => Promise.reject(new Error('no log')) },
      engine: { ...host().engine, inspect: async () => found },
    };
    const guard = createMemoryGuard({ ...box.app, log }, where, {
      stop: async (_service, { kills }) => {
        asked.push(kills);
        return { outcome: 'done' };
      },
      signal: stop.signal,
      noticed: 0,
      learntWithin: 0,
    });
    await box.kill('vaultwarden', { oom: true });
    for (let kill = 0; kill < 4; kill += 1) {
      if (kill === 3) {
        found = { ...real, memoryLimit: isLearnt ? LIMIT : undefined };
        await guard.learn(service(), 'vaultwarden');
      }
      const end = { id: 'abc', code: 137, at: Date.now(), memoryLimit: undefined };
      await guard.ended(service(), 'vaultwarden', end);
    }
    expect(asked).toEqual(expected);
  });

  it('asks until a container that is seldom there has told its limit, and for one stop at a time', async () => {
    const real = await host().engine.inspect('vaultwarden');
    if (real === undefined) throw new Error('no container');
    let questions = 0;
    const where = {
      systemd: { ...host().systemd, memoryKills: () => Promise.reject(new Error('no log')) },
      engine: {
        ...host().engine,
        inspect: async () => ((questions += 1) > 6 ? { ...real, memoryLimit: LIMIT } : undefined),
      },
    };
    const asked: MemoryLoop[] = [];
    const stopped = Promise.withResolvers<{ outcome: 'done' }>();
    const guard = createMemoryGuard({ ...box.app, log }, where, {
      stop: async (_service, loop) => {
        asked.push(loop);
        return stopped.promise;
      },
      signal: stop.signal,
      noticed: 0,
    });
    await box.kill('vaultwarden', { oom: true });
    const end = { id: 'abc', code: 137, at: Date.now(), memoryLimit: undefined };
    const ends = [1, 2, 3, 4].map(() => guard.ended(service(), 'vaultwarden', end));
    await waitFor(() => expect(asked).toEqual([{ part: 'vaultwarden', kills: 3, memoryLimit: LIMIT }]));
    stopped.resolve({ outcome: 'done' });
    await Promise.all(ends);
    expect(asked).toHaveLength(1);
  });

  it('is asked to learn of a container when it is made and when it starts: what dies at once is gone after that', async () => {
    const learnt: string[] = [];
    const following = followEngine(
      {
        app: { ...box.app, log },
        host: host(),
        services: [service()],
        memory: createMemory(),
        agenda: createAgenda(box.app.clock),
        cadence: CADENCE,
        guard: { learn: async (_service, name) => void learnt.push(name), ended: async () => {} },
      },
      stop.signal,
    ).catch(() => {});
    await host().systemd.restart('podman-vaultwarden.service');
    await waitFor(() => expect(learnt).toEqual(['vaultwarden', 'vaultwarden']));
    stop.abort();
    await following;
  });

  it('counts only kills for memory, of what starts again by itself, while nobody works on it', async () => {
    const act = vi.fn<() => 'done'>(() => 'done');
    const guard = guardThat(act);
    for (let kill = 0; kill < 2; kill += 1) await die(guard, { oom: true });
    await die(guard, { code: 137 });
    const lock = box.app.locks.take('vaultwarden', { what: 'update', by: 'test' });
    await die(guard, { oom: true });
    lock.release();
    const id = await idOf();
    await box.kill('vaultwarden', { oom: true });
    await host().systemd.stop('podman-vaultwarden.service');
    await guard.ended(service(), 'vaultwarden', { id, code: 137, at: Date.now(), memoryLimit: LIMIT });
    expect(act).not.toHaveBeenCalled();
  });

  it('does not count kills that are further apart', async () => {
    const act = vi.fn<() => Promise<{ outcome: 'done' }>>(async () => ({ outcome: 'done' }));
    const kills = [0, 9, 11, 20].map((minutes) => Date.now() - (30 - minutes) * 60_000);
    const systemd = {
      ...host().systemd,
      memoryKills: async () => kills.map((at) => ({ cgroup: '/libpod-abc.scope', program: 'x', at })),
    };
    const options = { stop: act, signal: stop.signal, noticed: 0 };
    const guard = createMemoryGuard({ ...box.app, log }, { ...host(), systemd }, options);
    await box.kill('vaultwarden', { oom: true });
    for (const at of kills)
      await guard.ended(service(), 'vaultwarden', { id: 'abc', code: 137, at, memoryLimit: 1 });
    expect(act).not.toHaveBeenCalled();
  });
});

describe('stopLoop', () => {
  const looking = async () => {
    const { services } = await lookAtServices(box.app, [service()]);
    const [state] = services;
    if (state === undefined) throw new Error('no state');
    return state;
  };
  const act = async (app = box.app) => {
    const audit = createAudit({ table: app.store.audit, redact: app.redact, clock: app.clock });
    const tasks = createTasks({ ...app, runs: app.store.runs, log, audit });
    const loop = { part: 'vaultwarden', kills: 3, memoryLimit: LIMIT };
    const task = {
      kind: 'job',
      name: 'stop-loop',
      subject: 'vaultwarden',
      by: 'schedule',
      audit: 'act',
    } as const;
    const end = await tasks.start(task, (run) => stopLoop(app, { service: service(), loop }, run));
    await tasks.drain(0);
    return end.outcome;
  };

  it('stops the unit, is in the audit as done by the schedule, and the service counts as down until it runs', async () => {
    expect(await act()).toBe('done');
    expect(box.runs('vaultwarden')).toBe(false);
    expect(box.app.store.audit.list()).toMatchObject([
      { what: 'stop-loop', services: ['vaultwarden'], by: 'schedule', from: 'schedule', outcome: 'done' },
    ]);
    const stopped = await looking();
    expect(stopped.state).toBe('stopped');
    const trouble = { kind: 'stopped-loop', kills: 3, limit: LIMIT };
    expect(withStoppedLoop(box.app.store, stopped)).toMatchObject({
      state: 'down',
      trouble,
      containers: [{ name: 'vaultwarden', state: 'down', trouble }],
    });
    forgetStoppedLoop(box.app.store, stopped);
    expect(withStoppedLoop(box.app.store, stopped).state).toBe('down');

    await host().systemd.start('podman-vaultwarden.service');
    const running = await looking();
    expect(withStoppedLoop(box.app.store, running)).toBe(running);
    forgetStoppedLoop(box.app.store, running);
    await host().systemd.stop('podman-vaultwarden.service');
    expect(withStoppedLoop(box.app.store, await looking()).state).toBe('stopped');
  });

  it('leaves a service alone that somebody works on', async () => {
    const lock = box.app.locks.take('vaultwarden', { what: 'restore', by: 'test' });
    expect(await act()).toBe('skipped');
    expect(box.runs('vaultwarden')).toBe(true);
    lock.release();
  });

  it('only says so where Steward observes', async () => {
    expect(await act({ ...box.app, guard: createGuard(true, log) })).toBe('done');
    expect(box.runs('vaultwarden')).toBe(true);
    expect(box.app.store.audit.list()).toMatchObject([{ outcome: 'observed' }]);
    expect(withStoppedLoop(box.app.store, await looking()).state).toBe('ok');
  });
});
