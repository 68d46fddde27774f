/** How far a backup is proven: everything is read back, and put where it can be compared with what its source held. */
import { join } from 'node:path';
import { digestFile } from '../../backup/disk.ts';
import { copiesOf, readManifest, type Copy, type Part } from '../../backup/manifest.ts';
import { checkDump } from '../../backup/postgres.ts';
import { lowestOf, type Check, type Level, type Proof } from '../../backup/proof.ts';
import { proveSqlite, type Proven } from '../../backup/sqlite-check.ts';
import { causeOf } from '../../errors.ts';
import type { Service } from '../../services.ts';
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
  const copies = manifest.parts.map((part) => copiesOf(part));
  const total = copies.flat().reduce((sum, { size }) => sum + size, 0);
  const told = toldOf(options, total);

  const sources: Record<string, Level> = {};
  const checks: Check[] = [];
  for (const [index, part] of manifest.parts.entries()) {
    const whole = await reread(folder, part, copies[index] ?? [], told);
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
async function reread(
  folder: string,
  { facts: { name: source } }: Part,
  copies: readonly Copy[],
  told: ReturnType<typeof toldOf>,
): Promise<Check> {
  const check = { name: 'manifest', source };
  for (const { file, size, sha256 } of copies) {
    const path = join(folder, file);
    try {
      const found = await digestFile(path, told);
      if (found.size === size && found.sha256 === sha256) continue;
      return {
        ...check,
        result: 'failed',
        detail: `The copy "${path}" has other contents than were written.`,
      };
    } catch (error) {
      told.signal?.throwIfAborted();
      return { ...check, result: 'failed', detail: `Cannot read the copy "${path}": ${causeOf(error)}` };
    }
  }
  return { ...check, result: 'passed' };
}
