/** Services with data on a disk of their own making, units that are told to start and stop, and all that a backup reaches. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import type { App, Run } from '../../../src/app.ts';
import type { Engine } from '../../../src/clients/engine.ts';
import { createHeartbeat } from '../../../src/clients/heartbeat.ts';
import { createMachine } from '../../../src/clients/machine.ts';
import type { Systemd } from '../../../src/clients/systemd.ts';
import { createGuard } from '../../../src/guard.ts';
import { createHosts } from '../../../src/hosts.ts';
import { createLocks } from '../../../src/locks.ts';
import { createLogger } from '../../../src/logger.ts';
import { createProgress } from '../../../src/progress.ts';
import { createRedact } from '../../../src/redact.ts';
import { readServices, type Service } from '../../../src/services.ts';
import { openStore } from '../../../src/store.ts';
import { makeDatabase } from '../../backup/place.ts';

export type Taking = {
  app: App;
  folder: string;
  /** Of the backups. */
  target: string;
  /** Of the service's data. */
  data: string;
  service: (name?: string) => Service;
  /** What systemd was told, in its order, and what runs now. */
  told: string[];
  running: Set<string>;
  run: (options?: Partial<Run>) => Run;
  write: (name: string, text: string) => void;
  close: () => void;
};

export type TakingOptions = {
  now?: () => number;
  /** Of the service, beside what it has. `DATA` stands for the folder of its data. */
  backup?: Readonly<Record<string, unknown>>;
  heartbeat?: string;
  target?: string;
  /** Of the disk of the backups. */
  reserve?: string;
  observe?: boolean;
  age?: App['config']['age'];
  /** Called before a unit is told something; it may throw. */
  onUnit?: (act: string) => void;
  /** Where everything lies already. */
  folder?: string;
  more?: Readonly<Record<string, unknown>>;
};

/** One service, `notes`, with a database `notes.db` of two rows and a folder `files`, of the unit `notes.service`. */
export function openTaking({
  now = () => Date.now(),
  backup = {},
  heartbeat,
  reserve = '0',
  observe = false,
  age = { recipient: undefined, identityFile: undefined },
  onUnit = () => {},
  folder = mkdtempSync(join(tmpdir(), 'taking-')),
  target = join(folder, 'backups'),
  more = {},
}: TakingOptions = {}): Taking {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const file = join(folder, 'services.yaml');
  const notes = {
    title: 'Notes',
    units: ['notes.service'],
    backup: {
      at: '04:30',
      sources: [
        { kind: 'sqlite', files: 'DATA/notes.db' },
        { kind: 'files', folder: 'DATA/files' },
      ],
      ...backup,
    },
    ...(heartbeat === undefined ? {} : { heartbeat }),
  };
  const text = JSON.stringify({ backups: { folder: target, reserve }, services: { notes, ...more } });
  writeFileSync(file, text.replaceAll('DATA', data));
  const { services, faults } = readServices(file);
  if (services === undefined) throw new Error(JSON.stringify(faults));

  const told: string[] = [];
  const running = new Set(services.all.flatMap(({ units }) => units));
  const act = (verb: string, unit: string) => {
    onUnit(`${verb} ${unit}`);
    told.push(`${verb} ${unit}`);
    if (verb === 'stop') running.delete(unit);
    if (verb === 'start') running.add(unit);
    return Promise.resolve();
  };
  const systemd = {
    units: (names: readonly string[]) =>
      Promise.resolve(
        names.map((name) => ({ name, load: 'loaded', active: running.has(name) ? 'active' : 'inactive' })),
      ),
    dependencies: () => Promise.resolve({ takesDown: [] }),
    start: (unit: string) => act('start', unit),
    stop: (unit: string) => act('stop', unit),
    resetFailed: () => Promise.resolve(),
  } as unknown as Systemd;
  const clock = { now };
  const redact = createRedact(services.secrets);
  const log = createLogger({ level: 'silent', redact });
  const store = openStore(join(folder, 'state'), clock);
  // Nobody pulls the plug on a test, and a year of ticks is many commits.
  store.database.get('pragma synchronous = off');
  const app = {
    services,
    hosts: createHosts([{ name: 'local', engine: {} as Engine, systemd }]),
    store,
    locks: createLocks(join(folder, 'state/locks')),
    guard: createGuard(observe, log),
    machine: createMachine(),
    heartbeat: createHeartbeat(),
    offsite: undefined,
    redact,
    clock,
    log,
    commands: [],
    jobs: [],
    config: {
      timeZone: 'UTC',
      report: { at: '08:00' },
      observe,
      telegram: {},
      age,
    },
    // Without what no backup reaches.
  } as unknown as App;
  const write = (name: string, contents: string) => {
    const path = join(data, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  };
  return {
    app,
    folder,
    target,
    data,
    service: (name = 'notes') => services.find(name),
    told,
    running,
    run: (options = {}) => ({
      by: 'test',
      signal: new AbortController().signal,
      progress: createProgress(clock),
      ...options,
    }),
    write,
    close() {
      store.close();
      rmSync(folder, { recursive: true, force: true });
      vi.restoreAllMocks();
    },
  };
}

/** What the service has written by now. */
export function fill({ data, write }: Pick<Taking, 'data' | 'write'>): void {
  makeDatabase(join(data, 'notes.db'), "create table note (text); insert into note values ('one'), ('two')");
  write('files/a.txt', 'first');
  write('files/sub/b.txt', 'second');
}
