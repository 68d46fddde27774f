/** The last pictures: what to open, how old, and what became of each. */
import type { Button, Card } from '../card.ts';
import type { ListedPicture } from '../report/pictures.ts';
import { code, join, rich, type Rich, type Span } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { copyButton } from './copy.ts';
import type { Presented } from './index.ts';

/** Two in a row, so that names stay readable on a phone. */
const IN_A_ROW = 2;

export function presentImages({ pictures, at }: Presented<'images'>, texts: Texts): Card {
  const { images } = texts;
  if (pictures.length === 0) return { blocks: [images.none] };
  const buttons = pictures.flatMap(({ path, name }) =>
    path === undefined ? [] : copyButton([path], texts, name),
  );
  return {
    blocks: [images.head(pictures.length), ...pictures.flatMap((one) => [[], ...entry(one, at, texts)])],
    buttons: rows(buttons),
  };
}

function entry(picture: ListedPicture, at: number, texts: Texts): Rich[] {
  const { images } = texts;
  const { path, name, sentAt, width, height, size, state } = picture;
  const age: Span = { time: sentAt, fallback: texts.ago(at - sentAt), format: 'relative' };
  const facts: Rich[] = [rich`${age}`];
  if (width !== undefined && height !== undefined) facts.push(rich`${width}×${height}`);
  if (size !== undefined) facts.push(rich`${texts.size(size)}`);
  facts.push(rich`${path === undefined ? images.missing : images.states[state]}`);
  return [rich`${code(path ?? name)}`, join(facts, ', ')];
}

const rows = (buttons: readonly Button[]): Button[][] =>
  Array.from({ length: Math.ceil(buttons.length / IN_A_ROW) }, (_, row) =>
    buttons.slice(row * IN_A_ROW, (row + 1) * IN_A_ROW),
  );
