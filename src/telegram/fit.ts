/** Make a card's text fit into a message: quotes give first, keeping their last lines, then the last lines of text. */
import type { Block } from '../card.ts';
import { plain, type Rich, type Span } from '../rich.ts';

const ELLIPSIS = '…';

/** Telegram counts code points (TDLib `MessageContent.cpp`, `utf8_length`). */
const lengthOf = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};
const richLength = (text: Rich): number => lengthOf(plain(text));
const linesLength = (lines: readonly Rich[]): number =>
  lines.reduce((sum, line) => sum + richLength(line) + 1, lines.length === 0 ? 0 : -1);
const blockLength = (block: Block): number =>
  'quote' in block ? linesLength(block.quote) : richLength(block);

/** Code points of the blocks, one line each. */
export const textLength = (blocks: readonly Block[]): number =>
  blocks.reduce((sum, block) => sum + blockLength(block) + 1, blocks.length === 0 ? 0 : -1);

/** @param limit code points */
export function fit(blocks: readonly Block[], limit: number): readonly Block[] {
  if (textLength(blocks) <= limit) return blocks;
  const shorter = fitQuotes(blocks, limit);
  return textLength(shorter) <= limit ? shorter : fitBlocks(shorter, limit);
}

/** Small quotes stay whole, the large ones share what is left. */
function fitQuotes(blocks: readonly Block[], limit: number): Block[] {
  const quotes = blocks.filter((block) => 'quote' in block).sort((a, b) => blockLength(a) - blockLength(b));
  const fixed = textLength(blocks) - quotes.reduce((sum, block) => sum + blockLength(block), 0);
  let room = Math.max(0, limit - fixed);
  const shares = new Map<Block, number>();
  quotes.forEach((block, index) => {
    const share = Math.min(blockLength(block), Math.floor(room / (quotes.length - index)));
    shares.set(block, share);
    room -= share;
  });
  return blocks.flatMap((block): Block[] => {
    if (!('quote' in block)) return [block];
    const quote = lastLines(block.quote, shares.get(block) ?? 0);
    return quote.length === 0 ? [] : [{ ...block, quote }];
  });
}

/** The last lines that fit; a single one that is too long keeps its beginning. */
function lastLines(lines: readonly Rich[], limit: number): readonly Rich[] {
  if (linesLength(lines) <= limit) return lines;
  const kept: Rich[] = [];
  // The first line says that some are missing.
  let room = limit - ELLIPSIS.length;
  for (const line of lines.toReversed()) {
    room -= richLength(line) + 1;
    if (room < 0) break;
    kept.unshift(line);
  }
  if (kept.length > 0) return [[ELLIPSIS], ...kept];
  const last = cut(lines.at(-1) ?? [], limit);
  return last.length === 0 ? [] : [last];
}

function fitBlocks(blocks: readonly Block[], limit: number): Block[] {
  const kept: Block[] = [];
  let room = limit;
  for (const block of blocks) {
    const length = blockLength(block) + (kept.length === 0 ? 0 : 1);
    if (length <= room) {
      kept.push(block);
      room -= length;
      continue;
    }
    const last = cut('quote' in block ? (block.quote[0] ?? []) : block, room - (kept.length === 0 ? 0 : 1));
    if (last.length > 0) kept.push(last);
    break;
  }
  return kept;
}

/** The beginning of a text, ended by an ellipsis when something is missing. */
function cut(text: Rich, limit: number): Rich {
  if (richLength(text) <= limit) return text;
  if (limit < 1) return [];
  let room = limit - ELLIPSIS.length;
  const shorten = (spans: Rich): Rich => {
    const kept: Span[] = [];
    for (const span of spans) {
      if (room <= 0) break;
      const length = richLength([span]);
      if (length <= room) {
        kept.push(span);
        room -= length;
      } else if (typeof span === 'string') {
        kept.push([...span].slice(0, room).join(''));
        room = 0;
      } else if ('b' in span) kept.push({ b: shorten(span.b) });
      else if ('i' in span) kept.push({ i: shorten(span.i) });
      else if ('code' in span) {
        kept.push({ code: [...span.code].slice(0, room).join('') });
        room = 0;
      } else room = 0;
    }
    return kept;
  };
  return [...shorten(text), ELLIPSIS];
}
