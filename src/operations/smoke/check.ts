/** What a check of the smoke test is: one look at one kind of thing. */
import type { App } from '../../app.ts';
import type { Finding, FindingFact, Severity } from '../../report/alerts.ts';

export type SmokeReach = Pick<
  App,
  'services' | 'hosts' | 'store' | 'machine' | 'https' | 'probe' | 'locks' | 'guard' | 'clock'
>;

export type SmokeOptions = {
  signal: AbortSignal;
  /** Whether this trouble is told already. */
  isOpen: (key: string) => boolean;
  /** Milliseconds between two looks at what may be a moment's matter. */
  pause: number;
};

/** A key, or all keys that begin so where it ends with a colon: `disk:/`, `smart:`. */
export type NotLooked = { key: string; why: string };

export type Look = {
  findings: readonly Finding[];
  /** Keys of what was looked at, well or not. */
  looked: readonly string[];
  notLooked: readonly NotLooked[];
};

export type SmokeCheck = {
  /** The beginnings of its keys: a trouble that is told under one of them is over when a look finds it no more. */
  keys: readonly `${string}:`[] | readonly string[];
  /** `often`: each quarter of an hour; `daily`: in the morning alone, and often while it has something to say. */
  pace: 'often' | 'daily';
  /** Never to be looked at beside something that would be blamed on it: while a deploy runs, units come and go. */
  look(app: SmokeReach, options: SmokeOptions): Promise<Look>;
};

/** Nothing to look at, and nothing wrong. */
export const NOTHING: Look = { findings: [], looked: [], notLooked: [] };

export const merged = (looks: readonly Look[]): Look => ({
  findings: looks.flatMap(({ findings }) => findings),
  looked: looks.flatMap(({ looked }) => looked),
  notLooked: looks.flatMap(({ notLooked }) => notLooked),
});

/** One thing was looked at, and is well or has this to say. */
export const lookedAt = (
  { clock }: Pick<SmokeReach, 'clock'>,
  key: string,
  fact: FindingFact | undefined,
  severity: Severity = 'warning',
): Look => ({
  findings: fact === undefined ? [] : [{ key, severity, since: clock.now(), fact }],
  looked: [key],
  notLooked: [],
});

export const notLookedAt = (key: string, why: string): Look => ({
  findings: [],
  looked: [],
  notLooked: [{ key, why: why.replace(/\.$/, '') }],
});
