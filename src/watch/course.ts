/** The course of one thing that is watched, from look to look: when a trouble becomes an alert, and when that is over. */
import type { Ending } from '../report/alerts.ts';

/** What a look says of it now. Times in milliseconds since 1970. */
export type Sight =
  /** `since`: when it came up, where that is known. */
  | { is: 'well'; since?: number | undefined }
  /** `since`: when the trouble began, where that is known. */
  | { is: 'trouble'; since?: number | undefined }
  /** It starts, which may take its time. */
  | { is: 'coming' }
  /** Somebody stopped it on purpose. */
  | { is: 'stopped' }
  /** Its host cannot be asked. */
  | { is: 'unknown' }
  /** Steward works on it, or a deploy runs: what it looks like now says nothing. */
  | { is: 'left-alone' };

/** What is remembered from look to look. */
export type Course = {
  troubleSince?: number;
  wellSince?: number;
  comingSince?: number;
  stoppedSince?: number;
  /** When it was last left alone: what began before counts from then. */
  leftAt?: number;
};

/** Milliseconds. */
export type Rules = {
  /** A trouble that is younger may heal itself. */
  after: number;
  /** It has to be well for so long. */
  settle: number;
  /** It may take so long to start. */
  patience: number;
};

export type Verdict =
  | { is: 'alert'; since: number }
  /** Nothing is wrong: an open alert is over. */
  | { is: 'over'; at: number; ending: Ending }
  /** An open alert stays, and none is opened. */
  | { is: 'wait' };

export type Followed = {
  course: Course;
  verdict: Verdict;
  /** When to look again at the latest, if nothing happens before. */
  wakeAt?: number;
};

/**
 * Times of before that lie in the future now count as now: the clock was set back.
 * @param state.openedAt of its alert, if it has one now: a trouble goes on with that, and only a lasting recovery ends it
 */
export function follow(
  course: Course,
  sight: Sight,
  { rules, openedAt, now }: { rules: Rules; openedAt: number | undefined; now: number },
): Followed {
  const fresh: Course = course.leftAt === undefined ? {} : { leftAt: Math.min(course.leftAt, now) };
  switch (sight.is) {
    case 'left-alone':
      return { course: { leftAt: now }, verdict: { is: 'wait' } };
    case 'unknown':
      return { course, verdict: { is: 'wait' } };
    case 'stopped': {
      if (openedAt === undefined)
        return { course: fresh, verdict: { is: 'over', at: now, ending: 'stopped' } };
      // Who stops it may be about to start it again, by hand or by a boot.
      const stoppedSince = Math.min(course.stoppedSince ?? now, now);
      if (now - stoppedSince >= rules.after)
        return { course: fresh, verdict: { is: 'over', at: stoppedSince, ending: 'stopped' } };
      return {
        course: { ...fresh, stoppedSince },
        verdict: { is: 'wait' },
        wakeAt: stoppedSince + rules.after,
      };
    }
    case 'well': {
      if (openedAt === undefined) return { course: fresh, verdict: { is: 'over', at: now, ending: 'well' } };
      const wellSince = Math.min(course.wellSince ?? cameUp(course, sight, openedAt) ?? now, now);
      if (now - wellSince >= rules.settle)
        return { course: fresh, verdict: { is: 'over', at: wellSince, ending: 'well' } };
      return { course: { ...fresh, wellSince }, verdict: { is: 'wait' }, wakeAt: wellSince + rules.settle };
    }
    case 'coming': {
      const comingSince = Math.min(course.comingSince ?? now, now);
      if (now - comingSince >= rules.patience)
        return { course, verdict: { is: 'alert', since: comingSince } };
      return {
        course: { ...fresh, comingSince },
        verdict: { is: 'wait' },
        wakeAt: comingSince + rules.patience,
      };
    }
    case 'trouble': {
      const begun = Math.min(course.troubleSince ?? now, sight.since ?? now, now);
      const troubleSince = Math.max(begun, fresh.leftAt ?? begun);
      const next: Course = { ...fresh, troubleSince };
      if (openedAt !== undefined || now - troubleSince >= rules.after)
        return { course: next, verdict: { is: 'alert', since: troubleSince } };
      return { course: next, verdict: { is: 'wait' }, wakeAt: troubleSince + rules.after };
    }
  }
}

/** Where nobody has seen it come back, it tells itself since when it is up. */
const cameUp = (
  { troubleSince }: Course,
  { since }: Sight & { is: 'well' },
  openedAt: number,
): number | undefined =>
  troubleSince === undefined && since !== undefined && since > openedAt ? since : undefined;
