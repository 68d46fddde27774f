/** How far a backup is proven: everything is read back, and put where it can be compared with what its source held. */
import { join } from 'node:path';
import { checkFiles } from '../../backup/files.ts';
import { readManifest, sizeOf, type Part } from '../../backup/manifest.ts';
import { checkDump } from '../../backup/postgres.ts';
import { lowestOf, type Check, type Level, type Proof } from '../../backup/proof.ts';
import { proveSqlite, type Proven } from '../../backup/sqlite-check.ts';
import { causeOf } from '../../errors.ts';
import type { Service } from '../../services.ts';
import { requireWhole } from '../backup.ts';
import { reachOf, toldOf, type DataOptions, type DataReach } from '../data-reach.ts';

/**
 * Look at all of a backup. What does not hold is a failed check, not an error; a source with one is no more than `copied`.
 * @param folder of a whole backup, or of one that has no name yet
 * @param options.progress is told bytes
 * @throws the signal's reason; Error for a folder without a whole manifest
 */
export async function prove(
  app: DataReach,
  service: Service,
  folder: string,
  options: DataOptions = {},
): Promise<Proof> {
  const { signal } = options;
  const manifest = await readManifest(folder);
  const reach = reachOf(app, service, { application: 'steward prove', signal });
  const told = toldOf(
    options,
    manifest.parts.reduce((sum, part) => sum + sizeOf(part), 0),
  );

  const sources: Record<string, Level> = {};
  const checks: Check[] = [];
  for (const part of manifest.parts) {
    const whole = await reread(folder, part, told);
    const proven = whole.result === 'failed' ? { level: 'copied' as const, checks: [] } : await look(part);
    sources[part.facts.name] = proven.level;
    checks.push(whole, ...proven.checks);
  }
  return { version: 1, level: lowestOf(Object.values(sources)), sources, at: app.clock.now(), checks };

  async function look(part: Part): Promise<Proven> {
    const { name } = part.facts;
    const attempt = async (check: string, work: () => Promise<unknown>): Promise<Check> => {
      try {
        await work();
        return { name: check, source: name, result: 'passed' };
      } catch (error) {
        signal?.throwIfAborted();
        return { name: check, source: name, result: 'failed', detail: causeOf(error) };
      }
    };
    if (part.kind === 'files') return { level: 'restored', checks: [] };
    const file = join(folder, part.copy.file);
    if (part.kind === 'postgres') {
      return levelled('decoded', [await attempt('decode', () => checkDump(reach, part, file, part.copy))]);
    }
    return proveSqlite(part, file, signal);
  }
}

const levelled = (level: Level, checks: Check[]): Proven =>
  checks.some(({ result }) => result === 'failed') ? { level: 'copied', checks } : { level, checks };

/** Sizes and digests of all that was written. */
async function reread(folder: string, part: Part, told: ReturnType<typeof toldOf>): Promise<Check> {
  const check = { name: 'manifest', source: part.facts.name };
  try {
    if (part.kind === 'files') await checkFiles(part, folder, told);
    else await requireWhole(join(folder, part.copy.file), part.copy, told);
    return { ...check, result: 'passed' };
  } catch (error) {
    told.signal?.throwIfAborted();
    return { ...check, result: 'failed', detail: causeOf(error) };
  }
}
