/** The catalogue of a language, in the time zone of the host. A new language is one more file and one more line here. */
import { en, type Catalogue } from './en.ts';

export type Language = 'en';

export type Texts = Catalogue & {
  /** A moment in the host's zone, for readers whose own client cannot put it into theirs: `2026-11-20`, `14:40:07`. */
  local(at: number): { day: string; time: string };
};

const catalogues: Record<Language, Catalogue> = { en };

/** @param timeZone an IANA name; the process's own unless given */
export function textsOf(language: Language, timeZone?: string): Texts {
  // Swedish writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone });
  return {
    ...catalogues[language],
    local(at) {
      const [day = '', time = ''] = format.format(at).split(' ');
      return { day, time };
    },
  };
}
