import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { daily, recallMorning, weekly } from '../src/operations/reports/morning.ts';

export const report: Command = {
  name: 'report',
  usage: '[week] [details]',
  purpose: 'look',
  async run(app, args, { signal }) {
    const words = new Set(args);
    const isWeek = words.delete('week');
    const isWhole = words.delete('details');
    const [which, ...rest] = words;
    // The button of a report that was told names its day.
    const isDay = which === undefined || /^\d{4}-\d\d-\d\d(?::\d+)?$/.test(which);
    if (!isDay || rest.length > 0 || (which !== undefined && !isWhole)) {
      throw new UserError(`Cannot report "${args.join(' ')}": say report, report week or report details.`);
    }
    const told = which === undefined ? undefined : recallMorning(app, which);
    return told ?? (isWeek ? weekly : daily)(app, { isWhole, signal });
  },
};
