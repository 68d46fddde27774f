/**
 * Versions as projects write them: `v2.6.1`, `1.23.16`, `2.0.0-rc.1`, `1.2`, `1`, `2026.11.2`, `2026-11-20`, `16-alpine`.
 * What cannot be told is `unknown`, never guessed: words (`release`, `latest`), commits, different schemes.
 */

export type Version = {
  /** Numbers, the most significant first. */
  parts: readonly number[];
  /** Parts of a pre-release: `rc.1` is `['rc', 1]`; empty for a final version. */
  pre: readonly (string | number)[];
  /** What stands behind a final version and is part of its meaning only beside another: `alpine`, `ls120`. */
  variant: string | undefined;
  /** Years are not majors. */
  isDate: boolean;
};

/** How the second version stands to the first. */
export type Comparison = 'newer' | 'same' | 'older' | 'unknown';
export type Step = 'major' | 'minor' | 'patch';

const PRE = /^(?:alpha|beta|rc|pre|preview|dev|nightly|canary|snapshot|a|b|c)(?=[.\d-]|$)/i;
const OLDEST_YEAR = 1990;
const LATEST_YEAR = 2100;
const isYear = (number: number | undefined) =>
  number !== undefined && number >= OLDEST_YEAR && number <= LATEST_YEAR;

/** @returns undefined for what names no version */
export function parseVersion(text: string): Version | undefined {
  const bare = text
    .trim()
    .replace(/^(?:release|version)[-_./]?(?=v?\d)/i, '')
    .replace(/^v(?=\d)/i, '');
  return parseDate(bare) ?? parseNumbers(bare);
}

/** `2026-11-20`, `20261120`, each with a time of day that follows. */
function parseDate(text: string): Version | undefined {
  const [, year, month, day, rest = ''] =
    /^(\d{4})-(\d{2})-(\d{2})([T._-].*)?$/.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})([T._-]\d.*)?$/.exec(text) ??
    [];
  const parts = [year, month, day].map(Number);
  const [y, m = 0, d = 0] = parts;
  if (!isYear(y) || m < 1 || m > 12 || d < 1 || d > 31) return undefined;
  const time = /^[T._-]([\d:._-]+)Z?$/.exec(rest)?.[1];
  if (rest !== '' && time === undefined) return undefined;
  const more = (time ?? '').split(/\D+/).filter(Boolean).map(Number);
  return { parts: [...parts, ...more], pre: [], variant: undefined, isDate: true };
}

function parseNumbers(text: string): Version | undefined {
  const [, numbers, suffix = ''] = /^(\d+(?:\.\d+){0,4})(?![\d])([-+_.]?[A-Za-z0-9].*)?$/.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  const parts = numbers.split('.').map(Number);
  if (!parts.every(Number.isSafeInteger)) return undefined;
  const isDate = parts.length > 1 && isYear(parts[0]);
  // Build metadata does not count.
  const [tail = ''] = suffix.replace(/^[-_.]/, '').split('+');
  if (suffix.startsWith('+') || tail === '') return { parts, pre: [], variant: undefined, isDate };
  const isJoined = !/^[-_.]/.test(suffix);
  // `1a2b3c` is a commit rather than a version; `1.0b2` is Python's way to write a beta.
  if (isJoined && (parts.length === 1 || !/^[A-Za-z]+\.?\d*$/.test(tail))) return undefined;
  if (PRE.test(tail)) {
    const pre = tail
      .toLowerCase()
      .split(/[.-]|(?<=[a-z])(?=\d)/)
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    return { parts, pre, variant: undefined, isDate };
  }
  if (isJoined || suffix.startsWith('.')) return undefined;
  return { parts, pre: [], variant: tail.toLowerCase(), isDate };
}

/**
 * How `second` stands to `first`.
 * @param options.exact both name one version: `2.0` is `2.0.0`. Otherwise `2.0` may stand for any 2.0.x.
 */
