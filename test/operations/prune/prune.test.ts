import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ContainerSummary } from '../../../src/clients/engine.ts';
import { createHosts, type Host } from '../../../src/hosts.ts';
import { isIdle, planPrune, prune } from '../../../src/operations/prune/prune.ts';
import type { PruneReach } from '../../../src/operations/prune/survey.ts';
import type { PruneReport } from '../../../src/report/prune.ts';
import { openBox, type Box } from '../box.ts';

const DAY = 86_400_000;
const UNUSED = 'ghcr.io/example/unused:1';
const DIGEST = `sha256:${'a'.repeat(64)}`;

let box: Box;
let now: number;
let asked: string[];
let answer: () => Promise<string | undefined>;
let app: PruneReach;

/** Beside what the services run: one image that nothing needs, in its registry unless a test says otherwise. */
function reach(change: (host: Host) => Partial<Host> = () => ({})): PruneReach {
  const [host] = box.app.hosts.all;
  if (host === undefined) throw new Error('the box has no host');
  const { engine } = host;
  const unused = {
    id: `sha256:${'b'.repeat(64)}`,
    tags: [UNUSED],
    digests: [`ghcr.io/example/unused@${DIGEST}`],
    digestNames: [],
    createdAt: now - 30 * DAY,
    size: 1000,
    labels: {},
    parent: undefined,
  };
  const all = { ...host, engine: { ...engine, images: async () => [...(await engine.images()), unused] } };
  return {
    ...box.app,
    hosts: createHosts([{ ...all, ...change(all) }]),
    clock: { now: () => now },
    registry: {
      digest: ({ repository }: { repository: string }) => {
        asked.push(repository);
        return answer();
      },
    } as unknown as PruneReach['registry'],
    log: pino({ level: 'silent' }),
  };
}

beforeEach(async () => {
  box = await openBox();
  now = Date.now();
  asked = [];
  answer = () => Promise.resolve(DIGEST);
  app = reach();
});
afterEach(() => box.close());

const look = async (one: PruneReach = app) => {
  const { report, isEmpty } = await planPrune(one);
  const [host] = (report as PruneReport).hosts;
  return { host, names: host?.images.flatMap(({ names }) => names), isEmpty };
};

