/** What most commands do first: find their one service, and take its lock. */
import type { App, Run } from '../app.ts';
import { UserError } from '../errors.ts';
import type { Service } from '../services.ts';
import type { PictureRow } from '../store/pictures.ts';

/**
 * The one service that the arguments name.
 * @throws UserError for none, for more than one word, and for a name that is unknown or ambiguous
 */
export function oneService(app: Pick<App, 'services'>, args: readonly string[]): Service {
  const [part, ...rest] = args;
  if (part === undefined) throw new UserError('Say which service.');
  if (rest.length > 0)
    throw new UserError(`One service at a time: "${args.join(' ')}" names ${args.length}.`);
  return app.services.find(part);
}

/**
 * The pictures that words name: `1432`, `p1432`, `p1432.jpg`, or a name that somebody gave.
 * @throws UserError for none, and for one that is unknown or gone
 */
export function picturesOf({ store }: Pick<App, 'store'>, words: readonly string[]): PictureRow[] {
  if (words.length === 0) throw new UserError('Say which picture: its number, such as p1432.');
  return words.map((word) => {
    const digits = /^p?(\d{1,15})(?:\.\w+)?$/i.exec(word)?.[1];
    const row = digits === undefined ? store.pictures.ofName(word) : store.pictures.get(Number(digits));
    if (row === undefined) throw new UserError(`There is no picture "${word}". See images.`);
    if (row.state === 'refused') throw new UserError(`Picture "${word}" was not taken.`);
    if (row.removedAt !== undefined) throw new UserError(`Picture "${word}" was cleaned, its file is gone.`);
    return row;
  });
}

/**
 * Work on a service, or on something else of which there is one, while holding its lock.
 * @param what the work, for whoever asks meanwhile: `restart`
 * @throws BusyError when something else holds it
 */
export async function whileLocked<Result>(
  app: Pick<App, 'locks'>,
  { name }: { name: string },
  what: string,
  run: Run,
  work: () => Promise<Result>,
): Promise<Result> {
  run.touched?.(name);
  const lock = app.locks.take(name, { what, by: run.by });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
