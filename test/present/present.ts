/** `present`, which looks at the Korean of each report as well: every test of a card is one of its Korean, too. */
import { expect } from 'vitest';
import type { Card } from '../../src/card.ts';
import { present as presentOnly } from '../../src/present/index.ts';
import type { Report } from '../../src/report.ts';
import type { Rich } from '../../src/rich.ts';
import { textLength } from '../../src/telegram/fit.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf, type Texts } from '../../src/texts/index.ts';
import { englishIn, PARTICLE } from '../texts/korean.ts';

/** core.telegram.org/bots/api#sendmessage */
const MESSAGE_MOST = 4096;
/** A phone shows little more of a button. */
const LABEL_MOST = 40;
/** A name, a version, an amount, with what is behind it. */
const GLUED = new RegExp(String.raw`([\w./:@-]+)${PARTICLE.source}`, 'g');

export function present(report: Report, texts: Texts): Card {
  const card = presentOnly(report, texts);
  expectKorean(report, presentOnly(report, textsOf('ko', 'UTC')), card);
  return card;
}

function expectKorean(report: Report, korean: Card, english: Card): void {
  const given = JSON.stringify(report).toLowerCase();
  const isGiven = (word: string) => given.includes(word.toLowerCase());
  const blocks = korean.blocks.map((block) =>
    'quote' in block ? { ...block, quote: block.quote.map(withoutCode) } : withoutCode(block),
  );
  const text = [toText({ blocks }, false), ...labelsOf(korean)].join('\n');

  const glued = [...text.matchAll(GLUED)].filter(
    ([, word = '']) => isGiven(word) && (/^[\d.]+$/.test(word) || englishIn(word).length > 0),
  );
  expect(
    glued.map(([all]) => all),
    'particles behind values',
  ).toEqual([]);
  expect(
    englishIn(text).filter((word) => !isGiven(word)),
    `English words in\n${text}`,
  ).toEqual([]);
  expect(labelsOf(korean).filter((label) => [...label].length > LABEL_MOST)).toEqual([]);
  expect(labelsOf(korean)).toHaveLength(labelsOf(english).length);
  expect(textLength(korean.blocks)).toBeLessThanOrEqual(Math.max(MESSAGE_MOST, textLength(english.blocks)));
}

const labelsOf = ({ buttons = [] }: Card): string[] => buttons.flat().map(({ label }) => label);

/** Commands and paths are the same in every language. */
const withoutCode = (text: Rich): Rich =>
  text.map((span) => {
    if (typeof span === 'string') return span;
    if ('b' in span) return { b: withoutCode(span.b) };
    if ('i' in span) return { i: withoutCode(span.i) };
    return 'code' in span ? '' : span;
  });
