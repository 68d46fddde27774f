/**
 * Random lives of a host: an alert is open if and only if its trouble lasts, and there are never two of one trouble. The model
 * looks back on the whole past, second by second; the watch knows what its looks have seen. All times are in seconds.
 */
import { expect, test } from 'vitest';
import { hostKey, look, serviceKey } from '../../../src/operations/watch/look.ts';
import type { Service } from '../../../src/services.ts';
import { openScratchStore, type Store } from '../../../src/store.ts';
import { createFakeHost, serviceOf } from './fake-host.ts';
import { createModel, type Moment } from './model.ts';

/** The whole sweep is for `npm run test:soak`. */
const LIVES = process.env['STEWARD_SOAK'] === '1' ? 10_000 : 50;
const LENGTH = 600;
/** Everything is looked at so often. */
const WHOLE = 60;
const RULES = { after: 30, settle: 20, patience: 120 };
const IN_MILLISECONDS = { after: 30_000, settle: 20_000, patience: 120_000 };

/** mulberry32: the same life for the same seed. */
function createRandom(seed: number) {
  let state = seed;
  const below = (count: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  };
  return { below, pick: <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item };
}

type Part = {
  is: 'runs' | 'ill' | 'failed' | 'stopped' | 'starts';
  since: number;
  upAt: number;
  count: number;
};

function createLife(seed: number, store: Store) {
  const random = createRandom(seed);
  const services = [
    serviceOf('pair', ['first', 'second'], IN_MILLISECONDS),
    serviceOf('single', ['third'], IN_MILLISECONDS),
  ];
  const host = createFakeHost(services, store);
  const begun = host.now;
  const names = ['first', 'second', 'third'];
  const parts = new Map(
    names.map((name): [string, Part] => [name, { is: 'runs', since: 0, upAt: 0, count: 0 }]),
  );
  const serviceWith = (name: string) =>
    services.find(({ containers }) => containers.some((one) => one.name === name)) as Service;
  const partOf = (name: string) => parts.get(name) as Part;
  const trail: string[] = [];
  let second = 0;
  let plans: { at: number; what: string; work: () => readonly Service[] }[] = [];

  const set = (name: string, is: Part['is'], count = partOf(name).count) => {
    const part = partOf(name);
    Object.assign(part, { is, count, since: second }, is === 'runs' ? { upAt: second } : {});
    const unit = `podman-${name}.service`;
    if (is === 'runs') {
      host.run(name);
      host.unit(unit, { active: 'active', sub: 'running', result: 'success', restarts: count });
    } else if (is === 'ill') {
      host.run(name, {
        startedAt: begun + part.upAt * 1000,
        health: { status: 'unhealthy', failingSince: host.now, lastOutput: 'ill' },
      });
    } else {
      host.containers.delete(name);
      const states = {
        failed: { active: 'failed', sub: 'failed', result: 'exit-code' },
        stopped: { active: 'inactive', sub: 'dead', result: 'success' },
        starts: { active: 'activating', sub: 'start', result: 'success' },
      } as const;
      host.unit(unit, { ...states[is], restarts: count });
    }
    return [serviceWith(name)];
  };
  const heal = (name: string) => {
    if (partOf(name).is !== 'ill') return [];
    partOf(name).is = 'runs';
    host.run(name, { startedAt: begun + partOf(name).upAt * 1000 });
    return [serviceWith(name)];
  };
  const plan = (after: number, what: string, work: () => readonly Service[]) => {
    plans.push({ at: second + Math.max(1, after), what, work });
  };
  /** One thing that happens, and how it goes on. @returns what somebody is told of */
  const happen: (() => readonly Service[])[] = [
    () => {
      const [name, lasts] = [random.pick(names), random.below(90)];
      trail.push(`${second} ${name} fails for ${lasts}`);
      plan(lasts, `${name} is started`, () => set(name, 'runs', 0));
      return set(name, 'failed');
    },
    () => {
      const [name, lasts] = [random.pick(names), random.below(90)];
      trail.push(`${second} ${name} is stopped for ${lasts}`);
      plan(lasts, `${name} is started`, () => set(name, 'runs'));
      return set(name, 'stopped', 0);
    },
    () => {
      const [name, lasts] = [random.pick(names), random.below(200)];
      trail.push(`${second} ${name} starts for ${lasts}`);
      plan(lasts, `${name} is up`, () => set(name, 'runs'));
      return set(name, 'starts', 0);
    },
    () => {
      const [name, lasts] = [random.pick(names), random.below(90)];
      if (partOf(name).is !== 'runs') return [];
      trail.push(`${second} ${name} is ill for ${lasts}`);
      plan(lasts, `${name} heals`, () => heal(name));
      return set(name, 'ill');
    },
    () => {
      const [name, times, pause] = [random.pick(names), 1 + random.below(6), 1 + random.below(120)];
      trail.push(`${second} ${name} ends ${times} times, each ${pause}`);
      for (let turn = 0; turn < times; turn += 1) {
        plan(turn * pause, `${name} ends`, () =>
          ['runs', 'ill'].includes(partOf(name).is) ? set(name, 'runs', partOf(name).count + 1) : [],
        );
      }
      return [];
    },
    () => {
      const [service, lasts] = [random.pick(services), random.below(60)];
      trail.push(`${second} ${service.name} is worked on for ${lasts}`);
      host.locked.add(service.name);
      plan(lasts, `${service.name} is free`, () => {
        host.locked.delete(service.name);
        return [service];
      });
      return [service];
    },
    () => {
      const lasts = random.below(60);
      trail.push(`${second} a deploy for ${lasts}`);
      host.deploying = true;
      plan(lasts, 'the deploy ends', () => {
        host.deploying = false;
        return services;
      });
      return services;
    },
    () => {
      const lasts = random.below(90);
      trail.push(`${second} the engine is away for ${lasts}`);
      host.engineAway = true;
      plan(lasts, 'the engine is back', () => {
        host.engineAway = false;
        return services;
      });
      return services;
    },
    () => {
      if (random.below(3) > 0) return [];
      trail.push(`${second} Steward starts anew`);
      host.restart();
      for (const model of models.values()) model.restart(second);
      return services;
    },
  ];

  const models = new Map(
    [...services.map(({ name }) => serviceKey(name)), hostKey('local')].map((key) => [
      key,
      createModel(key.startsWith('host:') ? { ...RULES, settle: 0 } : RULES),
    ]),
  );
  const momentOf = (service: Service): Moment => ({
    isLeft: host.deploying || host.locked.has(service.name),
    engineAway: host.engineAway,
    parts: service.containers.map(({ name }) => ({ ...partOf(name) })),
  });

  return {
    host,
    services,
    models,
    trail,
    /** @returns what somebody is told of */
    step(): readonly Service[] {
      second += 1;
      host.now = begun + second * 1000;
      // One thing a second: two of them at once nobody could tell apart.
      const [due] = plans.filter(({ at }) => at <= second);
      if (due !== undefined) {
        plans = plans.filter((one) => one !== due);
        trail.push(`${second} ${due.what}`);
        return due.work();
      }
      return random.below(30) === 0 ? random.pick(happen)() : [];
    },
    judge() {
      for (const service of services) models.get(serviceKey(service.name))?.see(second, momentOf(service));
      models.get(hostKey('local'))?.see(second, {
        isLeft: host.deploying,
        engineAway: false,
        parts: [{ is: host.engineAway ? 'failed' : 'runs', since: second, upAt: second, count: 0 }],
      });
    },
    expected: () => [...models].filter(([, model]) => model.openedAt !== undefined).map(([key]) => key),
  };
}

