/** The catalogue of a language. A new language is one more file and one more line here. */
import { en, type Texts } from './en.ts';

export type { Texts } from './en.ts';
export type Language = 'en';

const catalogues: Record<Language, Texts> = { en };

export const textsOf = (language: Language): Texts => catalogues[language];
