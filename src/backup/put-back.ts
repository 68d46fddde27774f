/** Putting a copy back: everything is made ready beside the data first, then all of it changes places. */
import { join } from 'node:path';
import { areaAt, areaOfFile, areaOfFolder, isThere, removeArea, targetOf } from './aside.ts';
import type { Told } from './disk.ts';
import { stageFiles, swapFiles } from './files-back.ts';
import type { Manifest, SourceFacts } from './manifest.ts';
import { presentFilesOf } from './patterns.ts';
import { stagePostgres, swapPostgres } from './postgres-back.ts';
import type { Reach } from './psql.ts';
import { readRecord, writeRecord, type Newer, type Record, type Spot } from './record.ts';
import { setDatabaseAside, stageSqlite, swapSqlite } from './sqlite-back.ts';

export type Putting = {
  manifest: Manifest;
  /** Of the copy. */
  folder: string;
  id: string;
  reach: Reach;
  told: Told;
  /** Names each step as it begins. */
  step: (name: string) => void;
};

/** What does the work on one spot. */
type Worker = {
  subject: string;
  stage?: () => Promise<void>;
  /** @returns where what was replaced is kept; undefined where nothing was there */
  swap: () => Promise<string | undefined>;
};

/** @param present the data as it is, as far as it can be read; asked once, before anything changes */
export async function putManifestBack(
  putting: Putting,
  present: () => Promise<readonly SourceFacts[]>,
): Promise<Record> {
  const { folder, id, manifest, step } = putting;
  let record = await readRecord(folder, id);
  if (record?.state === 'done') return record;
  if (record?.state !== 'swapping') {
    step('look');
    const newer = record?.newer ?? compare(manifest, await present());
    record = { id, state: 'staging', spots: await spotsOf(putting), newer, aside: [] };
    await writeRecord(folder, record);
    const workers = record.spots.map((spot) => workerOf(putting, spot));
    try {
      for (const { subject, stage } of workers) {
        if (stage === undefined) continue;
        step(`stage ${subject}`);
        await stage();
      }
    } catch (error) {
      for (const spot of record.spots) if (spot.kind !== 'postgres') await removeArea(spot.area);
      throw error;
    }
    record = { ...record, state: 'swapping' };
    step('staged');
    await writeRecord(folder, record);
  }
  const aside: string[] = [];
  for (const { subject, swap } of record.spots.map((spot) => workerOf(putting, spot))) {
    step(`swap ${subject}`);
    const kept = await swap();
    if (kept !== undefined) aside.push(kept);
  }
  step('swapped');
  record = { ...record, state: 'done', aside };
  await writeRecord(folder, record);
  return record;
}

/** Rows by table, where the copy and the present data differ. */
export function compare({ parts }: Manifest, present: readonly SourceFacts[]): Newer[] {
  return present.flatMap(({ name, counts }) => {
    const copied = parts.find(({ facts }) => facts.name === name)?.facts.counts ?? {};
    const tables = [...new Set([...Object.keys(copied), ...Object.keys(counts)])].sort();
    return tables.flatMap((table) => {
      const { [table]: before = 0 } = copied;
      const { [table]: after = 0 } = counts;
      return before === after ? [] : [{ source: name, table, before, after }];
    });
  });
}

/** First those that can be refused from outside: a database in use. Then folders, then what lies in them. */
async function spotsOf({ manifest: { parts }, id }: Putting): Promise<Spot[]> {
  const spots: Spot[] = [];
  for (const [part, { kind }] of parts.entries()) if (kind === 'postgres') spots.push({ kind, part });
  for (const [number, part] of parts.entries()) {
    if (part.kind !== 'files') continue;
    const area = await areaOfFolder(part.folder, id);
    spots.push({ kind: 'files', part: number, folder: await targetOf(part.folder), area });
  }
  for (const [number, part] of parts.entries()) {
    if (part.kind !== 'sqlite') continue;
    const area = await areaOfFile(part.path, id);
    spots.push({ kind: 'sqlite', part: number, path: await targetOf(part.path), area });
  }
  const databases = parts.filter((part) => part.kind === 'sqlite');
  const present = await Promise.all(databases.map(({ files }) => presentFilesOf(files)));
  const known = new Set(databases.map(({ path }) => path));
  for (const path of new Set(present.flat())) {
    if (known.has(path)) continue;
    spots.push({ kind: 'stray', path: await targetOf(path), area: await areaOfFile(path, id) });
  }
  return spots;
}

function workerOf({ manifest, folder, id, reach, told }: Putting, spot: Spot): Worker {
  if (spot.kind === 'stray') {
    const { path, area } = spot;
    return {
      subject: path,
      async swap() {
        const { old } = areaAt(area);
        if (await isThere(path)) await setDatabaseAside(path, old);
        return old;
      },
    };
  }
  const part = manifest.parts[spot.part];
  if (spot.kind === 'postgres' && part?.kind === 'postgres') {
    return {
      subject: part.facts.name,
      stage: () => stagePostgres(reach, { part, file: join(folder, part.copy.file), id }, told),
      swap: () => swapPostgres(reach, { part, id }),
    };
  }
  if (spot.kind === 'sqlite' && part?.kind === 'sqlite') {
    const back = { part, path: spot.path, file: join(folder, part.copy.file), area: spot.area };
    return {
      subject: part.path,
      stage: () => stageSqlite(back, told),
      swap: () => swapSqlite(back),
    };
  }
  if (spot.kind === 'files' && part?.kind === 'files') {
    const back = { part, folder: spot.folder, copy: folder, area: spot.area };
    return {
      subject: part.folder,
      stage: () => stageFiles(back, told),
      swap: () => swapFiles(back),
    };
  }
  throw new Error(`The record of "${id}" does not fit the copy in "${folder}".`);
}
