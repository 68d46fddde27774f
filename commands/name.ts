import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { picturesOf } from '../src/operations/arguments.ts';
import { namePictures } from '../src/operations/name-pictures.ts';

/** `name 7 login bug`, `name p7 p8 login-bug`: what is no number is the name, and so is a last number. */
export const name: Command = {
  name: 'name',
  usage: '<picture> <word>',
  purpose: 'act',
  async run(app, args, { signal }) {
    const leading = args.findIndex((arg, index) => index > 0 && !/^p?\d+$/i.test(arg));
    const count = leading === -1 ? args.length - 1 : leading;
    const word = args.slice(count).join(' ');
    if (count < 1) throw new UserError('Say which picture, and the word: name p1432 login-bug.');
    return namePictures(app, picturesOf(app, args.slice(0, count)), word, signal);
  },
};
