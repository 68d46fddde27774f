/** The places that a copy is put back to, and what does the work on each of them by its kind. */
import { join } from 'node:path';
import { areaAt, areaOfFile, areaOfFolder, isThere, targetOf } from './aside.ts';
import type { Told } from './disk.ts';
import { returnFiles, stageFiles, swapFiles } from './files-back.ts';
import type { Manifest } from './manifest.ts';
import { presentFilesOf } from './patterns.ts';
import { returnPostgres, stagePostgres, swapPostgres } from './postgres-back.ts';
import type { Reach } from './psql.ts';
import type { Spot } from './record.ts';
import { reveal } from './seal.ts';
import { returnSqlite, setDatabaseAside, stageSqlite, swapSqlite } from './sqlite-back.ts';

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

/** Each part of the work can be done again after a kill. */
export type Worker = {
  subject: string;
  stage?: () => Promise<void>;
  /** @returns where what was replaced is kept; undefined where nothing was there */
  swap: () => Promise<string | undefined>;
  /** @returns where what had come is kept; undefined where nothing had */
  giveBack: () => Promise<string | undefined>;
};

/** First those that can be refused from outside: a database in use. Then folders, then what lies in them. */
export async function spotsOf({ manifest: { parts }, id }: Putting): Promise<Spot[]> {
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
  return spots;
}

/** Databases of today that the copy does not know. */
export async function straysOf({ manifest: { parts }, id }: Putting): Promise<Spot[]> {
  const databases = parts.filter((part) => part.kind === 'sqlite');
  const present = await Promise.all(databases.map(({ files }) => presentFilesOf(files)));
  const known = new Set(databases.map(({ path }) => path));
  const strays: Spot[] = [];
  for (const path of new Set(present.flat())) {
    if (known.has(path)) continue;
    strays.push({ kind: 'stray', path: await targetOf(path), area: await areaOfFile(path, id) });
  }
  return strays;
}

export function workerOf({ manifest, folder, id, reach, told }: Putting, spot: Spot): Worker {
  if (spot.kind === 'stray') {
    const { path, area } = spot;
    return {
      subject: path,
      async swap() {
        const { old } = areaAt(area);
        if (await isThere(path)) await setDatabaseAside(path, old);
        return old;
      },
      giveBack: () => returnSqlite({ path, area, isStray: true }),
    };
  }
  const part = manifest.parts[spot.part];
  const { identityFile } = reach;
  if (spot.kind === 'postgres' && part?.kind === 'postgres') {
    return {
      subject: part.facts.name,
      async stage() {
        const whole = await reveal(folder, part, { identityFile });
        await stagePostgres(reach, { part: whole, file: join(folder, part.copy.file), id }, told);
      },
      swap: () => swapPostgres(reach, { part, id }),
      giveBack: () => returnPostgres(reach, { part, id }),
    };
  }
  if (spot.kind === 'sqlite' && part?.kind === 'sqlite') {
    const back = { part, path: spot.path, folder, identityFile, area: spot.area };
    return {
      subject: part.path,
      stage: () => stageSqlite(back, told),
      swap: () => swapSqlite(back),
      giveBack: () => returnSqlite({ ...back, isStray: false }),
    };
  }
  if (spot.kind === 'files' && part?.kind === 'files') {
    const back = { part, folder: spot.folder, copy: folder, identityFile, area: spot.area };
    return {
      subject: part.folder,
      stage: () => stageFiles(back, told),
      swap: () => swapFiles(back),
      giveBack: () => returnFiles(back),
    };
  }
  throw new Error(`The record of "${id}" does not fit the copy in "${folder}".`);
}
