/** Restoring onto real units, containers and PostgreSQL: the data of the backup, or all that was written before the stop. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunOptions } from '../updating.ts';
import { openUpdating, rowsOf, type Updating } from '../updating.ts';
import { takeBackup } from '../../../src/operations/backups/take.ts';
import { resumeRestore } from '../../../src/operations/restore/restore.ts';
import { lab } from '../../lab/index.ts';
import { startUpdatable, type Updatable, type UpdatableOptions } from '../../lab/updatable.ts';
import { restore } from './place.ts';

const here = lab();
const SERVER = 'restored-records-postgres';

function prepare(name: string, kind: UpdatableOptions) {
  const scene = {} as Updating & { it: Updatable };
  beforeAll(async () => {
    const it = await startUpdatable(here, name, kind);
    Object.assign(scene, openUpdating(here, [it]), { it });
  });
  afterAll(async () => {
    await scene.close();
    await scene.it.remove();
  });
  return {
    scene,
    /** Rows that were there when the backup was taken. */
    back: async (): Promise<readonly string[]> => {
      await rowsOf(scene.it, '1');
      await takeBackup(scene.app, scene.service(name), scene.run(), { reason: 'asked' });
      const { rows } = await scene.it.rows();
      // Some more, which the backup does not have.
      const count = rows.length;
      await expect
        .poll(async () => (await scene.it.rows()).rows.length, { timeout: 20_000 })
        .toBeGreaterThan(count + 3);
      return rows;
    },
    restore: (options?: RunOptions) => restore(scene, scene.run(options), name),
    resume: () => resumeRestore(scene.app, scene.service(name), scene.run()),
  };
}

const newestIn = (backups: string): string =>
  readdirSync(backups)
    .filter((name) => name.endsWith('Z'))
    .toSorted()
    .at(-1) ?? '';

/** The commands of the guide for PostgreSQL. */
function byHand(): string {
  const guide = readFileSync(new URL('../../../docs/restore.md', import.meta.url), 'utf8');
  const [, rest = ''] = guide.split('\n## By hand: PostgreSQL\n');
  const [section = ''] = rest.split('\n## ');
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('');
}

const killed = () => {
  throw new Error('killed');
};

