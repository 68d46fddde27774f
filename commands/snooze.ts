import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { alertsOf, snooze as silence, wake } from '../src/operations/watch/answer-alerts.ts';
import { parseDuration } from '../src/units.ts';

const HOUR = 3_600_000;
/** Longer than that is no snooze: what can be lived with should not be looked for. */
const LONGEST = 7 * 24 * HOUR;

export const snooze: Command = {
  name: 'snooze',
  usage: '[alert|all] [1h|off]',
  purpose: 'act',
  isBrief: true,
  run(app, args, { by }) {
    const times = args.filter(
      (word) => word === 'off' || (/\D/.test(word) && parseDuration(word) !== undefined),
    );
    const [time, ...rest] = times;
    if (rest.length > 0) throw new UserError('One time at a time: snooze [alert] [1h|off].');
    const rows = alertsOf(
      app,
      args.filter((word) => !times.includes(word)),
    );
    if (time === 'off') return Promise.resolve({ kind: 'note', note: wake(app, rows) });
    const span = time === undefined ? HOUR : (parseDuration(time) ?? HOUR);
    if (span === 0 || span > LONGEST) {
      throw new UserError(`Cannot snooze for "${time}": say up to 7d, such as 1h.`);
    }
    const until = app.clock.now() + span;
    return Promise.resolve({ kind: 'note', note: silence(app, rows, { by, until }) });
  },
};
