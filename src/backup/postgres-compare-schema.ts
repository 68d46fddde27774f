/** The schema of a restored PostgreSQL database beside the one that its copy was taken of. */
import { schemaOfDump, type Copied } from './postgres-archive.ts';
import { createCheck, firstOf, leftOut } from './postgres-compare.ts';
import { digestSchema, readSchema } from './postgres-text.ts';
import type { Check } from './proof.ts';
import type { Place, Reach } from './psql.ts';

/** What a line of a schema is about. */
const THEMES: readonly [name: string, line: RegExp][] = [
  ['owners', / OWNER TO /],
  ['grants', /^(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) /],
  ['schema', /^/],
];

export async function compareSchema(
  reach: Reach,
  place: Place,
  copied: Copied,
  { version, migrations, list: chosen }: { version: number; migrations: unknown[]; list: string | undefined },
): Promise<Check[]> {
  const { part } = copied;
  const check = createCheck(part);
  const passed = THEMES.map(([name]) => check(name, undefined));
  const major = (of: number) => Math.floor(of / 10_000);
  const copiedVersion = part.besides?.server.version ?? version;
  if (major(copiedVersion) !== major(version)) {
    const detail = `PostgreSQL ${major(version)} writes it otherwise than ${major(copiedVersion)}, which it was copied from`;
    return [leftOut(part, 'schema', detail)];
  }
  const now = await readSchema(reach, place, []);
  if (chosen === undefined && digestSchema(now, migrations) === part.facts.schema) return passed;
  // Not alike to the letter: the dump tells what it was, once it is known to be of that source.
  const whole = await schemaOfDump(reach, place, copied, []);
  if (digestSchema(whole, migrations) !== part.facts.schema) {
    return [check('schema', 'the dump, or the migrations in it, are not those of the source')];
  }
  const then =
    chosen === undefined ? whole : await schemaOfDump(reach, place, copied, [`--use-list=${chosen}`]);
  const gone = without(then, now).map((line) => `missing: ${line.trim()}`);
  const come = without(now, then).map((line) => `not in the source: ${line.trim()}`);
  const apart = [...gone, ...come];
  const themeOf = (line: string) =>
    THEMES.find(([, pattern]) => pattern.test(line.replace(/^[^:]+: /, '')))?.[0];
  return THEMES.map(([name]) => check(name, firstOf(apart.filter((line) => themeOf(line) === name))));
}

/** Lines that are in the first more often than in the second. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others.map(plainly)) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(plainly(line)) ?? 0;
    left.set(plainly(line), count - 1);
    return count <= 0;
  });
}

/**
 * PostgreSQL writes a list of texts in a condition otherwise once it has read its own writing: the casts move from the
 * list to its elements. A scratch server has no tablespace but its own.
 */
function plainly(line: string): string {
  if (line.startsWith('SET default_tablespace = ')) return '';
  if (!line.includes('ARRAY[')) return line;
  return line.replaceAll(/[()]|::(?:text|character varying)(?:\[\])?/g, '');
}
