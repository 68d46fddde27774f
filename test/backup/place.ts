/** A service with data on a disk of its own making, as operations reach it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Engine } from '../../src/clients/engine.ts';
import type { Systemd } from '../../src/clients/systemd.ts';
import { systemClock } from '../../src/clock.ts';
import { createHosts } from '../../src/hosts.ts';
import type { Logger } from '../../src/logger.ts';
import type { DataReach } from '../../src/operations/backup.ts';
import { readServices, type Service } from '../../src/services.ts';

export type Place = {
  folder: string;
  /** Where the data lies. */
  data: string;
  app: DataReach;
  service: Service;
  /** Names of steps, and what was warned of, in their order. */
  told: string[];
  write(name: string, text: string): string;
  close(): void;
};

export type PlaceOptions = {
  /** As services.yaml has them; `DATA` stands for the folder of the data. */
  sources: readonly unknown[];
  expect?: unknown;
  engine?: Engine;
  /** That the sources name. */
  containers?: readonly string[];
  /** Where everything lies; a folder of its own in the system's temporary one. */
  folder?: string;
  /** Where the copies lie; beside the data without it. */
  copies?: string;
  /** Of the disk of the copies. Bytes, as the configuration has them. */
  reserve?: string;
  /** Called at each step, before it is taken. */
  onStep?: (step: string) => void;
};

/** With a folder that exists it is opened again as it was. */
export function openPlace({
  sources,
  expect,
  engine,
  containers = [],
  copies,
  folder = mkdtempSync(join(tmpdir(), 'data-')),
  reserve = '0',
  onStep,
}: PlaceOptions): Place {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const file = join(folder, 'services.yaml');
  const text = JSON.stringify({
    backups: { folder: copies ?? join(folder, 'copies'), reserve },
    services: { web: { containers: ['web', ...containers], backup: { sources, expect } } },
  });
  writeFileSync(file, text.replaceAll('DATA', data));
  const { services, faults } = readServices(file);
  if (services === undefined) throw new Error(JSON.stringify(faults));
  const told: string[] = [];
  const hosts = createHosts([{ name: 'local', engine: engine ?? ({} as Engine), systemd: {} as Systemd }]);
  return {
    folder,
    data,
    app: {
      config: { age: { recipient: undefined, identityFile: undefined } },
      hosts,
      services,
      clock: systemClock,
      log: createListener(told, onStep),
    },
    service: services.find('web'),
    told,
    write(name, contents) {
      const path = join(data, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, contents);
      return path;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function createListener(told: string[], onStep: ((step: string) => void) | undefined): Logger {
  const listen = (fields: unknown) => {
    const { step, source } = fields as { step?: string; source?: string };
    if (step !== undefined) onStep?.(step);
    told.push(step ?? `not counted: ${source}`);
  };
  return { debug: listen, info: listen, warn: listen, error: listen, fatal: listen };
}

/** A database as applications keep it, closed. */
export function makeDatabase(path: string, sql: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  database.exec(`pragma journal_mode = wal; ${sql}`);
  database.close();
}

export type Leaf = {
  name: string;
  type: string;
  mode: string;
  owner: string;
  time: number;
  contents: string;
};

/** All in a folder as it can be told from outside, sorted by name; times of folders to the second. */
export function treeOf(folder: string): Leaf[] {
  const found = execFileSync('find', [folder, '-printf', '%P\t%y\t%m\t%U:%G\t%T@\t%i\t%l\n']).toString();
  const firstOf = new Map<string, string>();
  return found
    .split('\n')
    .slice(0, -1)
    .sort()
    .flatMap((line) => {
      const [name = '', type = '', mode = '', owner = '', time = '', inode = '', target = ''] =
        line.split('\t');
      if (name === '') return [];
      const contents =
        type === 'f'
          ? createHash('sha256')
              .update(readFileSync(join(folder, name)))
              .digest('hex')
          : target;
      // Names of one file name the first of them.
      const twin = type === 'f' ? (firstOf.get(inode) ?? '') : '';
      if (type === 'f' && twin === '') firstOf.set(inode, name);
      return [{ name, type, mode, owner, time: Math.floor(Number(time)), contents: `${contents}${twin}` }];
    });
}
