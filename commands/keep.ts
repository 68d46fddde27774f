import type { Command } from '../src/app.ts';
import { picturesOf } from '../src/operations/arguments.ts';
import { keepPictures } from '../src/operations/keep-pictures.ts';

export const keep: Command = {
  name: 'keep',
  usage: '<picture> [off]',
  purpose: 'act',
  isBrief: true,
  async run(app, args) {
    const isOff = args.at(-1)?.toLowerCase() === 'off';
    return keepPictures(app, picturesOf(app, isOff ? args.slice(0, -1) : args), !isOff);
  },
};