describe('planPrune', () => {
  test('takes what nothing names and its registry has', async () => {
    expect(await look()).toMatchObject({ names: [UNUSED], isEmpty: false });
    expect(asked).toEqual(['example/unused']);
  });

  test('keeps what its registry does not have, and what it cannot be asked about', async () => {
    answer = () => Promise.resolve(undefined);
    expect((await look()).host?.kept).toMatchObject({ built: 1 });
    answer = () => Promise.reject(new Error('connection refused'));
    expect(await look()).toMatchObject({ names: [], isEmpty: true, host: { kept: { unsure: 1 } } });
  });

  test('keeps what came since the last look for seven days, although it was built long ago', async () => {
    const { engine } = box.app.hosts.all[0] as Host;
    await look(reach(() => ({ engine })));
    expect((await look()).host?.kept).toMatchObject({ young: 1 });
    now += 6 * DAY;
    expect((await look()).host?.kept).toMatchObject({ young: 1 });
    now += DAY;
    expect((await look()).names).toEqual([UNUSED]);
  });

  test('keeps what was needed until lately for seven days, however long it is here', async () => {
    const imageId = `sha256:${'b'.repeat(64)}`;
    const container: ContainerSummary = {
      id: 'c',
      name: 'c',
      image: UNUSED,
      imageId,
      state: 'exited',
      labels: {},
    };
    const using = reach(({ engine }) => ({
      engine: { ...engine, list: async () => [...(await engine.list()), container] },
    }));
    const { host } = await look(using);
    expect(host?.images).toEqual([]);
    now += 30 * DAY;
    await look(using);
    expect((await look()).host?.kept).toMatchObject({ young: 1 });
    now += 7 * DAY;
    expect((await look()).names).toEqual([UNUSED]);
  });

  test('lets nothing of a host go whose units cannot be read, and says what could not', async () => {
    const unread = reach(({ systemd }) => ({
      systemd: {
        ...systemd,
        everyService: () =>
          Promise.resolve({
            text: Array.from({ length: 8001 }, (_, n) => `/nothing/${n}`).join(' '),
            folders: [],
            workFolders: [],
          }),
      },
    }));
    expect(await look(unread)).toMatchObject({
      names: [],
      isEmpty: true,
      host: { refused: { kind: 'unread', cause: 'its units lead to more than 8000 files' } },
    });
  });

  test('lets nothing of a host go whose engine is away', async () => {
    await box.down();
    expect(await look()).toMatchObject({ isEmpty: true, host: { refused: { kind: 'unreachable' } } });
  });

  test('waits for work on a service of the host, whose images may be on their way', async () => {
    const lock = app.locks.take('immich', { what: 'update', by: 'test' });
    expect(await look()).toMatchObject({
      isEmpty: true,
      host: { refused: { kind: 'busy', service: 'immich' } },
    });
    lock.release();
    expect((await look()).names).toEqual([UNUSED]);
  });

  test('keeps what the journal of an update names', async () => {
    app.store.updates.begin({
      service: 'immich',
      verb: 'update',
      by: 'test',
      plan: { images: [] } as never,
      facts: { from: { 'immich-server': `sha256:${'b'.repeat(64)}` }, to: {} },
    });
    const { id } = app.store.updates.open('immich') ?? { id: '' };
    app.store.updates.end(id, 'updated');
    expect(await look()).toMatchObject({ names: [], host: { kept: { ours: 1 } } });
    app.store.updates.record(id, { facts: { dropped: true } });
    expect((await look()).host?.kept).toMatchObject({ young: 1 });
    now += 7 * DAY;
    expect((await look()).names).toEqual([UNUSED]);
  });
});

describe('prune', () => {
  const run = () => ({ signal: AbortSignal.timeout(10_000) });

  test('removes nothing that was not in the plan, and nothing that is needed by now', async () => {
    const { report } = await planPrune(app);
    const plan = report as PruneReport;
    const none = await prune(app, run(), {
      ...plan,
      hosts: plan.hosts.map((host) => ({ ...host, images: [] })),
    });
    expect(none.hosts[0]?.images).toEqual([]);
    answer = () => Promise.resolve(undefined);
    expect((await prune(app, run(), plan)).hosts[0]?.images).toEqual([]);
  });

  test('tells what the engine does not let go, and goes on', async () => {
    const removed: string[] = [];
    const refusing = reach(({ engine }) => ({
      engine: {
        ...engine,
        removeImage: (id) => {
          removed.push(id);
          return Promise.reject(new Error('image is in use by a container'));
        },
      },
    }));
    const { hosts, stage } = await prune(refusing, run());
    expect(stage).toBe('done');
    expect(removed).toHaveLength(1);
    expect(hosts[0]?.images).toMatchObject([{ trouble: 'image is in use by a container' }]);
  });

  test('has nothing to tell when nothing went, and when somebody else was busy; a host that cannot be judged it tells', async () => {
    const idle: PruneReport = {
      kind: 'prune',
      stage: 'done',
      at: now,
      hosts: [
        {
          name: 'local',
          refused: { kind: 'busy', service: 'immich' },
          images: [],
          cache: undefined,
          kept: {},
          won: undefined,
          cacheTrouble: undefined,
        },
      ],
    };
    expect(isIdle(idle)).toBe(true);
    const [host] = idle.hosts;
    if (host === undefined) throw new Error('no host');
    expect(isIdle({ ...idle, hosts: [{ ...host, refused: { kind: 'unread', cause: 'x' } }] })).toBe(false);
  });
});
