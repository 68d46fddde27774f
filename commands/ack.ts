import type { Command } from '../src/app.ts';
import { ack as acknowledge, alertsOf } from '../src/operations/watch/answer-alerts.ts';

export const ack: Command = {
  name: 'ack',
  usage: '[alert|all]',
  purpose: 'act',
  isBrief: true,
  run: (app, args, { by }) =>
    Promise.resolve({ kind: 'note', note: acknowledge(app, alertsOf(app, args), by) }),
};
