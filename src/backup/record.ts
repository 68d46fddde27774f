/** How far a copy has been put back, kept beside the copy: a kill leaves the next run what it needs to finish. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isCode, sync, writeDurably } from './disk.ts';

const Newer = z.object({ source: z.string(), table: z.string(), before: z.number(), after: z.number() });
/** A table whose rows differ from the copy's: `before` in the copy, `after` in what it replaces. */
export type Newer = z.infer<typeof Newer>;

const Spot = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('postgres'), part: z.number() }),
  z.object({ kind: z.literal('sqlite'), part: z.number(), path: z.string(), area: z.string() }),
  z.object({ kind: z.literal('files'), part: z.number(), folder: z.string(), area: z.string() }),
  /** A database that the copy does not know. */
  z.object({ kind: z.literal('stray'), path: z.string(), area: z.string() }),
]);
/** Where a part (by its number) is put back to, and the area in which what it replaces is kept. */
export type Spot = z.infer<typeof Spot>;

const Record = z.object({
  id: z.string(),
  /**
   * `staging`: being made ready, `staged`: all is ready, and nothing has been replaced. `swapping`: some may be replaced.
   * `returning`: what was replaced is coming back, `returned`: it is where it was.
   */
  state: z.enum(['staging', 'staged', 'swapping', 'done', 'returning', 'returned']),
  spots: z.array(Spot),
  newer: z.array(Newer),
  /** Paths and names of databases that are kept: what was replaced, or what was taken back. */
  aside: z.array(z.string()),
});
export type Record = z.infer<typeof Record>;

/** Somebody is at work on the data. */
export const isChanging = ({ state }: Pick<Record, 'state'>): boolean =>
  state === 'swapping' || state === 'returning';

const nameOf = (id: string) => `put-back-${id}.json`;
const NAME = /^put-back-(.+)\.json$/;

export async function writeRecord(folder: string, record: Record): Promise<void> {
  await writeDurably(join(folder, nameOf(record.id)), JSON.stringify(record, undefined, 1));
}

/** @returns undefined when nothing was put back under this id */
export async function readRecord(folder: string, id: string): Promise<Record | undefined> {
  try {
    return Record.parse(JSON.parse(await readFile(join(folder, nameOf(id)), 'utf8')));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw new Error(`Cannot read how far "${folder}" was put back.`, { cause: error });
  }
}

export async function dropRecord(folder: string, id: string): Promise<void> {
  await rm(join(folder, nameOf(id)), { force: true });
  await sync(folder);
}

export async function readRecords(folder: string): Promise<Record[]> {
  const ids = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  const records = await Promise.all(ids.map((id) => readRecord(folder, id)));
  return records.filter((record) => record !== undefined);
}
