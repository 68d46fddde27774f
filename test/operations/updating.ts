/** An App on the lab with services that can be updated, and the ways to disturb an update at a step of it. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, expect } from 'vitest';
import type { App, Run } from '../../src/app.ts';
import { createEngine, type EngineLimits } from '../../src/clients/engine.ts';
import { createHeartbeat } from '../../src/clients/heartbeat.ts';
import { createMachine } from '../../src/clients/machine.ts';
import { createProbe } from '../../src/clients/probe.ts';
import { createRegistry } from '../../src/clients/registry.ts';
import { createReleases } from '../../src/clients/releases.ts';
import { createSystemd } from '../../src/clients/systemd.ts';
import { systemClock } from '../../src/clock.ts';
import { createGuard } from '../../src/guard.ts';
import { createHosts, type Host } from '../../src/hosts.ts';
import { createLocks } from '../../src/locks.ts';
import { createLogger } from '../../src/logger.ts';
import { createProgress } from '../../src/progress.ts';
import { createRedact } from '../../src/redact.ts';
import { readServices, type Service } from '../../src/services.ts';
import { openStore } from '../../src/store.ts';
import { update as updateCommand } from '../../commands/update.ts';
import type { UpdateReport } from '../../src/report/updates.ts';
import { imageNames, type Lab } from '../lab/tools.ts';
import type { Updatable } from '../lab/updatable.ts';

export type Updating = {
  app: App;
  folder: string;
  service: (name: string) => Service;
  /** @param options.at done when a step begins, as often as it does */
  run: (options?: RunOptions) => Run;
  close: () => Promise<void>;
};

export type RunOptions = {
  by?: string;
  signal?: AbortSignal;
  at?: Readonly<Record<string, () => void>>;
};

export type UpdatingOptions = {
  /** A socket that stands before the engine's. */
  socket?: string;
  /** A program that stands before systemctl. */
  systemctl?: readonly string[];
  /** Milliseconds that the engine and systemd may take. */
  limits?: Partial<EngineLimits>;
  /** What is reached instead of the host. */
  host?: (host: Host) => Host;
  observe?: boolean;
  /** To be left free where the copies are. */
  reserve?: string;
  /** Of another App: the same store and locks, as a second process has them. */
  folder?: string;
};

/** What a test does before its end: undone after it, the last first. */
export function undoneAfterEach(): (() => Promise<unknown>)[] {
  const undo: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const one of undo.splice(0).toReversed()) await one();
  });
  return undo;
}

/** Waits until a version has written some rows. @returns those that are committed */
export async function rowsOf({ witnessed }: Updatable, version: string): Promise<string[]> {
  const own = async () => (await witnessed()).filter((row) => row.startsWith(`${version} `));
  await expect.poll(async () => (await own()).length).toBeGreaterThan(5);
  return own();
}

/**
 * What was put aside and is not there: paths, or names of databases.
 * @param records the service with a PostgreSQL beside it
 */
export async function missing(
  lab: Lab,
  aside: readonly string[],
  records?: Pick<Updatable, 'container'>,
): Promise<string[]> {
  const query = ['--no-align', '--tuples-only', '--command=select datname from pg_database'];
  const there =
    records === undefined
      ? []
      : await lab
          .podman('exec', `${records.container}-postgres`, 'psql', '--username=records', ...query)
          .then((names) => names.split('\n'));
  return aside.filter((one) => !there.includes(one) && !existsSync(one));
}

