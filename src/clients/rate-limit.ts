/** How long a server asks to be left alone. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Told nothing, we come back after this. */
const UNTOLD = 60_000;
/** A clock that is wrong elsewhere must not keep us away for days. */
const LONGEST = 6 * 3_600_000;

/**
 * When requests may go on, from `Retry-After` (seconds or a date), `RateLimit-Reset` (seconds from now),
 * `X-RateLimit-Reset` (seconds since 1970, as GitHub has it), or the window in `RateLimit-Remaining: 0;w=21600`.
 * @returns milliseconds since 1970
 */
export function openAgainAt(headers: Headers, now: number): number {
  const text = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const seconds = (name: string) => {
    const value = text(name);
    return value !== undefined && /^\d+$/.test(value.trim()) ? Number(value) * 1000 : undefined;
  };
  const after = seconds('retry-after');
  const date = Date.parse(text('retry-after') ?? '');
  const reset = seconds('x-ratelimit-reset');
  const window = /;\s*w=(\d+)/.exec(text('ratelimit-remaining') ?? text('ratelimit-limit') ?? '')?.[1];
  const at =
    after !== undefined
      ? now + after
      : !Number.isNaN(date)
        ? date
        : (plus(now, seconds('ratelimit-reset')) ??
          reset ??
          plus(now, window === undefined ? undefined : Number(window) * 1000) ??
          now + UNTOLD);
  return Math.min(Math.max(at, now), now + LONGEST);
}

const plus = (now: number, more: number | undefined) => (more === undefined ? undefined : now + more);
