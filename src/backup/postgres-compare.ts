/** A restored PostgreSQL database beside what its copy was taken of: each difference by its name. */
import { isDeepStrictEqual } from 'node:util';
import type { PostgresPart, Properties } from './manifest.ts';
import type { Catalog, Positions } from './postgres-facts.ts';
import type { Rows } from './postgres-rows.ts';
import type { Check } from './proof.ts';

export type Restored = Rows & {
  views: Readonly<Record<string, string | null>>;
  sequences: Positions;
  properties: Properties;
  catalog: Catalog;
};

/** More of them say no more. */
const TOLD = 3;

export function compareRestored(part: PostgresPart, restored: Restored): Check[] {
  const check = createCheck(part);
  const { facts, besides } = part;
  return [
    check(
      'rows',
      differences(facts.counts, restored.counts, (rows) => `${rows} rows`),
    ),
    ...compareContents(part, restored),
    check('settings', settingsApart(part.properties, restored.properties)),
    ...(besides === undefined
      ? [leftOut(part, 'sequences and extensions', 'this copy was taken without them')]
      : [
          check('sequences', sequencesApart(besides.sequences, restored.sequences)),
          check('extensions', differences(besides.extensions, restored.catalog.extensions, String)),
        ]),
  ];
}

function compareContents(part: PostgresPart, { digests, views }: Restored): Check[] {
  const { facts, besides } = part;
  if (facts.digests === undefined)
    return [leftOut(part, 'contents', 'what the rows hold was not read when the copy was taken')];
  const wrong = Object.entries(facts.digests).filter(([table, digest]) => digests[table] !== digest);
  const detail = firstOf(wrong.map(([table]) => `"${table}" holds other rows`));
  // Each restore computes them anew, of tables that were compared; the source may have done so long before.
  const known = Object.entries(besides?.views ?? {});
  const unfilled = known.filter(([name, digest]) => (digest === null) !== ((views[name] ?? null) === null));
  const stale = known.filter(([name, digest]) => digest !== null && views[name] !== digest);
  return [
    createCheck(part)('contents', detail),
    ...contentsLeftOut(part),
    ...(known.length === 0
      ? []
      : [
          createCheck(part)(
            'materialized views',
            firstOf(unfilled.map(([name, digest]) => `"${name}" is ${digest === null ? '' : 'not '}filled`)),
          ),
        ]),
    ...(stale.length === 0 || unfilled.length > 0
      ? []
      : [
          leftOut(
            part,
            'rows of materialized views',
            `a restore computes them anew, and ${firstOf(stale.map(([name]) => `"${name}"`))} had not been since its tables changed`,
          ),
        ]),
  ];
}

/** What was too large for its rows to be read when the copy was taken; empty for a copy that was taken without digests. */
export function contentsLeftOut(part: PostgresPart): Check[] {
  const { counts, digests } = part.facts;
  if (digests === undefined) return [];
  const names = Object.keys(counts).filter((table) => digests[table] === undefined);
  if (names.length === 0) return [];
  return [
    leftOut(part, 'contents of large tables', `only counted: ${firstOf(names.map((name) => `"${name}"`))}`),
  ];
}

/** @returns a check that failed with the detail, or passed without one */
export const createCheck =
  ({ facts: { name: source } }: PostgresPart) =>
  (name: string, detail: string | undefined): Check =>
    detail === undefined ? { name, source, result: 'passed' } : { name, source, result: 'failed', detail };

export const leftOut = ({ facts: { name: source } }: PostgresPart, name: string, detail: string): Check => ({
  name,
  source,
  result: 'left out',
  detail,
});

/** The first few, and how many more there are; undefined for none. */
export function firstOf(all: readonly string[]): string | undefined {
  if (all.length === 0) return undefined;
  const more = all.length > TOLD ? [`${all.length - TOLD} more`] : [];
  return [...all.slice(0, TOLD), ...more].join(', ');
}

function differences<Value>(
  expected: Readonly<Record<string, Value>>,
  found: Readonly<Record<string, Value>>,
  tell: (value: Value) => string,
): string | undefined {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return firstOf(
    names.flatMap((name) => {
      const [before, after] = [expected[name], found[name]];
      if (before === after) return [];
      if (after === undefined) return [`"${name}" is missing`];
      if (before === undefined) return [`"${name}" is too many`];
      return [`"${name}" has ${tell(after)} instead of ${tell(before)}`];
    }),
  );
}

function sequencesApart(
  expected: NonNullable<PostgresPart['besides']>['sequences'],
  found: Positions,
): string | undefined {
  const order = ({ value, called }: { value: string; called: boolean }) =>
    BigInt(value) * 2n + (called ? 1n : 0n);
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return firstOf(
    names.flatMap((name) => {
      const [range, now] = [expected[name], found[name]];
      if (now === undefined) return [`"${name}" is missing`];
      if (range === undefined) return [`"${name}" is too many`];
      const [first, last] = range;
      const ends = [order(first), order(last)].sort((a, b) => Number(a > b) - Number(a < b));
      const isBetween = order(now) >= (ends[0] ?? 0n) && order(now) <= (ends[1] ?? 0n);
      const wanted = first.value === last.value ? first.value : `${first.value} to ${last.value}`;
      const unused = now.called ? '' : ', not used yet,';
      return isBetween ? [] : [`"${name}" is at ${now.value}${unused} instead of ${wanted}`];
    }),
  );
}

/** A scratch server has no tablespace but its own. */
function settingsApart(expected: Properties, found: Properties): string | undefined {
  const { settings, grants, tablespace: _there, ...others } = expected;
  const { settings: nowSettings, grants: nowGrants, tablespace: _here, ...nowOthers } = found;
  const key = ({ role, name }: Properties['settings'][number]) =>
    role === undefined ? name : `${name} of ${role}`;
  const texts = (of: Properties['settings']) => Object.fromEntries(of.map((one) => [key(one), one.value]));
  const grantTexts = (of: Properties['grants']) =>
    of
      ?.map(({ to = 'public', privilege, grantable }) => `${privilege} to ${to}${grantable ? ' *' : ''}`)
      .sort();
  const apart = Object.entries(others).flatMap(([name, value]) => {
    const now = (nowOthers as Record<string, unknown>)[name];
    return value === now ? [] : [`${name} is ${String(now)} instead of ${String(value)}`];
  });
  const isGrantedAlike = isDeepStrictEqual(grantTexts(grants), grantTexts(nowGrants));
  return firstOf([
    ...apart,
    ...[differences(texts(settings), texts(nowSettings), (value) => `"${value}"`)].filter(
      (one) => one !== undefined,
    ),
    ...(isGrantedAlike ? [] : ['other rights on the database']),
  ]);
}
