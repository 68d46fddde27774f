/** How far a backup is proven: everything is read back, and put where it can be compared with what its source held. */
import { join } from 'node:path';
import { checkExpected } from '../../backup/expect.ts';
import { checkFiles } from '../../backup/files.ts';
import {
  lyingOf,
  readManifest,
  sizeOf,
  type Manifest,
  type Part,
  type PostgresPart,
} from '../../backup/manifest.ts';
import { scratchOf } from '../../backup/names.ts';
import { decodeStored, isLocked, openCopies } from '../../backup/opened.ts';
import { drillPostgres } from '../../backup/postgres-drill.ts';
import { checkDump } from '../../backup/postgres.ts';
import { lowestOf, readProof, type Check, type Level, type Proof } from '../../backup/proof.ts';
import { reveal } from '../../backup/seal.ts';
import { proveSqlite, type Proven } from '../../backup/sqlite-check.ts';
import { causeOf } from '../../errors.ts';
import type { Service } from '../../services.ts';
import { requireWhole } from '../backup.ts';
import { reachOf, toldOf, type DataOptions, type DataReach } from '../data-reach.ts';

const LOCKED = 'It is encrypted, and there is no identity here to open it with.';

export type ProveOptions = DataOptions & {
  /** PostgreSQL is restored into a scratch container, too. */
  drill?: boolean;
};

/**
 * Look at all of a backup. What does not hold is a failed check, not an error; a source with one is no more than `copied`.
 * SQLite and folders reach `restored` each time, PostgreSQL by a drill.
 * @param folder of a whole backup, or of one that has no name yet
 * @param options.progress is told bytes
 * @throws the signal's reason; Error for a folder without a whole manifest
 */
export async function prove(
  app: DataReach,
  service: Service,
  folder: string,
  { drill = false, ...options }: ProveOptions = {},
): Promise<Proof> {
  const { signal } = options;
  const manifest = await readManifest(folder);
  const reach = reachOf(app, service, { application: 'steward prove', signal });
  const told = toldOf(
    options,
    manifest.parts.reduce((sum, part) => sum + sizeOf(part), 0),
  );
  const { engine } = app.hosts.of(service);
  const { identityFile } = reach;
  const reading = { identityFile, signal };
  const opened = openCopies(folder, { ...reading, scratch: scratchOf(folder) });
  const before = await readProof(folder);
  const drills: { took: number; container: string; image: string }[] = [];
  const sources: Record<string, Level> = {};
  const checks: Check[] = [];

  /** @returns whether it held */
  const attempt = async (name: string, source: string, work: () => Promise<unknown>): Promise<Check> => {
    try {
      await work();
      return { name, source, result: 'passed' };
    } catch (error) {
      signal?.throwIfAborted();
      return { name, source, result: 'failed', detail: causeOf(error) };
    }
  };
  const rereadOf = (part: Part): Promise<Check> =>
    attempt('manifest', part.facts.name, async () => {
      if (part.kind === 'files') await checkFiles(part, folder, told);
      else await requireWhole(join(folder, part.copy.file), lyingOf(part.copy), told);
    });
  const lookAt = async (part: Part): Promise<Proven> => {
    const source = part.facts.name;
    if (isLocked(manifest, identityFile)) {
      const level = before?.sources[source] ?? 'copied';
      return { level, checks: [{ name: 'decode', source, result: 'left out', detail: LOCKED }] };
    }
    if (part.kind === 'files') {
      return levelled('restored', [
        await attempt('decode', source, () => decodeStored(folder, part, reading)),
      ]);
    }
    if (part.kind === 'sqlite') {
      let file = '';
      const unpack = await attempt('decode', source, async () => {
        file = await opened.databaseOf(part);
      });
      if (unpack.result === 'failed') return levelled('copied', [unpack]);
      return proveSqlite(part, file, signal);
    }
    const file = join(folder, part.copy.file);
    const decode = await attempt('decode', part.facts.name, () => checkDump(reach, part, file, part.copy));
    if (decode.result === 'failed' || !drill) return levelled('decoded', [decode]);
    const drilled = await restore(await reveal(folder, part, reading), file);
    return levelled(drilled.level, [decode, ...drilled.checks]);
  };
  /** Where it could not even be tried, that says nothing of the copy. */
  const restore = async (part: PostgresPart, file: string): Promise<Proven> => {
    try {
      const {
        checks: found,
        took,
        image,
      } = await drillPostgres({ ...reach, engine }, part, file, { service: service.name });
      drills.push({ took, container: part.container, image });
      return { level: 'restored', checks: found };
    } catch (error) {
      signal?.throwIfAborted();
      const detail = causeOf(error);
      return {
        level: 'decoded',
        checks: [{ name: 'restore', source: part.facts.name, result: 'left out', detail }],
      };
    }
  };

  const lookAtAll = async () => {
    for (const part of manifest.parts) {
      const whole = await rereadOf(part);
      const proven = whole.result === 'failed' ? levelled('copied', []) : await lookAt(part);
      sources[part.facts.name] = proven.level;
      checks.push(whole, ...proven.checks);
    }
    const isWhole = checks.every(({ name, result }) => name !== 'manifest' || result === 'passed');
    if (isWhole && service.backup !== undefined && !isLocked(manifest, identityFile)) {
      const expected = await checkExpected(manifest, folder, service.backup.expect, {
        ...reading,
        databaseOf: (part) => opened.databaseOf(part),
      });
      checks.push(...expected);
      for (const { source } of expected.filter(isFailed)) {
        // What is about no single source is about all of them.
        const about = source !== undefined && source in sources ? [source] : Object.keys(sources);
        for (const name of about) sources[name] = 'copied';
      }
    }
  };

  try {
    await lookAtAll();
  } finally {
    await opened.close();
  }
  const at = app.clock.now();
  return {
    version: 1,
    level: lowestOf(Object.values(sources)),
    sources,
    at,
    checks,
    ...(drills.length > 0 && {
      drill: {
        at,
        took: Math.round(drills.reduce((sum, { took }) => sum + took, 0)),
        images: Object.fromEntries(drills.map(({ container, image }) => [container, image])),
      },
    }),
  };
}

const isFailed = ({ result }: Check): boolean => result === 'failed';

const levelled = (level: Level, checks: Check[]): Proven =>
  checks.some(isFailed) ? { level: 'copied', checks } : { level, checks };

/**
 * Once its copies are stored in their last form: whether they give what was proven. Where nothing here can open them, that
 * is no more than `decoded`, and said.
 * @throws Error with the first that does not
 */
export async function confirmStored(
  app: DataReach,
  folder: string,
  { manifest, proof }: { manifest: Manifest; proof: Proof },
  { signal }: DataOptions = {},
): Promise<Proof> {
  const { identityFile } = app.config.age;
  const checks: Check[] = [];
  const sources = { ...proof.sources };
  for (const part of manifest.parts) {
    const source = part.facts.name;
    if (part.kind === 'files') await checkFiles(part, folder, { signal });
    else await requireWhole(join(folder, part.copy.file), lyingOf(part.copy), { signal });
    if (isLocked(manifest, identityFile)) {
      sources[source] = lowestOf([proof.sources[source] ?? 'copied', 'decoded']);
      checks.push({ name: 'stored', source, result: 'left out', detail: LOCKED });
    } else {
      await decodeStored(folder, part, { identityFile, signal });
      checks.push({ name: 'stored', source, result: 'passed' });
    }
  }
  return { ...proof, sources, level: lowestOf(Object.values(sources)), checks: [...proof.checks, ...checks] };
}
