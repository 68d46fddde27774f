/** One smoke test by the clock, inside a machine: `smoke-child.ts <folder>`, with services.yaml and the store in it. */
import { join } from 'node:path';
import { createEngine } from '../../src/clients/engine.ts';
import { createHttps } from '../../src/clients/https.ts';
import { createMachine } from '../../src/clients/machine.ts';
import { createProbe } from '../../src/clients/probe.ts';
import { createSystemd } from '../../src/clients/systemd.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { createGuard } from '../../src/guard.ts';
import { createHosts } from '../../src/hosts.ts';
import { createLocks } from '../../src/locks.ts';
import { createLogger } from '../../src/logger.ts';
import { runSmokeTest } from '../../src/operations/smoke-test.ts';
import { createRedact } from '../../src/redact.ts';
import { readServices } from '../../src/services.ts';
import { openStore } from '../../src/store.ts';

const [folder = ''] = process.argv.slice(2);
const { services, faults } = readServices(join(folder, 'services.yaml'));
if (services === undefined) throw new Error(JSON.stringify(faults));
const store = openStore(join(folder, 'state'), systemClock);
const before = Date.now();
const { notLooked } = await runSmokeTest(
  {
    // Nobody is told: there is no chat.
    config: readConfig({ env: { STEWARD_ENV: '/dev/null' } }).config,
    services,
    store,
    clock: systemClock,
    hosts: createHosts([
      {
        name: 'local',
        engine: createEngine('unix:///run/podman/podman.sock'),
        systemd: createSystemd(['systemctl'], ['journalctl']),
      },
    ]),
    locks: createLocks(join(folder, 'locks')),
    guard: createGuard(false, createLogger({ level: 'silent', redact: createRedact([]) })),
    probe: createProbe(),
    https: createHttps(),
    machine: createMachine(),
  },
  { signal: new AbortController().signal, pause: 100 },
);
const open = store.alerts.open().map(({ key, severity, finding }) => ({ key, severity, fact: finding.fact }));
const ended = store.alerts.ended(before).map(({ key }) => key);
process.stdout.write(JSON.stringify({ open, ended, notLooked }));
store.close();
