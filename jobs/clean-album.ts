import type { Job } from '../src/app.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { cleanAlbum as clean, CLEANER, isWorthTelling } from '../src/operations/clean-album.ts';

/** A run that begins later than this was missed and is made up. */
const LATE = 10 * 60_000;
/** Who was away over the night has not seen yet what came in it. */
const AFTER_ABSENCE = 24 * 3_600_000;

export const cleanAlbum: Job = {
  name: 'clean-album',
  times: (app) => [{ times: { at: app.config.clean.at } }],
  run(app, _subject, run) {
    const { minAge } = app.config.clean;
    const isMadeUp = run.dueAt !== undefined && app.clock.now() - run.dueAt > LATE;
    return whileLocked(app, CLEANER, 'clean-album', run, async () => {
      const report = await clean(app, {
        mode: 'clean',
        minAge: isMadeUp ? Math.max(minAge, AFTER_ABSENCE) : minAge,
        signal: run.signal,
      });
      return isWorthTelling(report) ? report : undefined;
    });
  },
};
