/** Local times of day → moments, over changes between winter and summer time. */

export type Calendar = {
  /**
   * The next moment at which the clocks show this time.
   * Each day has one: a time that a change skips is as much later as the gap is long (02:30 is shown as 03:30),
   * of a time that a change repeats the first one counts.
   * @param time `HH:MM`, every day or on one weekday (0 is Sunday)
   * @returns milliseconds since 1970, later than `after`
   */
  next(time: { at: string; weekday?: number }, after: number): number;
  /** The local day of a moment: `2026-11-20`. */
  dayOf(moment: number): string;
};

const DAY = 86_400_000;

/** @param timeZone an IANA name */
export function createCalendar(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

  /** What the clocks show at a moment, as if they stood in UTC. */
  const shownAt = (moment: number): number => {
    const part = Object.fromEntries(
      format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };

  /** @param shown what the clocks are to show, as if they stood in UTC */
  const momentOf = (shown: number): number => {
    // The offsets of the day before and after are the two that a change lies between.
    const [early, late] = [shown - DAY, shown + DAY].map((near) => shown - (shownAt(near) - near)) as [
      number,
      number,
    ];
    return shownAt(early) !== shown && shownAt(late) === shown ? late : early;
  };

  return {
    dayOf: (moment) => new Date(shownAt(moment)).toISOString().slice(0, 10),
    next({ at, weekday }, after) {
      const [hour = 0, minute = 0] = at.split(':').map(Number);
      const today = new Date(shownAt(after)).setUTCHours(0, 0, 0, 0);
      // From yesterday, whose time a change can have moved past midnight, to the same weekday of the next week.
      for (let day = today - DAY; day <= today + 8 * DAY; day += DAY) {
        if (weekday !== undefined && new Date(day).getUTCDay() !== weekday) continue;
        const moment = momentOf(new Date(day).setUTCHours(hour, minute));
        if (moment > after) return moment;
      }
      throw new Error(`No "${at}" on weekday ${weekday} follows ${new Date(after).toISOString()}.`);
    },
  };
}
