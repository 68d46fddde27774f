/**
 * Telegram's HTML: text with entities out of marked-up text, or the sentence with which the real server refuses it.
 * The grammar follows `parse_html` of tdlib/td `MessageEntity.cpp`; it is forgiving in odd places (`</>` closes anything,
 * an unknown `&name;` is text) and those places are kept.
 */
import { badRequest } from './api-error.ts';
import { checkedUrl } from './link.ts';
import type { Entity } from './types.ts';

type Tag = { name: string; argument: string; format: string; start: number };

const TYPES: Record<string, string> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  span: 'spoiler',
  'tg-spoiler': 'spoiler',
  'tg-emoji': 'custom_emoji',
  'tg-time': 'date_time',
  a: 'text_link',
  pre: 'pre',
  code: 'code',
  blockquote: 'blockquote',
};

const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' };
const SPACE = /[ \t\r\n\v\0]/;
const REFERENCE = /&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?/y;

/** The character that `&…;` at `at` stands for and where the text goes on, or nothing. */
function reference(html: string, at: number): { text: string; next: number } | undefined {
  REFERENCE.lastIndex = at;
  const found = REFERENCE.exec(html);
  if (!found) return undefined;
  const [whole, hex, decimal, name] = found;
  const next = at + whole.length;
  if (name !== undefined) {
    const text = NAMED[name];
    return text === undefined ? undefined : { text, next };
  }
  const value = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const digits = whole.replace(';', '').length;
  if (value === 0 || value >= 0x10ffff || digits >= 10) return undefined;
  return { text: String.fromCodePoint(value), next };
}

/**
 * Text and entities (sorted, offsets in UTF-16) of Telegram HTML.
 * @throws ApiError `can't parse entities: …` with the byte offset of the tag at fault.
 */
