/** Whose ids are whose: in a container of a rootless user they mean others than on the host. */
import type { IdRange } from './facts.ts';

/** user_namespaces(7), `/proc/<pid>/uid_map`: inside, outside, count. @returns undefined where all ids stay as they are */
export function parseIdMap(text: string): IdRange[] | undefined {
  const ranges = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((numbers) => numbers.length === 3 && numbers.every(Number.isSafeInteger))
    .map(([inside = 0, outside = 0, count = 0]) => ({ inside, outside, count }));
  const isPlain = ranges.length === 1 && ranges[0]?.inside === 0 && ranges[0].outside === 0;
  return ranges.length === 0 || isPlain ? undefined : ranges;
}

/**
 * What a rootless engine maps: the user itself as root, then the ids that /etc/subuid gives to the user.
 * @param text of /etc/subuid: `user:first:count`, by name or number
 */
export function rootlessIds({ uid, name }: { uid: number; name: string }, text: string): IdRange[] {
  const ranges: IdRange[] = [{ inside: 0, outside: uid, count: 1 }];
  let inside = 1;
  for (const line of text.split('\n')) {
    const [owner, first, count] = line.trim().split(':');
    if ((owner !== name && owner !== String(uid)) || first === undefined || count === undefined) continue;
    ranges.push({ inside, outside: Number(first), count: Number(count) });
    inside += Number(count);
  }
  return ranges;
}

/** @returns what the host calls an id of the container; undefined for one that is not mapped */
export function hostId(inside: number, ranges: readonly IdRange[] | undefined): number | undefined {
  if (ranges === undefined) return inside;
  const range = ranges.find((one) => inside >= one.inside && inside < one.inside + one.count);
  return range === undefined ? undefined : range.outside + (inside - range.inside);
}
