/** The sources of a service, each by its kind: what it needs, what is in it, a copy of it. */
import { relative } from 'node:path';
import type { Source } from '../services/schema.ts';
import { targetOf } from './aside.ts';
import type { Told } from './disk.ts';
import { describeFiles, measureFiles, takeFiles, type EarlierFiles, type FilesSource } from './files.ts';
import type { Manifest, Part, SourceFacts, SqlitePart } from './manifest.ts';
import { filesOf, presentFilesOf } from './patterns.ts';
import { describePostgres, measurePostgres, takePostgres } from './postgres.ts';
import type { Query } from './postgres-queries.ts';
import type { Place, Reach } from './psql.ts';
import { describeSqlite, isUnchanged, measureSqlite, takeSqlite } from './sqlite.ts';

/** A source as it is now: one database, one database file, one folder. */
export type Thing =
  | { kind: 'postgres'; name: string; place: Place }
  | { kind: 'sqlite'; name: string; files: string; path: string }
  | { kind: 'files'; name: string; source: FilesSource };

/** An earlier copy, whose files serve again where nothing has changed. */
export type Earlier =
  | {
      folder: string;
      manifest: Manifest;
      /** It was made a moment ago: what is unchanged since serves without being read again. */
      isFresh: boolean;
    }
  | undefined;

/**
 * Databases first: a file that one names was there before.
 * @param options.mustExist false: whatever is there now
 * @param options.copies the folder of all copies, which is never part of one
 * @throws Error when no file matches
 */
export async function thingsOf(
  sources: readonly Source[],
  { mustExist, copies }: { mustExist: boolean; copies: string | undefined },
): Promise<Thing[]> {
  const globs = sources.flatMap((source) => (source.kind === 'sqlite' ? [source.files] : []));
  const things = await Promise.all(
    sources.map(async (source): Promise<Thing[]> => {
      if (source.kind === 'postgres') {
        const { container, user, database } = source;
        return [{ kind: 'postgres', name: `postgres ${database}`, place: { container, user, database } }];
      }
      if (source.kind === 'files') {
        const { folder } = source;
        const exclude = [...source.exclude, ...(await inside(folder, copies))];
        return [{ kind: 'files', name: folder, source: { folder, exclude, databases: globs } }];
      }
      const paths = await (mustExist ? filesOf : presentFilesOf)(source.files);
      return paths.map((path) => ({ kind: 'sqlite', name: path, files: source.files, path }));
    }),
  );
  const all = things.flat();
  return [...all.filter(({ kind }) => kind !== 'files'), ...all.filter(({ kind }) => kind === 'files')];
}

/** The pattern that leaves the copies out of a folder that they lie in. */
async function inside(folder: string, copies: string | undefined): Promise<string[]> {
  if (copies === undefined) return [];
  const way = relative(await targetOf(folder), await targetOf(copies));
  if (way === '') throw new Error(`Cannot copy "${folder}": the copies lie there.`);
  return way.startsWith('..') ? [] : [`/${way}`];
}

/** Bytes that a copy takes at most. */
export async function measure(reach: Reach, thing: Thing, earlier?: Earlier): Promise<number> {
  if (thing.kind === 'postgres') return measurePostgres(reach, thing.place);
  if (thing.kind === 'files')
    return measureFiles(thing.source, earlierFilesOf(earlier, thing.name), reach.signal);
  const part = sqlitePartOf(earlier, thing.name);
  return part !== undefined && (await isUnchanged(part)) ? 0 : measureSqlite(thing.path);
}

export async function describe(reach: Reach, thing: Thing): Promise<SourceFacts> {
  if (thing.kind === 'postgres') return describePostgres(reach, thing.place);
  if (thing.kind === 'sqlite') return describeSqlite(thing.path, reach.signal);
  return describeFiles(thing.source, reach.signal);
}

/**
 * @param options.index names the copy in `folder`, which is the copy's
 * @param options.digests what the rows hold is to be digested, too
 * @param options.queries what is to be asked of databases that cannot be asked in their copies
 */
export async function take(
  reach: Reach,
  thing: Thing,
  {
    folder,
    index,
    earlier,
    digests,
    queries,
  }: { folder: string; index: number; earlier: Earlier; digests: boolean; queries: readonly Query[] },
  told: Told,
): Promise<Part> {
  const target = `${index}-${thing.kind}`;
  if (thing.kind === 'postgres')
    return takePostgres(reach, thing.place, { folder, target: `${target}.dump`, digests, queries }, told);
  if (thing.kind === 'sqlite') {
    const part = sqlitePartOf(earlier, thing.name);
    return takeSqlite(
      thing,
      { folder, target, digests, earlier: part && earlier && { folder: earlier.folder, part } },
      told,
    );
  }
  return takeFiles(
    thing.source,
    { folder, name: target, earlier: earlierFilesOf(earlier, thing.name) },
    told,
  );
}

function sqlitePartOf(earlier: Earlier, name: string): SqlitePart | undefined {
  // One file for all backups of a database that nobody writes would be one bad block for all of them.
  if (earlier?.isFresh !== true) return undefined;
  return earlier.manifest.parts.filter((part) => part.kind === 'sqlite').find(({ path }) => path === name);
}

function earlierFilesOf(earlier: Earlier, name: string): EarlierFiles | undefined {
  const part = earlier?.manifest.parts
    .filter((one) => one.kind === 'files')
    .find(({ folder }) => folder === name);
  if (earlier === undefined || part === undefined) return undefined;
  return { folder: earlier.folder, part, isFresh: earlier.isFresh };
}
