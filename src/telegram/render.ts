/**
 * A card as Telegram takes it. Text is set into HTML only by `escape`, so nothing that a container logs can break a
 * message; what is over a limit is shortened or left out, never the message.
 */
import type { InlineKeyboardButton, InlineKeyboardMarkup } from 'grammy/types';
import type { Block, Button, Card } from '../card.ts';
import { plain, type Rich, type Span } from '../rich.ts';
import { fit } from './fit.ts';

export type Rendered = {
  /** HTML; the caption where there is a file or a picture. */
  text: string;
  /** The same without any form, for a server that refuses the HTML. */
  plain: string;
  keyboard: InlineKeyboardMarkup | undefined;
  file: { name: string; text: string } | undefined;
};

export type RenderOptions = {
  /** Token of the plan that the card shows; without it there are no buttons to answer with. */
  confirm?: string | undefined;
  /** A token for a button whose command does not fit into its data. */
  button(command: string, args: readonly string[]): string;
};

/** Code points after parsing: core.telegram.org/bots/api#sendmessage and #senddocument. */
const TEXT_MOST = 4096;
const CAPTION_MOST = 1024;
/** Bytes with markup: Bot API server, `Client.cpp`. */
const BYTES_MOST = 32_768;
/** TDLib `MessageEntity.cpp` drops what is over 100. */
const ENTITIES_MOST = 99;
/** Bytes: core.telegram.org/bots/api#inlinekeyboardbutton. */
const DATA_MOST = 64;
const COPY_MOST = 256;
/** A keyboard holds 100 buttons, a row 8; phones cut labels long before this. */
const BUTTONS_MOST = 100;
const ROW_MOST = 8;
const LABEL_MOST = 64;

export function render(card: Card, options: RenderOptions): Rendered {
  const isCaption = card.file !== undefined || card.picture !== undefined;
  const limit = isCaption ? CAPTION_MOST : TEXT_MOST;
  const blocks = card.blocks.map(cleanBlock);
  let room = limit;
  let fitting = fit(blocks, room);
  let text = html(fitting);
  // Only long links can do that: escaped text alone stays below.
  while (Buffer.byteLength(text) > BYTES_MOST) {
    room = Math.floor(room / 2);
    fitting = fit(blocks, room);
    text = html(fitting);
  }
  // A message without a letter would be refused.
  const blank = text.trim() === '' && card.file === undefined;
  return {
    text: blank ? '…' : text,
    plain: blank ? '…' : fitting.map(plainBlock).join('\n'),
    keyboard: keyboard(card.buttons ?? [], options),
    file: card.file === undefined ? undefined : { name: fileName(card.file.name), text: card.file.text },
  };
}

function html(blocks: readonly Block[]): string {
  let left = ENTITIES_MOST;
  const tag = (open: string, inner: string, close: string): string => {
    if (inner === '' || left === 0) return inner;
    left -= 1;
    return `${open}${inner}${close}`;
  };
  const rich = (text: Rich): string => text.map(span).join('');
  const span = (one: Span): string => {
    if (typeof one === 'string') return escape(one);
    if ('b' in one) return tag('<b>', rich(one.b), '</b>');
    if ('i' in one) return tag('<i>', rich(one.i), '</i>');
    if ('code' in one) return tag('<code>', escape(one.code), '</code>');
    if ('link' in one) {
      return publicUrl(one.href)
        ? tag(`<a href="${escape(one.href)}">`, escape(one.link), '</a>')
        : escape(one.link);
    }
    const format = { relative: 'r', time: 't', date: 'D' }[one.format];
    return tag(
      `<tg-time unix="${Math.floor(one.time / 1000)}" format="${format}">`,
      escape(one.fallback),
      '</tg-time>',
    );
  };
  return blocks
    .map((block) => {
      if (!('quote' in block)) return rich(block);
      // Nothing may stand inside `code`, so a mono quote is its plain text.
      const inner =
        block.mono === true
          ? tag('<code>', escape(block.quote.map(plain).join('\n')), '</code>')
          : block.quote.map(rich).join('\n');
      return tag('<blockquote expandable>', inner, '</blockquote>');
    })
    .join('\n');
}

const plainBlock = (block: Block): string =>
  'quote' in block ? block.quote.map(plain).join('\n') : plain(block);

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);

/** What TDLib's `clean_input_string` does: control characters become blanks; half a surrogate pair is refused there. */
const clean = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text
    .toWellFormed()
    .replaceAll('\r', '')
    .replace(/[\p{Cc}--\n]/gv, ' ');

const cleanRich = (text: Rich): Rich =>
  text.map((span): Span => {
    if (typeof span === 'string') return clean(span);
    if ('b' in span) return { b: cleanRich(span.b) };
    if ('i' in span) return { i: cleanRich(span.i) };
    if ('code' in span) return { code: clean(span.code) };
    if ('link' in span) return { ...span, link: clean(span.link) };
    return { ...span, fallback: clean(span.fallback) };
  });
const cleanBlock = (block: Block): Block =>
  'quote' in block ? { ...block, quote: block.quote.map(cleanRich) } : cleanRich(block);

/** A name that every phone can save under. */
const fileName = (name: string): string =>
  clean(name)
    .replace(/[/\\:*?"<>|\n]/g, '_')
    .slice(0, 100)
    .trim() || 'file.txt';

function keyboard(
  rows: readonly (readonly Button[])[],
  options: RenderOptions,
): InlineKeyboardMarkup | undefined {
  let left = BUTTONS_MOST;
  const drawn: InlineKeyboardButton[][] = [];
  for (const row of rows) {
    const buttons = row.flatMap((button) => draw(button, options) ?? []).slice(0, left);
    left -= buttons.length;
    for (let start = 0; start < buttons.length; start += ROW_MOST) {
      drawn.push(buttons.slice(start, start + ROW_MOST));
    }
  }
  return drawn.length === 0 ? undefined : { inline_keyboard: drawn };
}

/** @returns undefined for a button that Telegram would refuse, and the whole message with it */
function draw(button: Button, options: RenderOptions): InlineKeyboardButton | undefined {
  const text = [...clean(button.label).trim()].slice(0, LABEL_MOST).join('');
  if (text === '') return undefined;
  const look = button.style === undefined ? { text } : { text, style: button.style };
  if ('copy' in button) {
    const fits = button.copy !== '' && button.copy.length <= COPY_MOST;
    return fits ? { ...look, copy_text: { text: button.copy } } : undefined;
  }
  if ('url' in button) return publicUrl(button.url) ? { ...look, url: button.url } : undefined;
  if ('answer' in button) {
    return options.confirm === undefined
      ? undefined
      : { ...look, callback_data: `c:${options.confirm}:${button.answer === 'yes' ? 'y' : 'n'}` };
  }
  return { ...look, callback_data: commandData(button.command, button.args, options) };
}

function commandData(command: string, args: readonly string[], options: RenderOptions): string {
  const data = `a:${[command, ...args].join(' ')}`;
  const exact = args.every((arg) => arg !== '' && !/\s/.test(arg));
  return exact && Buffer.byteLength(data) <= DATA_MOST ? data : `t:${options.button(command, args)}`;
}

/** TDLib's `LinkManager` refuses hosts without a dot, `localhost` among them. */
function publicUrl(url: string): boolean {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  return target !== undefined && /^https?:$/.test(target.protocol) && target.hostname.includes('.');
}
