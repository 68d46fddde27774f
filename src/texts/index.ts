/** The catalogue of a language, in the time zone of the host. A new language is one more file and one more line here. */
import type { Language } from '../language.ts';
import { en, type Catalogue } from './en.ts';
import { ko } from './ko.ts';

export type Texts = Catalogue & {
  /** A moment in the host's zone, for readers whose own client cannot put it into theirs: `2026-11-20`, `14:40:07`. */
  local(at: number): { day: string; time: string };
  /** The day of a moment as the language writes it; the year may be left out where it is that of `now`. */
  dateOf(at: number, now?: number): string;
};

const catalogues: Record<Language, Catalogue> = { en, ko };

/** @param timeZone an IANA name; the process's own unless given */
export function textsOf(language: Language, timeZone?: string): Texts {
  // Swedish writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone });
  const local = (at: number) => {
    const [day = '', time = ''] = format.format(at).split(' ');
    return { day, time };
  };
  const catalogue = catalogues[language];
  return {
    ...catalogue,
    local,
    dateOf: (at, now = at) => catalogue.date(local(at).day, local(now).day),
  };
}
