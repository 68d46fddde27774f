/** A service of one unit with its data and its backups on a disk of their own, as restoring reaches them. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Plan, Run } from '../../../src/app.ts';
import { writeManifest, readManifest, type Header } from '../../../src/backup/manifest.ts';
import { writeProof, type Proof } from '../../../src/backup/proof.ts';
import type { Engine } from '../../../src/clients/engine.ts';
import { createMachine } from '../../../src/clients/machine.ts';
import { createProbe } from '../../../src/clients/probe.ts';
import type { Systemd, UnitState } from '../../../src/clients/systemd.ts';
import { systemClock } from '../../../src/clock.ts';
import { createGuard } from '../../../src/guard.ts';
import { createHosts } from '../../../src/hosts.ts';
import { createLocks } from '../../../src/locks.ts';
import { createLogger } from '../../../src/logger.ts';
import { takeSnapshot } from '../../../src/operations/backup.ts';
import type { RestoreReach } from '../../../src/operations/restore/journey.ts';
import { createProgress } from '../../../src/progress.ts';
import { createRedact } from '../../../src/redact.ts';
import type { Report } from '../../../src/report.ts';
import type { RestoreReport } from '../../../src/report/restore.ts';
import { readServices, type Service } from '../../../src/services.ts';
import { openStore } from '../../../src/store.ts';
import { restore as command } from '../../../commands/restore.ts';
import type { App } from '../../../src/app.ts';

export type Restoring = {
  folder: string;
  data: string;
  app: App & RestoreReach;
  service: Service;
  /** What is asked of systemd, in its order: `stop web.service`. */
  asked: string[];
  /** Of the unit. */
  state: () => UnitState['active'];
  setState: (state: UnitState['active']) => void;
  write: (name: string, text: string) => string;
  /** A proven backup of the data as it is. @param id as its folder is called */
  back: (
    id: string,
    options?: { proof?: Partial<Proof>; header?: Header; takenAt?: number },
  ) => Promise<string>;
  run: (options?: { signal?: AbortSignal; at?: Readonly<Record<string, () => void>> }) => Run;
  close: () => void;
};

export type RestoringOptions = {
  /** As services.yaml has them; `DATA` stands for the folder of the data. */
  sources?: readonly unknown[];
  folder?: string;
  observe?: boolean;
  /** Why it does not come up with the data that is there; undefined: it does. */
  refuses?: () => string | undefined;
  /** False: its unit does not exist. */
  isThere?: boolean;
  /** Further services, beside it. */
  others?: Readonly<Record<string, unknown>>;
};

export const UNIT = 'web.service';

export const SOURCES = [
  { kind: 'sqlite', files: 'DATA/*.db' },
  { kind: 'files', folder: 'DATA', exclude: ['cache', '*.db*'] },
];

