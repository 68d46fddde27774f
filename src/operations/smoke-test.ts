/**
 * The smoke test: one look at everything that a service stands on. What could not be looked at is said, and never
 * counts as well.
 */
import { causeOf } from '../errors.ts';
import { backups } from './smoke/backups.ts';
import { merged, notLookedAt, type Look, type SmokeCheck, type SmokeReach } from './smoke/check.ts';
import { disks } from './smoke/disks.ts';
import { clock, memory, temperature } from './smoke/machine.ts';
import { kernelErrors, readOnly, smart } from './smoke/storage.ts';
import { failedUnits } from './smoke/units.ts';
import { https, vpn } from './smoke/ways.ts';
import { reconcile } from './watch/reconcile.ts';
import { tellAlerts, type TellReach } from './watch/tell-alerts.ts';

const CHECKS: readonly SmokeCheck[] = [
  disks,
  memory,
  temperature,
  clock,
  readOnly,
  kernelErrors,
  smart,
  failedUnits,
  vpn,
  https,
  backups,
];

/** Milliseconds until what may be a moment's matter is looked at again. */
const PAUSE = 10_000;

/** Fact: what the last one of the day could not look at this once. */
export const NOT_LOOKED = 'smoke-test:not-looked';

export type SmokeTestOptions = {
  signal: AbortSignal;
  /** Only what changes quickly, and what has an open alert. */
  often?: boolean;
  /** Milliseconds between two looks at what may be a moment's matter. */
  pause?: number;
};

export type SmokeTest = Look & {
  /** Whether this look can speak about the trouble of this key, well or not. */
  covers: (key: string) => boolean;
};

/** Look at everything at the same time. Never rejects but for the signal. */
export async function smokeTest(
  app: SmokeReach,
  { signal, often = false, pause = PAUSE }: SmokeTestOptions,
): Promise<SmokeTest> {
  const open = new Map(app.store.alerts.open().map(({ key, finding }) => [key, finding.fact]));
  const told = (key: string) => {
    const fact = open.get(key);
    return fact === undefined ? undefined : 'level' in fact ? fact.level : 'warn';
  };
  const checks = CHECKS.filter(
    (check) => !often || check.pace === 'often' || [...open.keys()].some((key) => isAbout(check.keys, key)),
  );
  const looks = await Promise.all(
    checks.map((check) =>
      check.look(app, { signal, told, pause }).catch((error: unknown) => {
        signal.throwIfAborted();
        return merged(check.keys.map((key) => notLookedAt(key, causeOf(error))));
      }),
    ),
  );
  const whole = merged(looks);
  const keys = checks.flatMap((check) => check.keys);
  const unseen = whole.notLooked.map(({ key }) => key);
  return {
    ...whole,
    covers: (key) => whole.looked.includes(key) || (isAbout(keys, key) && !isAbout(unseen, key)),
  };
}

/** The same, by the clock: alerts are brought in line with what was found. */
export async function runSmokeTest(
  app: SmokeReach & TellReach,
  options: SmokeTestOptions,
): Promise<SmokeTest> {
  const test = await smokeTest(app, options);
  const { findings, looked, notLooked, covers } = test;
  const at = app.clock.now();
  // The next report is not to say that all is well. What is never looked at here is no news, and what is told is told.
  if (options.often !== true) {
    const missed = notLooked.filter(({ because }) => because === undefined);
    app.store.facts.put(NOT_LOOKED, missed);
  }
  reconcile(app, findings, {
    covers,
    // What is not named any more, or was taken away, has not become well.
    over: (key) => ({ at, ending: isAbout(looked, key) ? 'well' : 'unwatched' }),
  });
  tellAlerts(app);
  return test;
}

/** A name that ends with a colon is the beginning of keys. */
const isAbout = (names: readonly string[], key: string): boolean =>
  names.some((name) => key === name || (name.endsWith(':') && key.startsWith(name)));
