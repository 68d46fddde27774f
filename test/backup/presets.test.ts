import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkExpected } from '../../src/backup/expect.ts';
import { readList } from '../../src/backup/files-list.ts';
import { readManifest, type Manifest } from '../../src/backup/manifest.ts';
import type { Check } from '../../src/backup/proof.ts';
import { snapshotFolder, takeSnapshot, verifySnapshot, type Snapshot } from '../../src/operations/backup.ts';
import type { Expect } from '../../src/services/schema.ts';
import { openPlace, type Place } from './place.ts';
import { backupOf, PRESETS } from './presets.ts';
import { startWriter } from './writer.ts';

let place: Place;
afterEach(() => place.close());

const take = (id = 'one'): Promise<Snapshot> =>
  takeSnapshot(place.app, place.service, snapshotFolder(place.app, place.service, id), { digests: true });
const check = async ({ folder }: Snapshot): Promise<Check[]> => {
  const { backup } = place.service;
  if (backup === undefined) throw new Error('There is nothing to check.');
  return checkExpected(await readManifest(folder), folder, backup.expect);
};
const failed = (checks: readonly Check[]) =>
  checks.filter(({ result }) => result === 'failed').map(({ detail }) => detail ?? '');
const expectOf = (name: string): Expect => {
  const other = openPlace(backupOf(name));
  other.close();
  if (other.service.backup === undefined) throw new Error(`${name} expects nothing.`);
  return other.service.backup.expect;
};

async function filesOf(folder: string, { parts }: Manifest): Promise<string[]> {
  const paths: string[] = [];
  for (const part of parts) {
    if (part.kind !== 'files') continue;
    for await (const { type, path } of readList(folder, part.list)) if (type !== 'folder') paths.push(path);
  }
  return paths;
}

describe.each(PRESETS)('the preset $name', ({ name, make, databases, files, writes }) => {
  beforeEach(() => {
    place = openPlace(backupOf(name));
    make(place.data);
  });

  test('copies exactly what is worth it while the application works, and finds all it expects', async () => {
    const writer = await startWriter(join(place.data, writes.database), writes.sql);
    let snapshot: Snapshot;
    try {
      snapshot = await take();
    } finally {
      await writer.stop();
    }
    const manifest = await readManifest(snapshot.folder);
    const copied = manifest.parts.flatMap((part) =>
      part.kind === 'sqlite' ? [relative(place.data, part.path)] : [],
    );
    expect(copied).toEqual(databases);
    expect((await filesOf(snapshot.folder, manifest)).sort()).toEqual(files);
    const checks = await check(snapshot);
    expect(failed(checks)).toEqual([]);
    expect(checks.length).toBeGreaterThan(0);
    await verifySnapshot(place.app, place.service, snapshot);
    // Whole, and of another application: every other preset misses something in it.
    for (const other of PRESETS.filter((preset) => preset.name !== name)) {
      expect(failed(await checkExpected(manifest, snapshot.folder, expectOf(other.name)))).not.toEqual([]);
    }
  });

  test('does not take an empty database for one of its own', async () => {
    const path = join(place.data, databases[0] ?? '');
    rmSync(path);
    new DatabaseSync(path).close();
    expect(failed(await check(await take()))).not.toEqual([]);
  });

  test('does not go without a database', async () => {
    for (const database of databases) rmSync(join(place.data, database));
    await expect(take()).rejects.toThrow(/Cannot find "|No file matches "/);
  });
});
