/** The machine in a box with the services of the reference host, as operations reach it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngineSandbox, type EngineSandbox, type EngineSandboxOptions } from '../../sandbox/engine.ts';
import type { App, Run } from '../../src/app.ts';
import { createEngine } from '../../src/clients/engine.ts';
import { createMachine } from '../../src/clients/machine.ts';
import { createProbe } from '../../src/clients/probe.ts';
import { createSystemd } from '../../src/clients/systemd.ts';
import { systemClock } from '../../src/clock.ts';
import { createGuard } from '../../src/guard.ts';
import { createHosts } from '../../src/hosts.ts';
import { createLocks } from '../../src/locks.ts';
import { createLogger } from '../../src/logger.ts';
import type { PowerReach } from '../../src/operations/power.ts';
import { createProgress } from '../../src/progress.ts';
import { createRedact } from '../../src/redact.ts';
import { readServices, type Service } from '../../src/services.ts';
import { openStore } from '../../src/store.ts';

export type Box = Omit<EngineSandbox, 'run'> & {
  app: PowerReach & Pick<App, 'config'>;
  service(name: string): Service;
  run(signal?: AbortSignal): Run;
};

export type BoxOptions = Pick<EngineSandboxOptions, 'units' | 'containers'> & {
  /** Beside those of the reference host, as the services file has them. */
  services?: Readonly<Record<string, unknown>>;
  /** Milliseconds that the engine gets for an answer. */
  patience?: number;
};

/** Of the engine, where a test does not say. */
const PATIENCE = 20_000;

export async function openBox(boxOptions: BoxOptions = {}): Promise<Box> {
  const { services: more = {}, patience = PATIENCE, ...options } = boxOptions;
  const folder = mkdtempSync(join(tmpdir(), 'box-'));
  const box = await startEngineSandbox({
    socket: join(folder, 'engine.sock'),
    pace: 10,
    chatter: 0,
    ...options,
  });
  const file = join(folder, 'services.yaml');
  writeFileSync(file, JSON.stringify({ services: { ...servicesOf(box), ...more } }));
  const { services, faults } = readServices(file);
  if (services === undefined) throw new Error(JSON.stringify(faults));
  const engine = createEngine(box.socket, { timeout: patience });
  const store = openStore(folder, systemClock);
  const redact = createRedact([]);
  const app: Box['app'] = {
    // Nobody is told of anything.
    config: { telegram: { owners: [] }, timeZone: 'UTC' } as unknown as App['config'],
    services,
    hosts: createHosts([{ name: 'local', engine, systemd: createSystemd(box.systemctl, box.journalctl) }]),
    probe: createProbe(),
    machine: createMachine(),
    clock: systemClock,
    store,
    locks: createLocks(join(folder, 'locks')),
    redact,
    guard: createGuard(false, createLogger({ level: 'silent', redact })),
  };
  return {
    ...box,
    app,
    service: (name) => services.find(name),
    run: (signal = new AbortController().signal) => ({
      by: 'test',
      signal,
      progress: createProgress(systemClock),
    }),
    async close() {
      await engine.close();
      await box.close();
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const servicesOf = ({ services }: EngineSandbox) =>
  Object.fromEntries(
    services.map(({ name, containers, units, healthUrl }) => [
      name,
      {
        containers,
        units,
        ...(healthUrl === undefined
          ? {}
          : { health: { url: healthUrl, expect: expected(name), timeout: '5s' } }),
      },
    ]),
  );

/** These two answer their port with a redirect. */
const expected = (service: string) => (['uptime-kuma', 'archivebox'].includes(service) ? 302 : 200);
