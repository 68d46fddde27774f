/** A host in a box with containers of one's own, a registry that plays ghcr.io and docker.io, and GitHub. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startEngineSandbox, type EngineSandbox } from '../../sandbox/engine.ts';
import type { ContainerSpec } from '../../sandbox/engine/host.ts';
import { startGithub, type GithubStandIn } from '../../sandbox/github.ts';
import { startRegistry, type RegistryStandIn } from '../../sandbox/registry.ts';
import type { App, Run } from '../../src/app.ts';
import { createEngine } from '../../src/clients/engine.ts';
import { createProbe } from '../../src/clients/probe.ts';
import { createRegistry } from '../../src/clients/registry.ts';
import { createReleases } from '../../src/clients/releases.ts';
import { createSystemd } from '../../src/clients/systemd.ts';
import { createHosts } from '../../src/hosts.ts';
import { checkRelease } from '../../src/operations/check-release.ts';
import { createProgress } from '../../src/progress.ts';
import type { ReleaseState } from '../../src/report/releases.ts';
import { readServices, type Service } from '../../src/services.ts';
import { openStore } from '../../src/store.ts';

export const DAY = 86_400_000;
export const NOW = Date.UTC(2026, 10, 20, 12);

export type Scene = {
  app: App;
  github: GithubStandIn;
  registry: RegistryStandIn;
  engine: EngineSandbox;
  service(name: string): Service;
  check(name: string): Promise<ReleaseState>;
  /** HTTP requests to the registry since the last call, without the host. */
  asked(): string[];
  later(ms: number): void;
  run(by?: string): Run;
  engineDown(): Promise<void>;
  close(): Promise<void>;
};

export const container = (name: string, image: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name,
  image,
  version: '1.0.0',
  memory: 1e6,
  cpu: 0.001,
  ...more,
});

/** @param services as in services.yaml; containers that only the engine runs need no unit here */
export async function createScene(
  services: Readonly<Record<string, object>>,
  containers: readonly ContainerSpec[],
): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-check-'));
  let now = NOW;
  const clock = { now: () => now };
  const registry = await startRegistry();
  const [engine, github] = await Promise.all([
    startEngineSandbox({
      socket: join(folder, 'podman.sock'),
      chatter: 0,
      containers,
      registry: registry.host,
    }),
    startGithub(),
  ]);
  const registries = join(folder, 'registries.conf');
  writeFileSync(
    registries,
    ['ghcr.io', 'docker.io']
      .map(
        (name) =>
          `[[registry]]\nprefix = "${name}"\nlocation = "${registry.host}/${name}"\ninsecure = true\n`,
      )
      .join(''),
  );
  const file = join(folder, 'services.yaml');
  writeFileSync(file, JSON.stringify({ services }));
  const read = readServices(file);
  if (read.services === undefined) throw new Error(JSON.stringify(read.faults));

  const store = openStore(folder, clock);
  const log = pino({ level: 'silent' });
  const client = createEngine(engine.socket);
  const systemd = createSystemd(engine.systemctl, engine.journalctl);
  const app = {
    services: read.services,
    hosts: createHosts([{ name: 'local', engine: client, systemd }]),
    store,
    clock,
    log,
    probe: createProbe(),
    registry: createRegistry({ auth: [], registries: [registries] }, { clock }),
    releases: createReleases({ url: github.url, token: undefined, facts: store.facts, clock }),
    config: { timeZone: 'UTC', report: { at: '08:00' }, stateDir: folder },
    // What checks and their commands reach of an App.
  } as unknown as App;
  const service = (name: string) => app.services.find(name);
  let seen = 0;
  return {
    app,
    github,
    registry,
    engine,
    service,
    check: (name) => checkRelease(app, service(name)),
    asked() {
      const since = registry.requests.slice(seen);
      seen = registry.requests.length;
      return since.map(({ method, path }) => `${method} ${path.replace('/v2/', '')}`);
    },
    later(ms) {
      now += ms;
    },
    run: (by = 'telegram:1') => ({
      by,
      signal: new AbortController().signal,
      progress: createProgress(clock),
    }),
    engineDown: () => engine.down(),
    async close() {
      await Promise.all([client.close(), app.registry.close(), app.releases.close()]);
      store.close();
      await Promise.all([engine.close(), github.close(), registry.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}
