/** What monitors elsewhere and systemd are told of Steward itself: one line, plain text. */
import type { Unwell } from '../wellness.ts';
import { plural } from './en-words.ts';

export const pulse = {
  services: ({ well, all }: { well: number; all: number }) => `${well} of ${plural(all, 'service')} healthy`,
  unwell: (why: Unwell): string => {
    switch (why.kind) {
      case 'store':
        return `Nothing can be written down: ${why.cause}`;
      case 'telegram':
        return why.since === undefined
          ? 'Telegram has not answered yet'
          : `Telegram has not answered since ${new Date(why.since).toISOString()}`;
      case 'starting':
        return 'Steward has just started';
    }
  },
  /** A job's end, for its own monitor. */
  done: (subject: string | undefined) => (subject === undefined ? 'done' : `${subject}: done`),
  failed: (subject: string | undefined, cause: string) =>
    subject === undefined ? cause : `${subject}: ${cause}`,
};
