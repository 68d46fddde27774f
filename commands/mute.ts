import type { App, Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { mute as silence, mutedNow, unmute } from '../src/operations/quiet.ts';
import { tellAlerts } from '../src/operations/watch/tell-alerts.ts';
import { tellHeld } from '../src/operations/watch/tell-held.ts';
import { whoIs } from '../src/people.ts';
import type { Report } from '../src/report.ts';
import { parseDuration } from '../src/units.ts';

const LONGEST = 7 * 24 * 3_600_000;

export const mute: Command = {
  name: 'mute',
  usage: '[2h|off]',
  purpose: 'schedule',
  run(app, [time, ...rest], { by }) {
    if (rest.length > 0) throw new UserError('One time at a time: mute [2h|off].');
    if (time === 'off') unmute(app);
    else if (time !== undefined) {
      const span = parseDuration(time);
      if (span === undefined || span === 0 || span > LONGEST) {
        throw new UserError(`Cannot mute for "${time}": say up to 7d, such as 2h, or off.`);
      }
      silence(app, { until: app.clock.now() + span, by });
    }
    tellAlerts(app);
    tellHeld(app);
    return Promise.resolve(standing(app));
  },
};

function standing(app: App): Report {
  const muted = mutedNow(app);
  return {
    kind: 'mute',
    muted: muted === undefined ? undefined : { until: muted.until, by: whoIs(app, muted.by) },
    quietHours: app.config.quietHours,
    held: app.store.held.all().length,
    at: app.clock.now(),
    actions: [
      muted === undefined
        ? [
            { label: 'mute', subject: '2h', command: 'mute', args: ['2h'] },
            { label: 'mute', subject: '8h', command: 'mute', args: ['8h'] },
          ]
        : [{ label: 'unmute', command: 'mute', args: ['off'] }],
    ],
  };
}
