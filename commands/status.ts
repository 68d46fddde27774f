import type { Command } from '../src/app.ts';
import { statusOf, statusOfAll } from '../src/operations/status.ts';
import type { Action } from '../src/report/actions.ts';
import { isWell, worstFirst } from '../src/state.ts';

export const status: Command = {
  name: 'status',
  usage: '[service]',
  purpose: 'look',
  guests: true,
  needsStore: false,
  async run(app, [part], { signal }) {
    if (part !== undefined) {
      const service = app.services.find(part);
      const report = await statusOf(app, service, { signal });
      const args = [service.name];
      const key = report.service.available?.key;
      const update: Action[] =
        key === undefined
          ? []
          : [{ label: 'update', command: 'update', args: [service.name, key], style: 'primary' }];
      return {
        ...report,
        actions: [
          [
            { label: 'logs', command: 'logs', args },
            report.service.state === 'stopped'
              ? { label: 'start', command: 'start', args, style: 'primary' }
              : { label: 'restart', command: 'restart', args },
            { label: 'refresh', command: 'status', args },
          ],
          ...(report.service.backup === undefined
            ? []
            : [[{ label: 'back-up', command: 'backup', args } satisfies Action]]),
          ...(update.length === 0 ? [] : [update]),
        ],
      };
    }
    const report = await statusOfAll(app, { signal });
    const worst = worstFirst(report.services)[0];
    const look: Action[] =
      worst === undefined || isWell(worst.state)
        ? []
        : [
            {
              label: 'service',
              subject: worst.name,
              command: 'status',
              args: [worst.name],
              style: 'primary',
            },
            { label: 'its-logs', command: 'logs', args: [worst.name] },
          ];
    const refresh: Action = { label: 'refresh', command: 'status', args: [] };
    const available = report.services.filter((one) => one.available !== undefined).length;
    const updates: Action[] =
      available === 0 ? [] : [{ label: 'updates', subject: String(available), command: 'update', args: [] }];
    const last = [refresh, ...updates];
    return { ...report, actions: look.length === 0 ? [last] : [look, last] };
  },
};
