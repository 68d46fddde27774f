/** What most commands do first: find their one service, and take its lock. */
import type { App, Run } from '../app.ts';
import { UserError } from '../errors.ts';
import type { Report } from '../report.ts';
import type { Service } from '../services.ts';

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
 * Work on a service while holding its lock.
 * @param what the work, for whoever asks meanwhile: `restart`
 * @throws BusyError when something else holds it
 */
export async function whileLocked(
  app: Pick<App, 'locks'>,
  service: Service,
  what: string,
  run: Run,
  work: () => Promise<Report>,
): Promise<Report> {
  const lock = app.locks.take(service.name, { what, by: run.by });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
