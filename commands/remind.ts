import type { Command } from '../src/app.ts';
import { createCalendar, type Calendar } from '../src/calendar.ts';
import { UserError } from '../src/errors.ts';
import { remindOfRelease } from '../src/operations/answer-release.ts';
import { oneService } from '../src/operations/arguments.ts';
import { REMIND_AT } from '../src/reminders.ts';

const DAY = 86_400_000;
const SATURDAY = 6;

/** A moment of the morning, by the day that a person names. */
const DAYS: Readonly<Record<string, (calendar: Calendar, now: number) => number>> = {
  saturday: (calendar, now) => calendar.next({ at: REMIND_AT, weekday: SATURDAY }, now),
  tomorrow: (calendar, now) => calendar.next({ at: REMIND_AT }, calendar.next({ at: '00:00' }, now)),
  week: (calendar, now) => calendar.next({ at: REMIND_AT }, calendar.next({ at: '00:00' }, now + 6 * DAY)),
};

export const remind: Command = {
  name: 'remind',
  usage: `<service> [${Object.keys(DAYS).join('|')}] [version]`,
  purpose: 'act',
  needsService: () => true,
  async run(app, [part, day = 'tomorrow', key, ...rest]) {
    if (rest.length > 0) throw new UserError('One version at a time: remind <service> <day> [version].');
    const service = oneService(app, part === undefined ? [] : [part]);
    const when = DAYS[day.toLowerCase()];
    if (when === undefined) {
      throw new UserError(`Cannot remind you "${day}": say ${Object.keys(DAYS).join(', ')}.`);
    }
    const at = when(createCalendar(app.config.timeZone), app.clock.now());
    return remindOfRelease(app, service, { at, key });
  },
};
