/**
 * What the rest of the house says in English, in Korean: mistakes, causes, warnings. They come as whole sentences, so they
 * are known by their form, where `{}` stands for a value. What is not known stays as it is.
 */

import { CAUSES, FILES, MISTAKES } from './ko-known.ts';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const FORMS = [...MISTAKES, ...FILES, ...CAUSES].map(([english, korean]) => ({
  form: new RegExp(`^${english.split('{}').map(escaped).join('(.+?)')}$`, 's'),
  korean: korean.split('{}'),
}));

/** "a or b", "a and b": names, not a sentence. */
const NAMES = /^\S+(?: (?:or|and) \S+)+$/;

/** @returns the sentence in Korean, with what it quotes in Korean too where that is known */
export function said(english: string): string {
  for (const { form, korean } of FORMS) {
    const [whole, ...values] = form.exec(english) ?? [];
    if (whole !== undefined) return korean.map((part, at) => part + said(values[at] ?? '')).join('');
  }
  return NAMES.test(english) ? english.replaceAll(/ (?:or|and) /g, ', ') : english;
}