export function parseHtml(html: string): { text: string; entities: Entity[] } {
  const entities: Entity[] = [];
  const open: Tag[] = [];
  let text = '';
  let at = 0;

  const fail = (what: string): never => {
    throw badRequest(`can't parse entities: ${what}`);
  };
  const bytes = (index: number): number => Buffer.byteLength(html.slice(0, index));
  const skipSpace = (): void => {
    while (at < html.length && SPACE.test(html.charAt(at))) at++;
  };
  const word = (stop: RegExp): string => {
    const from = at;
    while (at < html.length && !SPACE.test(html.charAt(at)) && !stop.test(html.charAt(at))) at++;
    return html.slice(from, at);
  };

  function attributeValue(begin: number): string {
    const quote = html.charAt(at);
    if (quote !== '"' && quote !== "'") {
      const from = at;
      while (/[A-Za-z0-9.-]/.test(html.charAt(at))) at++;
      if (at < html.length && !SPACE.test(html.charAt(at)) && html.charAt(at) !== '>') {
        fail(`Unexpected end of name token at byte offset ${bytes(from)}`);
      }
      return html.slice(from, at).toLowerCase();
    }
    at++;
    let value = '';
    while (at < html.length && html.charAt(at) !== quote) {
      const decoded = html.charAt(at) === '&' ? reference(html, at) : undefined;
      value += decoded?.text ?? html.charAt(at);
      at = decoded?.next ?? at + 1;
    }
    at++;
    if (at >= html.length) fail(`Unclosed start tag at byte offset ${bytes(begin)}`);
    return value;
  }

  function startTag(begin: number): void {
    const name = word(/>/).toLowerCase();
    if (at >= html.length) fail(`Unclosed start tag at byte offset ${bytes(begin)}`);
    if (!Object.hasOwn(TYPES, name)) fail(`Unsupported start tag "${name}" at byte offset ${bytes(begin)}`);
    const tag: Tag = { name, argument: '', format: '', start: text.length };
    for (;;) {
      skipSpace();
      if (html.charAt(at) === '>') break;
      const attribute = word(/[=>/"']/);
      if (attribute === '' && at < html.length) {
        fail(`Empty attribute name in the tag "${name}" at byte offset ${bytes(begin)}`);
      }
      skipSpace();
      if (at >= html.length) fail(`Unclosed start tag "${name}" at byte offset ${bytes(begin)}`);
      if (html.charAt(at) !== '=') {
        if (name === 'blockquote' && attribute === 'expandable') tag.argument = '1';
        continue;
      }
      at++;
      skipSpace();
      if (at >= html.length) fail(`Unclosed start tag "${name}" at byte offset ${bytes(begin)}`);
      const value = attributeValue(begin);
      if (name === 'a' && attribute === 'href') tag.argument = value;
      else if (name === 'code' && attribute === 'class' && value.startsWith('language-')) {
        tag.argument = value.slice('language-'.length);
      } else if (name === 'span' && attribute === 'class' && value.startsWith('tg-'))
        tag.argument = value.slice(3);
      else if (name === 'tg-emoji' && attribute === 'emoji-id') tag.argument = value;
      else if (name === 'tg-time' && attribute === 'unix') tag.argument = value;
      else if (name === 'tg-time' && attribute === 'format') tag.format = value;
      else if (name === 'blockquote' && attribute === 'expandable') tag.argument = '1';
    }
    at++;
    if (name === 'span' && tag.argument !== 'spoiler') {
      fail(`Tag "span" must have class "tg-spoiler" at byte offset ${bytes(begin)}`);
    }
    open.push(tag);
  }

  function endTag(begin: number): void {
    const tag = open.at(-1) ?? fail(`Unexpected end tag at byte offset ${bytes(begin)}`);
    at++;
    const name = word(/>/).toLowerCase();
    skipSpace();
    if (html.charAt(at) !== '>') fail(`Unclosed end tag at byte offset ${bytes(begin)}`);
    at++;
    if (name !== '' && name !== tag.name) {
      fail(`Unmatched end tag at byte offset ${bytes(begin)}, expected "</${tag.name}>", found "</${name}>"`);
    }
    open.pop();
    if (text.length > tag.start) close(tag);
  }

  function close(tag: Tag): void {
    const entity: Entity = {
      type: TYPES[tag.name] ?? '',
      offset: tag.start,
      length: text.length - tag.start,
    };
    const last = entities.at(-1);
    const sameRange = last?.offset === entity.offset && last.length === entity.length;
    if (tag.name === 'a') {
      const url = checkedUrl(tag.argument === '' ? text.slice(tag.start) : tag.argument);
      if (!('href' in url)) return;
      entity.url = url.href;
    }
    if (tag.name === 'tg-emoji') {
      if (!/^-?[1-9][0-9]*$/.test(tag.argument)) fail('Invalid custom emoji identifier specified');
      entity.custom_emoji_id = tag.argument;
    }
    // The pattern is Telegram's (core.telegram.org/bots/api, date-time entity formatting); its refusals are not published.
    if (tag.name === 'tg-time') {
      if (!/^-?[0-9]{1,12}$/.test(tag.argument)) fail('Invalid Unix time specified');
      if (!/^(?:r|w?[dD]?[tT]?)$/.test(tag.format)) fail('Invalid date-time format specified');
      entity.unix_time = Number(tag.argument);
      entity.date_time_format = tag.format;
    }
    if (tag.name === 'blockquote' && tag.argument !== '') entity.type = 'expandable_blockquote';
    // `<pre><code class="language-x">` is one block with a language; on a lone `code` the language is dropped.
    if (tag.name === 'code' && tag.argument !== '') entity.language = tag.argument;
    if (last && sameRange && tag.name === 'pre' && last.type === 'code' && last.language !== undefined) {
      last.type = 'pre';
      return;
    }
    if (last && sameRange && tag.name === 'code' && last.type === 'pre' && entity.language !== undefined) {
      last.language = entity.language;
      return;
    }
    entities.push(entity);
  }

  while (at < html.length) {
    const character = html.charAt(at);
    if (character === '<') {
      const begin = at++;
      if (html.charAt(at) === '/') endTag(begin);
      else startTag(begin);
      continue;
    }
    const decoded = character === '&' ? reference(html, at) : undefined;
    text += decoded?.text ?? character;
    at = decoded?.next ?? at + 1;
  }
  const left = open.at(-1);
  if (left) fail(`Can't find end tag corresponding to start tag "${left.name}"`);
  if (!text.isWellFormed()) {
    fail(
      'Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units',
    );
  }
  for (const entity of entities) if (entity.type === 'code') delete entity.language;
  return { text, entities };
}
