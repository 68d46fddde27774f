/** A copy of a PostgreSQL database restored into a scratch container, and compared with what it was taken of. */
import { failure } from './disk.ts';
import type { PostgresPart } from './manifest.ts';
import { compareRestored, createCheck, leftOut } from './postgres-compare.ts';
import { compareSchema } from './postgres-compare-schema.ts';
import { writeList, type Copied } from './postgres-archive.ts';
import { finish, restoreInto } from './postgres-back.ts';
import { readCatalog, readMigrations, readProperties, readSequences } from './postgres-facts.ts';
import { makeRoles } from './postgres-roles.ts';
import { PLAIN_TEXTS, readRows, readViews } from './postgres-rows.ts';
import { endOf, removeScratch, startScratch, type Scratch, type ScratchEngine } from './postgres-scratch.ts';
import type { Check } from './proof.ts';
import { openSession, type Place, type Reach } from './psql.ts';

export type DrillReach = Omit<Reach, 'engine'> & { engine: ScratchEngine };

export type DrillOptions = {
  /** Its scratch containers are told by it. */
  service: string;
  /** Of the scratch container, in bytes; what the copied one has, or 1 GiB, without it. */
  memory?: number | undefined;
  /** Leave out indexes that take hours to build. */
  skipVectorIndexes?: boolean;
  /** Milliseconds for all of it. */
  limit?: number;
  /** Told bytes of the dump. */
  progress?: ((bytes: number) => void) | undefined;
  /** When the database is restored and before it is compared: the tests change it there. */
  onRestored?: (place: Place) => Promise<void>;
};

export type Drilled = {
  checks: Check[];
  /** Milliseconds of the restore alone: what a real one would take beside stopping and starting. */
  took: number;
  /** Id of the image. */
  image: string;
};

const LIMIT = 3 * 3_600_000;
/** A server that lacks something says nothing of the copy; one whose backend was killed for memory starts itself anew. */
const WANT =
  /No space left on device|out of memory|shared memory|server closed the connection|in recovery mode|starting up/i;
/** In the scratch container. */
const LIST = '/tmp/steward-list';

/**
 * @returns checks, each failed one with what differs
 * @throws Error where nothing can be said of the copy: no image, no memory, no engine, no time
 */
export async function drillPostgres(
  reach: DrillReach,
  part: PostgresPart,
  file: string,
  options: DrillOptions,
): Promise<Drilled> {
  const { engine } = reach;
  const { service, memory, limit = LIMIT } = options;
  const late = AbortSignal.timeout(limit);
  const signal = AbortSignal.any([reach.signal, late]);
  let scratch: Scratch | undefined;
  try {
    // Of a run that was killed.
    await removeScratch(engine, service);
    scratch = await startScratch(engine, part, { service, memory, signal });
    const { id: container, superuser: user } = scratch;
    const place = { container, user, database: part.database };
    const result = await drillIn({ ...reach, signal }, place, { part, file }, options);
    await removeScratch(engine, service);
    const { instead } = scratch;
    const told = instead === undefined ? [] : [leftOut(part, 'same image', instead)];
    return { ...result, checks: [...result.checks, ...told], image: scratch.image };
  } catch (error) {
    const ended = scratch && (await endOf(engine, scratch.id).catch(() => undefined));
    // Should it fail, the next run does it.
    await removeScratch(engine, service).catch(() => {});
    reach.signal.throwIfAborted();
    const why = ended === undefined ? error : new Error(ended, { cause: error });
    const what = `restore the database "${part.database}" into a scratch container`;
    throw failure(what, late.aborted ? new Error(`it took longer than ${limit / 60_000} min.`) : why);
  }
}

async function drillIn(
  reach: DrillReach,
  place: Place,
  copied: Copied,
  { skipVectorIndexes = false, progress, onRestored }: DrillOptions,
): Promise<Omit<Drilled, 'image'>> {
  const { part, file } = copied;
  const check = createCheck(part);
  const skipped = skipVectorIndexes ? (part.besides?.vectorIndexes ?? []) : [];
  const begun = performance.now();
  const took = () => performance.now() - begun;
  const list = skipped.length === 0 ? undefined : LIST;
  try {
    await makeRoles(reach, { ...place, database: 'template1' }, part.besides?.roles ?? []);
    if (list !== undefined) await writeList(reach, place, copied, { skipped, list });
    const properties = { ...part.properties, tablespace: 'pg_default' };
    const plain = { ...part, properties };
    const chosen = list === undefined ? [] : [`--use-list=${list}`];
    const args = ['--no-tablespaces', ...chosen];
    await restoreInto(reach, place, { file, part: plain, args }, { progress });
    const session = openSession(reach, place);
    await finish(session, place, plain);
    await session.close();
  } catch (error) {
    reach.signal.throwIfAborted();
    // Then it says nothing of the copy.
    const isOver = (await endOf(reach.engine, place.container)) !== undefined;
    if (isOver || WANT.test((error as Error).message)) throw error;
    return { checks: [check('restore', (error as Error).message)], took: took() };
  }
  const restoredIn = took();
  await onRestored?.(place);
  const checks = await compare(reach, place, copied, list);
  return {
    checks: [
      check('restore', undefined),
      ...checks,
      ...(list === undefined
        ? []
        : [leftOut(part, 'vector indexes', skipped.map(({ name }) => name).join(', '))]),
    ],
    took: restoredIn,
  };
}

async function compare(
  reach: DrillReach,
  place: Place,
  copied: Copied,
  list: string | undefined,
): Promise<Check[]> {
  const { part } = copied;
  const session = openSession(reach, place);
  await session.ask(`${PLAIN_TEXTS}; set lock_timeout = 0; set statement_timeout = 0`);
  const catalog = await readCatalog(session);
  const { version } = catalog;
  const names = Object.keys(part.facts.digests ?? {});
  const restored = {
    ...(await readRows(session, { version, digested: { names } })),
    views:
      part.besides?.views === undefined
        ? {}
        : await readViews(session, { version, most: Number.MAX_SAFE_INTEGER }),
    sequences: await readSequences(session),
    properties: await readProperties(session),
    catalog,
  };
  const migrations = await readMigrations(session);
  await session.close();
  return [
    ...compareRestored(part, restored),
    ...(await compareSchema(reach, place, copied, { version, migrations, list })),
  ];
}
