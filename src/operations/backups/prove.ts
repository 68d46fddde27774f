/** How far a backup is proven: everything is read back, and put where it can be compared with what its source held. */
import { join } from 'node:path';
import { checkExpected } from '../../backup/expect.ts';
import { checkFiles } from '../../backup/files.ts';
import { readManifest, sizeOf, type Part, type PostgresPart } from '../../backup/manifest.ts';
import { drillPostgres } from '../../backup/postgres-drill.ts';
import { checkDump } from '../../backup/postgres.ts';
import { lowestOf, type Check, type Level, type Proof } from '../../backup/proof.ts';
import { proveSqlite, type Proven } from '../../backup/sqlite-check.ts';
import { causeOf } from '../../errors.ts';
import type { Service } from '../../services.ts';
import { requireWhole } from '../backup.ts';
import { reachOf, toldOf, type DataOptions, type DataReach } from '../data-reach.ts';

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
      else await requireWhole(join(folder, part.copy.file), part.copy, told);
    });
  const lookAt = async (part: Part): Promise<Proven> => {
    if (part.kind === 'files') return { level: 'restored', checks: [] };
    const file = join(folder, part.copy.file);
    if (part.kind === 'sqlite') return proveSqlite(part, file, signal);
    const decode = await attempt('decode', part.facts.name, () => checkDump(reach, part, file, part.copy));
    if (decode.result === 'failed' || !drill) return levelled('decoded', [decode]);
    const drilled = await restore(part, file);
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

  for (const part of manifest.parts) {
    const whole = await rereadOf(part);
    const proven = whole.result === 'failed' ? levelled('copied', []) : await lookAt(part);
    sources[part.facts.name] = proven.level;
    checks.push(whole, ...proven.checks);
  }
  const isWhole = checks.every(({ name, result }) => name !== 'manifest' || result === 'passed');
  if (isWhole && service.backup !== undefined) {
    const expected = await checkExpected(manifest, folder, service.backup.expect, { signal });
    checks.push(...expected);
    for (const { source } of expected.filter(isFailed)) {
      // What is about no single source is about all of them.
      const about = source !== undefined && source in sources ? [source] : Object.keys(sources);
      for (const name of about) sources[name] = 'copied';
    }
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
