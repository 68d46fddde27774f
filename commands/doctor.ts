import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { doctor as lookAtEverything } from '../src/operations/doctor/doctor.ts';
import type { Action } from '../src/report/actions.ts';
import { inRows } from '../src/rows.ts';

/** More buttons than these are a wall; the rest can be typed. */
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
    const buttons = checks.slice(0, MOST_BUTTONS).map((check): Action => {
      return { label: 'pick', subject: check, command: 'doctor', args: [check] };
    });
    return { ...report, actions: inRows(buttons) };
  },
};
