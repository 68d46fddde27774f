/** Data that got suddenly smaller: a backup is as good as its source, and a source can be emptied. */

/** What a backup holds: rows by source and table (a folder has `files`), bytes by folder. */
export type Amounts = {
  counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  sizes: Readonly<Record<string, number>>;
};

/** Something that is much less than it was. `usual`: the median of the last proven backups. */
export type Shrunk =
  | { kind: 'rows'; source: string; table: string; usual: number; now: number }
  /** Bytes of the files in a folder. */
  | { kind: 'bytes'; source: string; usual: number; now: number };

/** Fewer say nothing about what is usual. */
export const HISTORY_LEAST = 3;
/** So many of the last proven ones are compared with. */
export const HISTORY_MOST = 7;

/** What is left is less than this share of the usual. */
const LEFT = 0.5;
/** What grew no more than so many times over was never about to be empty. */
const STEADY = 3;
/** Smaller losses are no news: in rows or files, and in bytes. */
const LEAST: Readonly<Record<Shrunk['kind'], number>> = { rows: 10, bytes: 10e6 };

/**
 * What is less than its usual by half or more, and by more than it was lately seen to vary: that tells apart tables which
 * come and go (queues, sessions). All of it lost is told of whatever was about as much all the time; a table or source
 * that is gone has nothing left.
 * @param history of the last proven backups before it, at most {@link HISTORY_MOST} count, the newest first
 * @param accepted amounts that somebody was told of and took for right: no less than these is no news
 */
export function findShrunk(
  present: Amounts,
  history: readonly Amounts[],
  accepted: readonly Shrunk[] = [],
): Shrunk[] {
  const past = history.slice(0, HISTORY_MOST);
  if (past.length < HISTORY_LEAST) return [];
  const all = itemsOf(present);
  const usuals = past.map(itemsOf);
  const keys = new Set(usuals.flatMap((items) => [...items.keys()]));
  return [...keys].flatMap((key) => {
    const [kind, source, table = ''] = JSON.parse(key) as [Shrunk['kind'], string, string?];
    const before = usuals.map((items) => items.get(key) ?? 0);
    const now = all.get(key) ?? 0;
    const usual = medianOf(before);
    if (!isShrunk(now, before, usual, LEAST[kind])) return [];
    const shrunk: Shrunk =
      kind === 'rows' ? { kind, source, table, usual, now } : { kind, source, usual, now };
    const level = accepted.find((one) => isSame(one, shrunk))?.now;
    return level !== undefined && now >= level * LEFT ? [] : [shrunk];
  });
}

/** @param before the newest first */
function isShrunk(now: number, before: readonly number[], usual: number, least: number): boolean {
  if (now >= usual * LEFT || usual - now < least) return false;
  const [lowest, highest] = [Math.min(...before), Math.max(...before)];
  if (now === 0 && lowest >= least && highest <= lowest * STEADY) return true;
  const falls = before.map((amount, index) => (before[index + 1] ?? amount) - amount);
  return now < lowest - (highest - lowest) - 2 * Math.max(0, ...falls);
}

/** Each amount under a key of its own. */
function itemsOf({ counts, sizes }: Amounts): Map<string, number> {
  const key = (...parts: [kind: Shrunk['kind'], ...names: string[]]) => JSON.stringify(parts);
  return new Map([
    ...Object.entries(counts).flatMap(([source, tables]) =>
      Object.entries(tables).map(([table, rows]) => [key('rows', source, table), rows] as const),
    ),
    ...Object.entries(sizes).map(([source, bytes]) => [key('bytes', source), bytes] as const),
  ]);
}

const isSame = (one: Shrunk, other: Shrunk): boolean =>
  one.kind === other.kind &&
  one.source === other.source &&
  (one.kind !== 'rows' || other.kind !== 'rows' || one.table === other.table);

/** @param numbers at least one */
function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, z) => a - z);
  const [low = 0, high = low] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return (low + high) / 2;
}
