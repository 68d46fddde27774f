import type { Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { whileLocked } from '../src/operations/arguments.ts';
import { cleanAlbum, CLEANER, planCleaning } from '../src/operations/clean-album.ts';
import type { CleanMode } from '../src/report/pictures.ts';

const MODES: readonly CleanMode[] = ['adopt', 'others'];

export const clean: Command = {
  name: 'clean',
  usage: '[adopt|others]',
  purpose: 'act',
  flags: MODES,
  plan: (app, args) =>
    planCleaning(app, {
      mode: modeOf(args),
      minAge: app.config.clean.minAge,
      signal: AbortSignal.timeout(PATIENCE),
    }),
  run(app, args, run) {
    const mode = modeOf(args);
    return whileLocked(app, CLEANER, 'clean', run, () =>
      cleanAlbum(app, { mode, minAge: app.config.clean.minAge, signal: run.signal }),
    );
  },
};

/** Milliseconds for a plan: an album of ten thousand is looked through in less. */
const PATIENCE = 60_000;

/** Phones make one long dash of two short ones. */
function modeOf(args: readonly string[]): CleanMode {
  const [word, ...rest] = args.map((arg) => arg.replace(/^[-–—]+/, '').toLowerCase());
  if (word === undefined) return 'clean';
  const mode = MODES.find((one) => one === word);
  if (mode === undefined || rest.length > 0) {
    throw new UserError(`Cannot clean "${args.join(' ')}": say clean, clean adopt or clean others.`);
  }
  return mode;
}
