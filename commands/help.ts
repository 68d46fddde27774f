import type { Command } from '../src/app.ts';

export const help: Command = {
  name: 'help',
  usage: '',
  purpose: 'about',
  guests: true,
  needsStore: false,
  async run(app) {
    return {
      kind: 'help',
      commands: app.commands.map(({ name, usage, purpose }) => ({ name, usage, purpose })),
    };
  },
};
