import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { doctor as lookAtEverything } from '../src/operations/doctor/doctor.ts';
import type { Action } from '../src/report.ts';

/** More rows of buttons than these are a wall; the rest can be typed. */
const MOST_BUTTONS = 4;

export const doctor: Command = {
  name: 'doctor',
  usage: '[service|check]',
  purpose: 'look',
  async run(app, [asked, ...rest], { signal }) {
    if (rest.length > 0)
      throw new UserError(`One service or check at a time: "${[asked, ...rest].join(' ')}".`);
    const report = await lookAtEverything(app, asked, { signal });
    if (report.scope !== undefined && 'check' in report.scope) return report;
    const checks = [...new Set(report.diagnoses.map(({ check }) => check))];
    const buttons = checks
      .slice(0, MOST_BUTTONS)
      .map((check): Action[] => [{ label: 'service', subject: check, command: 'doctor', args: [check] }]);
    return { ...report, actions: buttons };
  },
};
