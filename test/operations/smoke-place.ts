/** A machine for the smoke test: folders like the kernel's, what systemd says, a service and a proxy with certificates. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createWeb } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createAuthority } from '../../sandbox/certificate.ts';
import type { Engine } from '../../src/clients/engine.ts';
import { createHttps } from '../../src/clients/https.ts';
import { createMachine } from '../../src/clients/machine.ts';
import { createProbe } from '../../src/clients/probe.ts';
import type { Systemd, UnitState } from '../../src/clients/systemd.ts';
import { createGuard } from '../../src/guard.ts';
import { createHosts } from '../../src/hosts.ts';
import { createLocks } from '../../src/locks.ts';
import { createLogger } from '../../src/logger.ts';
import { createRedact } from '../../src/redact.ts';
import type { SmokeReach } from '../../src/operations/smoke/check.ts';
import { smokeTest, type SmokeTest } from '../../src/operations/smoke-test.ts';
import { reconcile, type Reconciled } from '../../src/operations/watch/reconcile.ts';
import type { DiskState, LostDisk } from '../../src/report/services.ts';
import type { Finding } from '../../src/report/alerts.ts';
import { readServices } from '../../src/services.ts';
import { openScratchStore } from '../../src/store.ts';

const GB = 1e9;
const DAY = 86_400_000;

export type Place = {
  app: SmokeReach;
  /** What the clock says. */
  now: number;
  /** Writes a file of the kernel: `proc/meminfo`. */
  write(path: string, text: string): void;
  /** What is said of disks; a path without an entry is well. */
  disks: Map<string, DiskState | LostDisk>;
  /** The interface's. */
  addresses: string[];
  /** The lines of the kernel's log; undefined: it cannot be read. */
  kernel: string[] | undefined;
  proxy: {
    port: number;
    /** From now on it shows a certificate with so many days left, of 90. */
    show(days: number): void;
    /** What it answers. */
    status: number;
    close(): void;
  };
  /** Units that failed, and those that are active. */
  failed: string[];
  active: string[];
  /** The service itself, without the proxy. */
  service: { status: number };
  look(options?: { often?: boolean }): Promise<SmokeTest>;
  /** A look, and the alerts after it: their keys. */
  step(options?: { often?: boolean }): Promise<Record<keyof Reconciled, string[]>>;
  close(): void;
};

export const diskOf = (path: string, share: number): DiskState => ({
  path,
  size: 100 * GB,
  used: share * GB,
  free: (100 - share) * GB,
});

/** @param more of services.yaml: its `checks` and `services` beside those that are here */
export async function openPlace(
  more: { checks?: object; services?: Readonly<Record<string, object>> } = {},
): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), 'smoke-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('proc/meminfo', 'MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\nSwapTotal: 0 kB\n');
  write('proc/pressure/memory', 'full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n');
  write('proc/self/mountinfo', '22 1 254:0 / / rw - ext4 /dev/vda1 rw\n');
  write('proc/sys/kernel/random/boot_id', 'first\n');
  write('proc/stat', 'btime 1\n');
  write('sys/class/hwmon/hwmon0/name', 'coretemp\n');
  write('sys/class/hwmon/hwmon0/temp1_input', '45000\n');
  write('timedatectl', '#!/bin/sh\necho yes\n');
  chmodSync(join(root, 'timedatectl'), 0o700);

  const authority = createAuthority('Authority of the house', { from: 0, to: Date.now() + 3650 * DAY });
  write('root.pem', authority.pem);
  const issue = (left: number) => {
    const to = Date.now() + left * DAY;
    return authority.issue(['*.example.dev'], { from: to - 90 * DAY, to });
  };
  const server = createServer(issue(60), (_request, response) => {
    response.writeHead(place.proxy.status);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const service = createWeb((_request, response) => {
    response.writeHead(place.service.status);
    response.end();
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port: own } = service.address() as AddressInfo;
  write(
    'services.yaml',
    JSON.stringify({
      backups: { folder: join(root, 'backups') },
      checks: {
        disks: [{ path: '/' }, { path: '/mnt/data', mount: 'required' }],
        vpn: { interface: 'tailscale0' },
        proxy: { address: '127.0.0.1', authority: join(root, 'root.pem') },
        ...more.checks,
      },
      services: {
        web: {
          title: 'Web',
          containers: ['web'],
          url: `https://web.example.dev:${port}`,
          health: { url: `http://127.0.0.1:${own}/alive` },
        },
        ...more.services,
      },
    }),
  );
  const { services, faults } = readServices(join(root, 'services.yaml'));
  if (services === undefined) throw new Error(JSON.stringify(faults));

  const machine = createMachine({
    proc: join(root, 'proc'),
    sys: join(root, 'sys'),
    run: join(root, 'run'),
    timedatectl: [join(root, 'timedatectl')],
    smartctl: [join(root, 'no-smartctl')],
  });
  const clock = { now: () => place.now };
  const systemd: Pick<Systemd, 'failed' | 'units'> = {
    failed: () => Promise.resolve(place.failed),
    units: (names) =>
      Promise.resolve(
        names.map(
          (name) => ({ name, active: place.active.includes(name) ? 'active' : 'inactive' }) as UnitState,
        ),
      ),
  };
  const place: Place = {
    now: Date.now(),
    write,
    disks: new Map(),
    addresses: ['100.64.0.1'],
    kernel: [],
    proxy: {
      port,
      status: 200,
      show: (days) => server.setSecureContext(issue(days)),
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    },
    failed: [],
    active: [],
    service: { status: 200 },
    app: {
      hosts: createHosts([{ name: 'local', engine: {} as Engine, systemd: systemd as Systemd }]),
      locks: createLocks(join(root, 'locks')),
      guard: createGuard(false, createLogger({ level: 'silent', redact: createRedact([]) })),
      probe: createProbe(),
      services,
      clock,
      https: createHttps(),
      store: openScratchStore(clock),
      machine: {
        ...machine,
        disk: (path) => Promise.resolve(place.disks.get(path) ?? diskOf(path, 50)),
        addresses: () => place.addresses,
        kernelLog: () =>
          place.kernel === undefined
            ? Promise.reject(new Error('the journal shows nothing of the kernel'))
            : Promise.resolve(place.kernel.map((text) => ({ at: place.now, text }))),
      },
    },
    look: (options = {}) =>
      smokeTest(place.app, { signal: new AbortController().signal, pause: 1, ...options }),
    async step(options) {
      const { findings, covers } = await place.look(options);
      const { opened, changed, ended } = reconcile(place.app, findings, { covers });
      const keys = (rows: readonly { key: string }[]) => rows.map(({ key }) => key);
      return { opened: keys(opened), changed: keys(changed), ended: keys(ended) };
    },
    close() {
      place.proxy.close();
      place.app.store.close();
      service.closeAllConnections();
      service.close();
      rmSync(root, { recursive: true });
    },
  };
  return place;
}

export const keysOf = (findings: readonly Finding[]): string[] => findings.map(({ key }) => key).toSorted();