/** With a folder that exists it is opened again as it was, as a second process does. */
export function openRestoring({
  sources = SOURCES,
  folder = mkdtempSync(join(tmpdir(), 'restoring-')),
  observe = false,
  refuses = () => undefined,
  isThere = true,
  others = {},
}: RestoringOptions = {}): Restoring {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const file = join(folder, 'services.yaml');
  const text = JSON.stringify({
    backups: { folder: join(folder, 'backups'), reserve: '0' },
    services: {
      web: { units: [UNIT], health: { timeout: '5s', settle: '0' }, backup: { sources } },
      ...others,
    },
  });
  writeFileSync(file, text.replaceAll('DATA', data));
  const { services, faults } = readServices(file);
  if (services === undefined) throw new Error(JSON.stringify(faults));

  const stateFile = join(folder, 'state');
  if (!existsSync(stateFile)) writeFileSync(stateFile, 'active');
  const state = () => readFileSync(stateFile, 'utf8') as UnitState['active'];
  const setState = (next: UnitState['active']) => writeFileSync(stateFile, next);
  const asked: string[] = [];
  const systemd = createUnit({ asked, state, setState, refuses, isThere });
  const engine = { ping: async () => {}, inspect: async () => undefined } as unknown as Engine;
  const store = openStore(join(folder, 'store'), systemClock);
  const redact = createRedact([]);
  const log = createLogger({ level: 'silent', redact });
  const app = {
    services,
    hosts: createHosts([{ name: 'local', engine, systemd }]),
    store,
    locks: createLocks(join(folder, 'store/locks')),
    guard: createGuard(observe, log),
    probe: createProbe(),
    machine: createMachine(),
    clock: systemClock,
    redact,
    log,
    config: { timeZone: 'UTC', age: { recipient: undefined, identityFile: undefined } },
    // Without what restoring does not reach.
  } as unknown as App;
  const service = services.find('web');
  return {
    folder,
    data,
    app,
    service,
    asked,
    state,
    setState,
    write(name, contents) {
      const path = join(data, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, contents);
      return path;
    },
    async back(id, { proof = {}, header = {}, takenAt } = {}) {
      const to = join(folder, 'backups/web', id);
      await takeSnapshot(app, service, to);
      const manifest = await readManifest(to);
      await writeManifest(to, { ...manifest, ...header, ...(takenAt !== undefined && { takenAt }) });
      const at = systemClock.now();
      await writeProof(to, { version: 1, level: 'restored', sources: {}, at, checks: [], ...proof });
      return to;
    },
    run({ signal = new AbortController().signal, at = {} } = {}) {
      let step: string | undefined;
      const progress = createProgress(systemClock, () => {
        const now = progress.steps.find((one) => one.state === 'working')?.step;
        if (now === step) return;
        step = now;
        if (now !== undefined) at[now]?.();
      });
      return { by: 'test', signal, progress };
    },
    close() {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Unit = Pick<Restoring, 'asked' | 'state' | 'setState'> &
  Required<Pick<RestoringOptions, 'refuses' | 'isThere'>>;

function createUnit({ asked, state, setState, refuses, isThere }: Unit): Systemd {
  const unitOf = (name: string): UnitState => ({
    name,
    load: isThere && name === UNIT ? 'loaded' : 'not-found',
    active: name === UNIT ? state() : 'inactive',
    sub: '',
    result: name === UNIT && state() === 'failed' ? 'exit-code' : 'success',
    restarts: 0,
    exitCode: undefined,
    since: undefined,
    conditionMet: true,
    unmet: [],
    description: name,
    memory: undefined,
    memoryLimit: undefined,
    processorTime: undefined,
  });
  const none = { requires: [], wants: [], bindsTo: [], after: [], takesDown: [] };
  return {
    units: async (names) => names.map(unitOf),
    dependencies: async () => none,
    definition: async () => undefined,
    async start(name) {
      asked.push(`start ${name}`);
      const why = refuses();
      setState(why === undefined ? 'active' : 'failed');
      if (why !== undefined) throw new Error(why);
    },
    async stop(name) {
      asked.push(`stop ${name}`);
      setState('inactive');
    },
    restart: () => Promise.reject(new Error('nobody restarts')),
    resetFailed: async () => {},
    async *logs() {},
    lastExit: async () => undefined,
    lastJob: async () => undefined,
    memoryKills: async () => undefined,
    everyService: async () => ({ text: '', folders: [], workFolders: [] }),
    failed: async () => [],
    setups: async () => [],
    unitFiles: async () => [],
  };
}

/** As the command does it: planned, confirmed, and with the service's lock. */
export async function restore(
  { app }: Pick<Restoring, 'app'>,
  run: Run,
  ...args: string[]
): Promise<RestoreReport & { plan: Plan }> {
  const plan = await command.plan?.(app, args);
  if (plan === undefined) throw new Error('Nothing is planned.');
  const report: Report = await command.run(app, args, { ...run, plan });
  if (report.kind !== 'restore-outcome') throw new Error(`No outcome: ${JSON.stringify(report)}`);
  return { ...report, plan };
}