/** Another App on a folder sees what the first one left there. */
export function openUpdating(
  lab: Lab,
  updatables: readonly Pick<Updatable, 'name' | 'entry'>[],
  {
    socket = lab.socket,
    systemctl = lab.systemctl.split(' '),
    limits = {},
    host: wrap = (host) => host,
    observe = false,
    reserve,
    folder: shared,
  }: UpdatingOptions = {},
): Updating {
  const folder = shared ?? mkdtempSync(join(tmpdir(), 'updating-'));
  const registries = join(folder, 'registries.conf');
  writeFileSync(registries, `[[registry]]\nlocation = "${lab.registry}"\ninsecure = true\n`);
  const file = join(folder, 'services.yaml');
  writeFileSync(file, servicesFile(folder, updatables, reserve));
  const { services, faults } = readServices(file);
  if (services === undefined) throw new Error(JSON.stringify(faults));

  const clock = systemClock;
  const store = openStore(join(folder, 'state'), clock);
  const redact = createRedact([]);
  const log = createLogger({ level: 'silent', redact });
  const engine = createEngine(socket, limits);
  const { timeout } = limits;
  const systemd = createSystemd(
    systemctl,
    lab.journalctl.split(' '),
    timeout === undefined ? {} : { timeout },
  );
  // A file that is not there counts as empty.
  const files = { auth: [join(folder, 'auth.json')], registries: [registries] };
  const app = {
    services,
    hosts: createHosts([wrap({ name: 'local', engine, systemd })]),
    store,
    locks: createLocks(join(folder, 'state/locks')),
    guard: createGuard(observe, log),
    probe: createProbe(),
    machine: createMachine(),
    registry: createRegistry(files, { clock }),
    // None of these services names a repository there.
    releases: createReleases({ url: 'http://127.0.0.1:9', token: undefined, facts: store.facts, clock }),
    immich: undefined,
    offsite: undefined,
    heartbeat: createHeartbeat(),
    redact,
    clock,
    log,
    commands: [],
    jobs: [],
    config: {
      timeZone: 'UTC',
      report: { at: '08:00' },
      registries: files,
      observe,
      age: { recipient: undefined, identityFile: undefined },
    },
    // Without what only the bot reaches.
  } as unknown as App;
  return {
    app,
    folder,
    service: (name) => services.find(name),
    run: ({ by = 'test', signal = new AbortController().signal, at = {} } = {}) => {
      let step: string | undefined;
      const progress = createProgress(clock, () => {
        const now = progress.steps.find(({ state }) => state === 'working')?.step;
        if (now === step) return;
        step = now;
        if (now !== undefined) at[now]?.();
      });
      return { by, signal, progress };
    },
    async close() {
      await Promise.all([engine.close(), app.registry.close(), app.releases.close()]);
      store.close();
      if (shared === undefined) rmSync(folder, { recursive: true });
    },
  };
}

/** services.yaml with the copies of data beside the store. */
export const servicesFile = (
  folder: string,
  updatables: readonly Pick<Updatable, 'name' | 'entry'>[],
  reserve = '10MB',
): string =>
  JSON.stringify({
    backups: { folder: join(folder, 'backups'), reserve },
    services: Object.fromEntries(updatables.map(({ name, entry }) => [name, entry])),
  });

export type Door = {
  socket: string;
  /** Connections since it was made: each call of the engine is one. */
  passed: () => number;
  /** Told of each, before it goes through. */
  onPassing: (tell: (passed: number) => void) => void;
  /** Nobody comes through, and who is in is thrown out. */
  shut: () => void;
  /** Everybody is let in, and nothing goes through any more, in no direction. */
  stall: () => void;
  /** As at first; who was in meanwhile is thrown out. */
  open: () => Promise<void>;
};

/** A socket before another one, to be gone or to hang for a while. @param to `unix:///…` */
export async function makeDoor(folder: string, to: string): Promise<Door> {
  const path = join(folder, 'door.sock');
  const inside = new Set<Socket>();
  let passed = 0;
  let isStalled = false;
  let tell: (passed: number) => void = () => {};
  let server: Server | undefined;
  const listen = async () => {
    server = createServer((near) => {
      tell(++passed);
      const far = connect(to.replace('unix://', ''));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        inside.add(one);
        // Whichever end breaks, the other one sees it.
        one.on('error', () => other.destroy());
        one.on('close', () => {
          inside.delete(one);
          other.destroy();
        });
        if (isStalled) one.resume();
        else one.pipe(other);
      }
    });
    server.listen(path);
    await once(server, 'listening');
  };
  const throwOut = () => {
    for (const one of inside) one.destroy();
  };
  await listen();
  return {
    socket: `unix://${path}`,
    passed: () => passed,
    onPassing: (next) => (tell = next),
    shut() {
      server?.close();
      server = undefined;
      throwOut();
    },
    stall() {
      isStalled = true;
      for (const one of inside) one.unpipe().resume();
    },
    async open() {
      if (isStalled) throwOut();
      isStalled = false;
      if (server === undefined) await listen();
    },
  };
}

