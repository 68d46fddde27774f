import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { listPictures } from '../src/operations/list-pictures.ts';

const USUAL = 5;
/** More lines than this are cut off in a chat. */
const MOST = 20;

export const images: Command = {
  name: 'images',
  usage: '[count]',
  purpose: 'look',
  async run(app, [word = String(USUAL), ...rest]) {
    const count = /^\d{1,3}$/.test(word) ? Number(word) : 0;
    if (rest.length > 0 || count < 1 || count > MOST) {
      throw new UserError(
        `Cannot list "${[word, ...rest].join(' ')}" pictures: say a number from 1 to ${MOST}.`,
      );
    }
    return listPictures(app, count);
  },
};
