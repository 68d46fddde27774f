import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MANIFEST } from '../../../src/backup/manifest.ts';
import type { Report } from '../../../src/report.ts';
import {
  acceptBackups,
  backupsOverview,
  oneBackup,
  serviceBackups,
} from '../../../src/operations/backups/overview.ts';
import { shrunkOf } from '../../../src/operations/backups/shrunk.ts';
import { DAY, NOW, openShelf, type Shelf } from './shelf.ts';

let shelf: Shelf;
beforeEach(() => (shelf = openShelf()));
afterEach(() => shelf.close());

const HOUR = 3_600_000;
const web = () => serviceBackups(shelf.app, shelf.service) as Promise<Report & { kind: 'service-backups' }>;
const files = (count: number) => {
  const data = shelf.place.data;
  for (const name of readdirSync(data)) rmSync(join(data, name));
  for (let index = 0; index < count; index += 1) shelf.place.write(`${index}.txt`, 'x');
};

describe('backupsOverview', () => {
  test('gives every service that is covered with a button, and names the others', async () => {
    await shelf.add(NOW - HOUR);
    expect(await backupsOverview(shelf.app)).toMatchObject({
      services: [{ service: 'web', state: 'ok', worry: undefined, count: 1 }],
      uncovered: [],
      lost: undefined,
      actions: [[{ command: 'backups', args: ['web'] }]],
    });
    const { services } = shelf.app;
    const bare = { ...shelf.service, backup: undefined };
    expect(await backupsOverview({ ...shelf.app, services: { ...services, all: [bare] } })).toMatchObject({
      services: [],
      uncovered: ['web'],
    });
  });

  test('gives what was known, and why no more can be, when the disk is not mounted', async () => {
    await shelf.add(NOW - HOUR);
    await backupsOverview(shelf.app);
    renameSync(shelf.folder, `${shelf.folder}.disk`);
    mkdirSync(shelf.folder);
    expect(await backupsOverview(shelf.app)).toMatchObject({
      services: [{ count: 1, proven: { takenAt: NOW - HOUR } }],
      lost: expect.stringMatching(/^The backup disk is not mounted/),
    });
  });
});

describe('serviceBackups', () => {
  test('names the worst that is wrong', async () => {
    const scheduled = { ...shelf.service.backup, at: '05:30' } as NonNullable<typeof shelf.service.backup>;
    shelf.service.backup = scheduled;
    expect((await web()).standing).toMatchObject({ state: 'down', worry: 'never', proven: undefined });
    await shelf.add(NOW - 27 * HOUR);
    expect((await web()).standing).toMatchObject({ state: 'degraded', worry: 'overdue' });
    shelf.service.backup = { ...scheduled, at: undefined };
    expect((await web()).standing).toMatchObject({ state: 'ok', worry: undefined, nextAt: undefined });
    shelf.service.backup = scheduled;
    const proven = await shelf.add(NOW - 26 * HOUR);
    expect((await web()).standing).toMatchObject({ state: 'ok', nextAt: Date.parse('2026-11-21T04:30:00Z') });
    await shelf.add(NOW - HOUR, 'copied');
    expect((await web()).standing).toMatchObject({
      state: 'degraded',
      worry: 'unproven',
      proven: { id: proven },
      newest: { level: 'copied', isProven: false },
    });
  });

  test('counts what is kept against what is to be kept', async () => {
    for (const day of [0, 1, 25]) await shelf.add(NOW - day * DAY);
    expect((await web()).kept).toEqual([
      { period: 'daily', have: 3, of: 30 },
      { period: 'monthly', have: 2, of: 6 },
    ]);
    shelf.now = NOW - DAY;
    expect((await web()).kept).toBeUndefined();
  });

  test('tells what has become smaller until it is accepted', async () => {
    files(60);
    for (const day of [4, 3, 2]) await shelf.add(NOW - day * DAY);
    files(24);
    await shelf.add(NOW - DAY);
    // As long as it lasts.
    await shelf.add(NOW - DAY / 2);
    const lost = { kind: 'rows', source: shelf.place.data, table: 'files', usual: 60, now: 24 };
    expect(await web()).toMatchObject({
      standing: { worry: 'shrunk', state: 'degraded', shrunk: [lost] },
      actions: [
        [{ label: 'accept', command: 'backups', args: ['web', 'accept'] }],
        expect.anything(),
        expect.anything(),
      ],
    });
    expect(acceptBackups(shelf.app, shelf.service)).toEqual({
      kind: 'shrunk-accepted',
      service: 'web',
      shrunk: [lost],
    });
    expect((await web()).standing).toMatchObject({ worry: undefined, shrunk: [] });
    expect(() => acceptBackups(shelf.app, shelf.service)).toThrow(
      'Nothing is missing in the newest backup of web.',
    );
    // And tells it again where still more goes.
    files(0);
    await shelf.add(NOW);
    await web();
    expect(shrunkOf(shelf.app, shelf.service)).toEqual([{ ...lost, usual: 24, now: 0 }]);
  });

  test('refuses a service without a backup', async () => {
    const bare = { ...shelf.service, backup: undefined };
    await expect(serviceBackups(shelf.app, bare)).rejects.toThrow('web has no backup configured.');
  });
});

describe('oneBackup', () => {
  test('gives its contents, its checks and why it is kept', async () => {
    const id = await shelf.add(NOW, 'restored', { checks: [{ name: 'manifest', result: 'passed' }] });
    expect(await oneBackup(shelf.app, shelf.service, 'latest')).toMatchObject({
      backup: { id, level: 'restored', isProven: true },
      folder: join(shelf.folder, 'web', id),
      sources: [{ name: shelf.place.data, kind: 'files', level: 'restored', tables: 0, rows: 0, files: 1 }],
      checks: [{ name: 'manifest', result: 'passed' }],
      reasons: [
        { kind: 'newest' },
        { kind: 'newest-proven' },
        { kind: 'daily', of: '2026-11-20' },
        { kind: 'monthly', of: '2026-11' },
      ],
      actions: [
        [
          { command: 'restore', args: ['web', id] },
          { command: 'backups', args: ['web'] },
        ],
      ],
    });
  });

  test('shows one that is damaged, too', async () => {
    const id = await shelf.add(NOW);
    appendFileSync(join(shelf.folder, 'web', id, MANIFEST), ' ');
    expect(await oneBackup(shelf.app, shelf.service, id)).toMatchObject({
      backup: { id, isProven: false, trouble: expect.stringMatching(/its manifest is damaged/) },
      sources: [],
      checks: [],
    });
  });
});