export type HangingProgram = {
  command: readonly string[];
  /** Calls since it was made. */
  called: () => number;
  /** Its next call hangs, or that with this number, until it is killed; those after it do not. */
  hang: (call?: number) => void;
  /** Whether that call has come. */
  hasHung: () => boolean;
};

/** A program before another one that hangs at a call. */
export function makeHanging(folder: string, command: string): HangingProgram {
  const file = (name: string) => join(folder, name);
  writeFileSync(file('calls'), '');
  // Of several that run at once each takes a number of its own: a line is written whole.
  const script = `#!/bin/sh
echo >> "${file('calls')}"
[ ! -e "${file('hang')}" ] || [ "$(wc -l < "${file('calls')}")" -lt "$(cat "${file('hang')}")" ] ||
  ! mv "${file('hang')}" "${file('hung')}" 2> /dev/null || exec sleep 1000
exec ${command} "$@"
`;
  writeFileSync(file('program'), script, { mode: 0o755 });
  const called = () => readFileSync(file('calls')).length;
  return {
    command: [file('program')],
    called,
    hang(call = 0) {
      rmSync(file('hung'), { force: true });
      writeFileSync(file('hang'), String(call));
    },
    hasHung: () => existsSync(file('hung')),
  };
}

type Parts = { engine: Host['engine']; systemd: Host['systemd'] };

/**
 * A host of which one method is another.
 * @param instead given the real method and how often it was called before
 */
export function disturbed<Part extends keyof Parts, Method extends keyof Parts[Part]>(
  host: Host,
  part: Part,
  method: Method,
  instead: (real: Parts[Part][Method], before: number) => Parts[Part][Method],
): Host {
  const whole = host[part] as Parts[Part];
  let calls = 0;
  const one = new Proxy(whole, {
    get(target, key) {
      const real = Reflect.get(target, key) as Parts[Part][Method];
      if (key !== method) return real;
      return instead(real, calls++);
    },
  });
  return { ...host, [part]: one };
}

/** As the command does it: planned, confirmed, and with the service's lock. @throws Error where there is nothing to update */
export async function update(app: App, ...[service, run]: [string, Run]): Promise<UpdateReport> {
  const plan = await updateCommand.plan?.(app, [service]);
  if (plan?.report.kind !== 'update-plan') throw new Error(`Nothing is planned: ${JSON.stringify(plan)}`);
  const report = await updateCommand.run(app, [service], { ...run, plan });
  if (report.kind !== 'update-outcome') throw new Error(`No outcome: ${JSON.stringify(report)}`);
  return report;
}

/** Names of Steward's own that images of a container have. */
export async function ourNames(lab: Lab, container: string): Promise<string[]> {
  const names = await imageNames(lab);
  return names
    .filter((name) => name.startsWith('steward.local/') && name.includes(`/${container}:`))
    .toSorted();
}

/** All that Podman tells of a container but what each start makes anew. Lists are sorted: it fills some of them in any order. */
export async function configurationOf(lab: Lab, container: string): Promise<object> {
  const text = await lab.podman('inspect', '--type=container', container);
  const [{ Id: id, ...all }] = JSON.parse(text) as [Record<string, unknown> & { Id: string }];
  const config = all['Config'] as { Annotations?: Record<string, unknown> };
  delete config.Annotations?.['io.kubernetes.cri-o.Created'];
  const constant = Object.fromEntries(Object.entries(all).filter(([key]) => !PASSING.has(key)));
  // Paths and names hold the id, whole or in part.
  const plain = JSON.stringify(constant).replaceAll(id, '<id>').replaceAll(id.slice(0, 12), '<id>');
  return JSON.parse(plain, (_key, value: unknown) =>
    Array.isArray(value) ? value.toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b))) : value,
  ) as object;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const PASSING = new Set([
  'Created',
  'State',
  'Driver',
  'GraphDriver',
  'ConmonPidFile',
  'PidFile',
  'RestartCount',
]);

/** Paths at which two such tellings differ, sorted. A list is one value. */
export function differences(one: unknown, other: unknown, path = ''): string[] {
  if (isDeepStrictEqual(one, other)) return [];
  if (!isMap(one) || !isMap(other)) return [path];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys]
    .toSorted()
    .flatMap((key) => differences(one[key], other[key], path ? `${path}.${key}` : key));
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
