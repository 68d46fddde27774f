/** Buttons that copy. */
import type { Button } from '../card.ts';
import type { Texts } from '../texts/index.ts';

/** A copy button takes at most 256 characters; over that the paths stay tappable in the text. */
const COPY_MOST = 256;

/** @returns nothing where there is nothing to copy, or too much */
export function copyButton(paths: readonly string[], texts: Texts, label?: string): Button[] {
  const copy = paths.map(shellWord).join(' ');
  if (paths.length === 0 || [...copy].length > COPY_MOST) return [];
  const usual = paths.length === 1 ? texts.buttons.copyPath : texts.buttons.copyAll;
  return [{ label: label ?? usual, copy }];
}

/** @returns nothing where it is too much */
export const copyText = (copy: string, label: string): Button[] =>
  [...copy].length > COPY_MOST ? [] : [{ label, copy }];

/** As one word for a shell: quoted only where a character asks for it. */
const shellWord = (path: string) =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
