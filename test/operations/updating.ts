/** An App on the lab with services that can be updated, and the ways to disturb an update at a step of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App, Run } from '../../src/app.ts';
import { createEngine } from '../../src/clients/engine.ts';
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
import type { Lab } from '../lab/tools.ts';
import type { Updatable } from '../lab/updatable.ts';

export type Updating = {
  app: App;
  folder: string;
  service(name: string): Service;
  /** @param options.at done when a step begins, as often as it does */
  run(options?: RunOptions): Run;
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
  /** What is reached instead of the host. */
  host?: (host: Host) => Host;
  observe?: boolean;
  /** Of another App: the same store and locks, as a second process has them. */
  folder?: string;
};

/** Another App on a folder sees what the first one left there. */
export function openUpdating(
  lab: Lab,
  updatables: readonly Pick<Updatable, 'name' | 'entry'>[],
  { socket = lab.socket, host: wrap = (host) => host, observe = false, folder: shared }: UpdatingOptions = {},
): Updating {
  const folder = shared ?? mkdtempSync(join(tmpdir(), 'updating-'));
  const registries = join(folder, 'registries.conf');
  writeFileSync(registries, `[[registry]]\nlocation = "${lab.registry}"\ninsecure = true\n`);
  const file = join(folder, 'services.yaml');
  writeFileSync(file, servicesFile(folder, updatables));
  const { services, faults } = readServices(file);
  if (services === undefined) throw new Error(JSON.stringify(faults));

  const clock = systemClock;
  const store = openStore(join(folder, 'state'), clock);
  const redact = createRedact([]);
  const log = createLogger({ level: 'silent', redact });
  const engine = createEngine(socket);
  const systemd = createSystemd(lab.systemctl.split(' '), lab.journalctl.split(' '));
  const files = { auth: [], registries: [registries] };
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
    redact,
    clock,
    log,
    commands: [],
    jobs: [],
    config: { timeZone: 'UTC', report: { at: '08:00' }, registries: files, observe },
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
): string =>
  JSON.stringify({
    backups: { folder: join(folder, 'backups'), reserve: '10MB' },
    services: Object.fromEntries(updatables.map(({ name, entry }) => [name, entry])),
  });

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
