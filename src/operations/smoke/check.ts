/** What a check of the smoke test is: one look at one kind of thing. */
import type { App } from '../../app.ts';
import { causeOf } from '../../errors.ts';
import type { Level } from '../../report/host-findings.ts';
import type { Finding, FindingFact, Severity } from '../../report/alerts.ts';

export type SmokeReach = Pick<
  App,
  'services' | 'hosts' | 'store' | 'machine' | 'https' | 'probe' | 'locks' | 'guard' | 'clock'
>;

export type SmokeOptions = {
  signal: AbortSignal;
  /** How far beyond its limits this trouble is told to be; undefined: it is not told. */
  told: (key: string) => Level | undefined;
  /** Milliseconds between two looks at what may be a moment's matter. */
  pause: number;
};

export type NotLooked = {
  /** A key, or the beginning of keys where it ends with a colon: `disk:/`, `smart:`. */
  key: string;
  why: string;
  /**
   * `lacking`: this machine never lets it be looked at, a program or a sensor is not there. `told`: something else that
   * is told keeps it from being looked at. Absent: for this once.
   */
  because?: 'lacking' | 'told';
};

export type Look = {
  findings: readonly Finding[];
  /** Keys of what was looked at, well or not. */
  looked: readonly string[];
  notLooked: readonly NotLooked[];
};

export type SmokeCheck = {
  /** Keys, or the beginnings of keys: a trouble that is told under one of them is over when a look finds it no more. */
  keys: readonly string[];
  /** `often`: each quarter of an hour; `daily`: in the morning alone, and often while it has something to say. */
  pace: 'often' | 'daily';
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

export const notLookedAt = (key: string, why: string, because?: NotLooked['because']): Look => ({
  findings: [],
  looked: [],
  notLooked: [{ key, why: why.replace(/\.$/, ''), ...(because === undefined ? {} : { because }) }],
});

/** A client could not be asked: for once where it took too long, else because it lacks what it needs. */
export const failedToLook = (key: string, error: unknown): Look => {
  const isSlow = error instanceof Error && error.name === 'TimeoutError';
  return notLookedAt(key, causeOf(error), isSlow ? undefined : 'lacking');
};
