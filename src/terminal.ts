/** How a card looks in a terminal. */
import { styleText } from 'node:util';
import type { Block, Card } from './card.ts';
import { plain, type Rich } from './rich.ts';

/** A card for a terminal: bold where it can show it, quotes indented, buttons left out but for what can be copied. */
export function toText(card: Card, styled: boolean): string {
  const head = card.blocks.map((block) => blockText(block, styled));
  return (card.file === undefined ? head : [...head, card.file.text.trimEnd()]).join('\n');
}

const isQuote = (block: Block): block is Extract<Block, { quote: unknown }> => 'quote' in block;

const blockText = (block: Block, styled: boolean): string =>
  isQuote(block)
    ? block.quote.map((line) => `  ${spanText(line, styled)}`).join('\n')
    : spanText(block, styled);

const spanText = (text: Rich, styled: boolean): string =>
  text
    .map((span) => {
      if (typeof span === 'string') return span;
      if ('b' in span) return styled ? styleText('bold', plain(span.b)) : plain(span.b);
      if ('i' in span) return styled ? styleText('dim', plain(span.i)) : plain(span.i);
      return plain([span]);
    })
    .join('');