export function compareVersions(
  first: string,
  second: string,
  { exact = false }: { exact?: boolean } = {},
): Comparison {
  const [a, b] = [parseVersion(first), parseVersion(second)];
  if (a === undefined || b === undefined) return 'unknown';
  // A project that turned from numbers to years, or back: which came first is not in the names.
  if (a.isDate !== b.isDate) return 'unknown';
  const shared = Math.min(a.parts.length, b.parts.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (b.parts[index] as number) - (a.parts[index] as number);
    if (difference !== 0) return difference > 0 ? 'newer' : 'older';
  }
  const [restA, restB] = [a.parts.slice(shared), b.parts.slice(shared)];
  const isOpen = [...restA, ...restB].some((part) => part !== 0);
  if (isOpen) {
    if (!exact) return 'unknown';
    return restB.some((part) => part !== 0) ? 'newer' : 'older';
  }
  return comparePre(a.pre, b.pre) ?? compareVariants(a.variant, b.variant);
}

/** semver.org, 11: a pre-release comes before its version; numbers before words. @returns undefined when they are the same */
function comparePre(a: Version['pre'], b: Version['pre']): 'newer' | 'older' | undefined {
  if (a.length === 0 || b.length === 0) {
    return a.length === b.length ? undefined : a.length > 0 ? 'newer' : 'older';
  }
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const [one, other] = [a[index], b[index]];
    if (one === other) continue;
    if (one === undefined) return 'newer';
    if (other === undefined) return 'older';
    if (typeof one === typeof other) return one < other ? 'newer' : 'older';
    return typeof one === 'number' ? 'newer' : 'older';
  }
  return undefined;
}

/** An image may carry what a release does not (`-alpine`); `-ls120` counts builds of the same. */
function compareVariants(a: string | undefined, b: string | undefined): Comparison {
  if (a === b || a === undefined || b === undefined) return 'same';
  const [one, other] = [a, b].map((text) => /^([a-z]+)(\d+)$/.exec(text));
  if (!one || !other || one[1] !== other[1]) return 'unknown';
  const difference = Number(other[2]) - Number(one[2]);
  return difference === 0 ? 'same' : difference > 0 ? 'newer' : 'older';
}

/**
 * How large the step from one version to a newer one is. Below 1.0 the second number announces what breaks, as the
 * field has it; a year never does.
 * @returns undefined when it is no step to something newer
 */
export function stepOf(first: string, second: string): Step | undefined {
  if (compareVersions(first, second, { exact: true }) !== 'newer') return undefined;
  const [a, b] = [parseVersion(first), parseVersion(second)];
  if (a === undefined || b === undefined) return undefined;
  const changed = b.parts.findIndex((part, index) => part !== (a.parts[index] ?? 0));
  if (changed === -1) return 'patch';
  const leading = a.isDate ? -1 : a.parts[0] === 0 && b.parts[0] === 0 ? 1 : 0;
  return changed <= leading ? 'major' : changed === leading + 1 ? 'minor' : 'patch';
}

/**
 * What a tag gives as time goes by: `fixed` names one version, `within` moves but keeps its numbers (`1`, `2.1`),
 * `moving` follows whatever is published (`latest`, `release`).
 * @param like a release of the same project: a tag with as many numbers is one version
 */
export function tagKind(tag: string, like: string | undefined): 'fixed' | 'within' | 'moving' {
  const version = parseVersion(tag);
  if (version === undefined) return 'moving';
  const whole = (like === undefined ? undefined : parseVersion(like))?.parts.length ?? 3;
  return version.pre.length > 0 || version.parts.length >= whole ? 'fixed' : 'within';
}

/** Whether a tag such as `1` or `2.1` can ever give this version. */
export function tagCovers(tag: string, version: string): boolean {
  const [a, b] = [parseVersion(tag), parseVersion(version)];
  if (a === undefined || b === undefined) return true;
  return a.isDate === b.isDate && a.parts.every((part, index) => part === (b.parts[index] ?? 0));
}