/** @returns where the watch and the model differ first */
async function live(seed: number, store: Store): Promise<string | undefined> {
  store.database.run('delete from alerts');
  const life = createLife(seed, store);
  const { host, services, models } = life;
  const wakes = new Map<Service, number>();
  const { signal } = new AbortController();
  const isLeft = (service: Service) => host.deploying || host.locked.has(service.name);
  let left = new Set<Service>();
  for (let second = 0; second <= LENGTH; second += 1) {
    const told = second === 0 ? [] : life.step();
    const due = services.filter(
      (service) =>
        second % WHOLE === 0 ||
        told.includes(service) ||
        // The watch looks more seldom, and grants the difference as grace; here the model would have to know of it.
        isLeft(service) ||
        left.has(service) ||
        (wakes.get(service) ?? Infinity) <= host.now,
    );
    left = new Set(services.filter(isLeft));
    if (due.length > 0) {
      const looked = await look(host.watched, due, signal);
      for (const service of due) wakes.delete(service);
      for (const [service, at] of looked.wakes) wakes.set(service, at);
    }
    life.judge();
    const open = host.store.alerts.open().map(({ key }) => key);
    const expected = life.expected();
    if (open.sort().join() === expected.sort().join()) continue;
    const past = life.trail.slice(-12).join('\n');
    return `seed ${seed}, second ${second}: ${open.join()} instead of ${expected.join()} after\n${past}`;
  }
  const differing = [...models].find(([key, { times, lasted }]) => {
    const row = host.store.alerts.byKey(key);
    const isLong =
      row?.endedAt !== undefined && row.downBefore + row.endedAt - row.openedAt !== lasted * 1000;
    return (row?.times ?? 0) !== times || isLong;
  });
  return differing === undefined ? undefined : `seed ${seed}: how often or how long ${differing[0]}`;
}

test(
  `look keeps alerts true to what lasts, in ${LIVES} random lives`,
  async () => {
    const first = Number(process.env['STEWARD_SEED'] ?? 1);
    const store = openScratchStore({ now: () => 0 });
    for (let seed = first; seed < first + LIVES; seed += 1) expect(await live(seed, store)).toBeUndefined();
    store.close();
  },
  LIVES * 1000,
);
