import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { findTarget, MARKER, requireTarget } from '../../../src/operations/backups/target.ts';
import type { LostDisk } from '../../../src/report/services.ts';
import { openShelf, NOW, type Shelf } from './shelf.ts';

let shelf: Shelf;
beforeEach(() => (shelf = openShelf()));
afterEach(() => shelf.close());

const marker = () => join(shelf.folder, MARKER);

describe('requireTarget', () => {
  test('makes and marks the folder at its first use, for its owner alone', async () => {
    const { folder, verify } = await requireTarget(shelf.app);
    expect(folder).toBe(shelf.folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(marker()).mode & 0o777).toBe(0o600);
    await verify();
    await requireTarget(shelf.app);
  });

  test.each([
    ['an empty folder', undefined],
    ['a new file system', 'lost+found'],
  ])('marks %s', async (_what, inside) => {
    mkdirSync(join(shelf.folder, inside ?? ''), { recursive: true });
    await requireTarget(shelf.app);
    expect(existsSync(marker())).toBe(true);
  });

  test('marks a folder that holds copies of an earlier version', async () => {
    await shelf.add(NOW);
    rmSync(marker());
    shelf.store.facts.delete(`backup-target:${shelf.folder}`);
    await requireTarget(shelf.app);
    expect(existsSync(marker())).toBe(true);
  });

  test('takes the marker that it finds, on a machine that knows none', async () => {
    mkdirSync(shelf.folder);
    writeFileSync(marker(), 'an-older-machine\n');
    await requireTarget(shelf.app);
    expect(readFileSync(marker(), 'utf8')).toBe('an-older-machine\n');
    writeFileSync(marker(), 'another\n');
    await expect(requireTarget(shelf.app)).rejects.toThrow(/another disk is there/);
  });

  test('refuses a folder that holds other things, unless its owner has marked it', async () => {
    mkdirSync(join(shelf.folder, 'photos/2026'), { recursive: true });
    await expect(requireTarget(shelf.app)).rejects.toThrow(/other things are in it, such as "photos"/);
    expect(existsSync(marker())).toBe(false);
    writeFileSync(marker(), '');
    await requireTarget(shelf.app);
    expect(readFileSync(marker(), 'utf8')).toMatch(/^[0-9a-f-]{36}\n$/);
  });

  test('tells a disk that is not mounted by the marker that is missing, and leaves the folder below alone', async () => {
    await requireTarget(shelf.app);
    renameSync(shelf.folder, `${shelf.folder}.disk`);
    for (const below of [() => {}, () => mkdirSync(shelf.folder)]) {
      below();
      const refused = requireTarget(shelf.app);
      await expect(refused).rejects.toThrow(UserError);
      await expect(refused).rejects.toThrow(/^The backup disk is not mounted: .* its marker .* is missing/);
      expect(existsSync(marker())).toBe(false);
    }
    rmSync(shelf.folder, { recursive: true });
    renameSync(`${shelf.folder}.disk`, shelf.folder);
    await requireTarget(shelf.app);
  });

  test.each(['silent', 'gone', 'not-mounted'] satisfies LostDisk['lost'][])(
    'asks for a disk that is required above it first: %s',
    async (lost) => {
      const { app } = shelf;
      const checks = {
        ...app.services.checks,
        disks: [{ path: shelf.place.folder, warn: 80, alarm: 92, mount: 'required' as const }],
      };
      const away = {
        ...app,
        services: { ...app.services, checks },
        machine: { ...app.machine, disk: (path: string) => Promise.resolve({ path, lost }) },
      };
      await expect(requireTarget(away)).rejects.toThrow(/^The backup disk is not mounted/);
      await expect(findTarget(away)).rejects.toThrow(UserError);
      expect(existsSync(shelf.folder)).toBe(false);
    },
  );

  test('verify tells another disk that took its place', async () => {
    const { verify } = await requireTarget(shelf.app);
    renameSync(shelf.folder, `${shelf.folder}.disk`);
    await expect(verify()).rejects.toThrow(/is gone since the backup began/);
    mkdirSync(shelf.folder);
    writeFileSync(marker(), readFileSync(join(`${shelf.folder}.disk`, MARKER)));
    await expect(verify()).rejects.toThrow(/another disk took its place/);
  });
});

describe('findTarget', () => {
  test('changes nothing', async () => {
    expect(await findTarget(shelf.app)).toBeUndefined();
    mkdirSync(shelf.folder);
    expect(await findTarget(shelf.app)).toBe(shelf.folder);
    expect(existsSync(marker())).toBe(false);
  });

  test('refuses a folder that lost its marker', async () => {
    await requireTarget(shelf.app);
    rmSync(marker());
    await expect(findTarget(shelf.app)).rejects.toThrow(/^The backup disk is not mounted/);
  });
});