describe('restore of PostgreSQL', () => {
  const { scene, back, restore: again, resume } = prepare('restored-records', { kind: 'records' });

  test('puts the rows of then in their place while the server stays up, and keeps those of now', async () => {
    const then = await back();
    const { id: before } = (await scene.app.hosts.all[0]?.engine.inspect(SERVER)) ?? {};
    const report = await again();
    expect(report).toMatchObject({ outcome: 'restored', data: 'backup' });
    expect(report.newer).toMatchObject([{ table: 'note' }]);
    const { rows } = await scene.it.rows();
    const witnessed = await scene.it.witnessed();
    // Of what was written between the backup and the stop nothing is left, and the application goes on.
    const kept = rows.filter((row) => then.includes(row));
    const lost = witnessed
      .slice(0, witnessed.indexOf(rows.at(-1) ?? ''))
      .filter((row) => !rows.includes(row));
    expect(kept.length).toBeGreaterThan(5);
    expect(lost.length).toBeGreaterThan(3);
    expect((await scene.app.hosts.all[0]?.engine.inspect(SERVER))?.id).toBe(before);
    const [aside = ''] = report.aside?.places ?? [];
    const old = await here.podman(
      'exec',
      SERVER,
      'psql',
      '-U',
      'records',
      '-d',
      aside,
      '-Atc',
      'select text from note',
    );
    expect(old.trim().split('\n')).toEqual(expect.arrayContaining(lost));
  });

  test('cut off before the places change is finished, with the rows of then', async () => {
    await back();
    const before = (await scene.it.rows()).rows;
    await expect(again({ at: { place: killed } })).rejects.toThrow('killed');
    expect(await resume()).toMatchObject({ outcome: 'restored' });
    const { rows } = await scene.it.rows();
    expect(before.every((row) => rows.includes(row))).toBe(false);
    const names = await here.podman(
      'exec',
      SERVER,
      'psql',
      '-U',
      'records',
      '-Atc',
      'select datname from pg_database',
    );
    expect(names).not.toContain('_putback_');
  });

  test('onto a new server that does not even run starts it, and brings the rows of then', async () => {
    const then = await back();
    await here.systemd('stop', scene.it.unit, `podman-${SERVER}.service`);
    const folder = join(scene.it.folder, 'postgres');
    await rm(folder, { recursive: true });
    await mkdir(folder);
    const report = await again();
    expect(report).toMatchObject({ outcome: 'restored', data: 'backup' });
    expect(report.plan.report).toMatchObject({ present: 'unreadable' });
    const { rows } = await scene.it.rows();
    expect(rows).toEqual(expect.arrayContaining(then.slice(0, 5)));
  });

  test('of a newer schema, which the program refuses, ends with all rows that were written before the stop', async () => {
    const psql = (statement: string) => here.podman('exec', SERVER, 'psql', '-U', 'records', '-c', statement);
    await here.systemd('stop', scene.it.unit);
    await psql('update about set version = 2');
    await takeBackup(scene.app, scene.service('restored-records'), scene.run(), { reason: 'asked' });
    await psql('update about set version = 1');
    await here.systemd('start', scene.it.unit);
    await expect.poll(() => scene.it.answers().catch(() => '')).toBe('1');
    const before = await scene.it.witnessed();

    const report = await again();

    expect(report).toMatchObject({ outcome: 'rolled-back', data: 'before', why: { kind: 'restarting' } });
    expect(report.lastLines.join('\n')).toMatch(/schema 2/);
    expect(report.aside?.places).toMatchObject([expect.stringContaining('_undone_')]);
    expect(await scene.it.answers()).toBe('1');
    const { rows } = await scene.it.rows();
    expect(rows).toEqual(expect.arrayContaining(before.slice(-3)));
  });

  test('by hand, as docs/restore.md has it, brings the rows of then back', async () => {
    const then = await back();
    const backups = join(scene.folder, 'backups/restored-records');
    const stub = join(scene.folder, 'systemctl');
    // Inside the machine the real one is meant.
    writeFileSync(stub, `#!/bin/sh\nPATH=/usr/bin:/bin exec ${here.systemctl} "$@"\n`, { mode: 0o755 });
    const script = byHand()
      .replace(/^backup=.*$/m, `backup=${join(backups, newestIn(backups))}`)
      .replace(/^data=.*$/m, '')
      .replaceAll(/podman-immich-(?:server|ml)\.service/g, scene.it.unit)
      .replaceAll('immich-postgres', SERVER)
      .replaceAll('immich', 'records');
    const PATH = `${scene.folder}:${here.env['PATH'] ?? ''}`;
    await promisify(execFile)('sh', ['-euc', script], { env: { ...here.env, PATH } });
    await expect.poll(() => scene.it.answers().catch(() => '')).toBe('1');
    const { rows } = await scene.it.rows();
    expect(then.filter((row) => rows.includes(row)).length).toBeGreaterThan(5);
    expect(rows).not.toEqual(expect.arrayContaining((await scene.it.witnessed()).slice(0, -1)));
    await here.podman(
      'exec',
      SERVER,
      'psql',
      '-U',
      'records',
      '-d',
      'postgres',
      '-c',
      'drop database records_before',
    );
  });

  test('of a damaged dump stops nothing', async () => {
    await back();
    const backups = join(scene.folder, 'backups/restored-records');
    const newest = newestIn(backups);
    const dump = readdirSync(join(backups, newest)).find((name) => name.startsWith('0-postgres')) ?? '';
    writeFileSync(join(backups, newest, dump), 'no dump');
    const { container } = await scene.it.ids();
    expect(await again()).toMatchObject({ outcome: 'unchanged', why: { step: 'verify' }, down: undefined });
    expect((await scene.it.ids()).container).toBe(container);
  });
});

describe('restore of SQLite in a container', () => {
  const { scene, back, restore: again } = prepare('restored-store', { kind: 'store' });
  const file = () => join(scene.it.folder, 'data/store.db');

  test('puts the rows of then in their place where a killed application has left its journal', async () => {
    const then = await back();
    await here.podman('kill', '--signal=KILL', 'restored-store');
    await here.systemd('stop', scene.it.unit);
    expect(existsSync(`${file()}-wal`)).toBe(true);
    expect(await again()).toMatchObject({ outcome: 'restored' });
    const { rows } = await scene.it.rows();
    expect(then.filter((row) => rows.includes(row)).length).toBeGreaterThan(5);
  });
});
