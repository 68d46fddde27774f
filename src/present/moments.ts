/** Moments, for a reader whose own client puts them into his zone and language, and for one whose client cannot. */
import { rich, type Rich, type Span } from '../rich.ts';
import type { Texts } from '../texts/index.ts';

export const timeOf = (at: number, texts: Texts): Span => ({
  time: at,
  fallback: texts.local(at).time.slice(0, 5),
  format: 'time',
});

/** The time alone for today; else with its day. */
export function momentOf(at: number, now: number, texts: Texts): Rich {
  const { day, time } = texts.local(at);
  if (day === texts.local(now).day) return [{ time: at, fallback: time, format: 'time' }];
  return rich`${{ time: at, fallback: texts.dateOf(at, now), format: 'date' }} ${timeOf(at, texts)}`;
}

/** The same for what need not be known to the second. */
export const minuteOf = (at: number, now: number, texts: Texts): Rich =>
  texts.local(at).day === texts.local(now).day ? [timeOf(at, texts)] : momentOf(at, now, texts);

export const spanOf = (at: number, now: number, texts: Texts): Span => ({
  time: at,
  fallback: texts.ago(now - at),
  format: 'relative',
});

/** One whose day is told where the client cannot say how far it is. */
export const farSpan = (at: number, texts: Texts): Span => ({
  time: at,
  fallback: `${texts.dateOf(at)} ${texts.local(at).time.slice(0, 5)}`,
  format: 'relative',
});
