/** Data that got suddenly smaller: a backup is as good as its source, and a source can be emptied. */

/** What a backup holds: rows by source and table (a folder has `files`), bytes by folder. `takenAt` in ms since 1970. */
export type Amounts = {
  takenAt: number;
  counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  sizes: Readonly<Record<string, number>>;
};

/** Something that is much less than it was. `usual`: the median of the last proven backups. */
export type Shrunk =
  | { kind: 'rows'; source: string; table: string; usual: number; now: number }
  /** Bytes of the files in a folder. */
  | { kind: 'bytes'; source: string; usual: number; now: number };

/** Somebody was told and took it for right: what was taken before `at` counts as if it had been so already. */
export type Accepted = { at: number; what: Shrunk };

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
 * @param accepted the newest first
 */
export function findShrunk(
  present: Amounts,
  history: readonly Amounts[],
  accepted: readonly Accepted[] = [],
): Shrunk[] {
  const past = history.slice(0, HISTORY_MOST);
  if (past.length < HISTORY_LEAST) return [];
  const all = itemsOf(present);
  const usuals = past.map((one) => ({ takenAt: one.takenAt, items: itemsOf(one) }));
  const keys = new Set(usuals.flatMap(({ items }) => [...items.keys()]));
  return [...keys].flatMap((key) => {
    const [kind, source, table = ''] = JSON.parse(key) as [Shrunk['kind'], string, string?];
    const level = accepted.find(({ what }) => keyOf(what) === key);
    const before = usuals.map(({ takenAt, items }) =>
      level !== undefined && takenAt < level.at ? level.what.now : (items.get(key) ?? 0),
    );
    const now = all.get(key) ?? 0;
    const usual = medianOf(before);
    if (!isShrunk(now, before, usual, LEAST[kind])) return [];
    return [kind === 'rows' ? { kind, source, table, usual, now } : { kind, source, usual, now }];
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
  return new Map([
    ...Object.entries(counts).flatMap(([source, tables]) =>
      Object.entries(tables).map(([table, rows]) => [keyOf({ kind: 'rows', source, table }), rows] as const),
    ),
    ...Object.entries(sizes).map(([source, bytes]) => [keyOf({ kind: 'bytes', source }), bytes] as const),
  ]);
}

type Key = { kind: 'rows'; source: string; table: string } | { kind: 'bytes'; source: string };

const keyOf = (key: Key): string =>
  JSON.stringify(key.kind === 'rows' ? [key.kind, key.source, key.table] : [key.kind, key.source]);

/** @param numbers at least one */
function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, z) => a - z);
  const [low = 0, high = low] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return (low + high) / 2;
}
