/**
 * What other parts of the house say in English, in Korean: mistakes, causes, warnings. They come as whole sentences, so
 * they are known by their form; `{}` stands for a value. What is not known stays as it is.
 */

const KNOWN: readonly (readonly [english: string, korean: string])[] = [
  ['No service is called "{}". {}', '그런 서비스가 없습니다: {}. {}'],
];

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const FORMS = KNOWN.map(([english, korean]) => ({
  form: new RegExp(`^${english.split('{}').map(escaped).join('(.+?)')}$`, 's'),
  korean: korean.split('{}'),
}));

/** @returns the sentence in Korean, with what it quotes in Korean too where that is known */
export function said(english: string): string {
  for (const { form, korean } of FORMS) {
    const [whole, ...values] = form.exec(english) ?? [];
    if (whole !== undefined) return korean.map((part, at) => part + said(values[at] ?? '')).join('');
  }
  return english;
}
