/** Text of a message: parsed, cleaned, trimmed, limited and searched for links as the real server does it. */
import { badRequest } from './api-error.ts';
import { parseHtml } from './html.ts';
import type { Entity } from './types.ts';

/** Characters after parsing, counted as code points (tdlib/td `MessageContent.cpp`). */
const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;
/** UTF-8 bytes before parsing (tdlib/telegram-bot-api `Client.cpp`). */
const MAX_RAW = 32_768;
/** What comes after the hundredth entity is plain text, without an error. */
const MAX_ENTITIES = 100;

const SPLITTABLE = new Set(['bold', 'italic', 'underline', 'strikethrough', 'spoiler']);
const MONOSPACE = new Set(['code', 'pre']);
const QUOTES = new Set(['blockquote', 'expandable_blockquote']);

const end = (entity: Entity): number => entity.offset + entity.length;
const intersect = (a: Entity, b: Entity): boolean => a.offset < end(b) && b.offset < end(a);
const inside = (inner: Entity, outer: Entity): boolean =>
  inner.offset >= outer.offset && end(inner) <= end(outer);

/** Outer before inner, earlier before later. */
const order = (a: Entity, b: Entity): number => a.offset - b.offset || b.length - a.length;

/** Which of two that cover the same text wins. */
const weight = (entity: Entity): number => ['pre', 'code'].indexOf(entity.type) >>> 0;

function keepDisjoint(entities: Entity[]): Entity[] {
  const kept: Entity[] = [];
  for (const entity of entities) if (!kept.some((other) => intersect(entity, other))) kept.push(entity);
  return kept;
}

/** What is left of a range once others have been cut out of it. */
function without(entity: Entity, holes: readonly Entity[]): Entity[] {
  let parts = [entity];
  for (const hole of holes) {
    parts = parts.flatMap((part) => {
      if (!intersect(part, hole)) return [part];
      return [
        { ...part, length: hole.offset - part.offset },
        { ...part, offset: end(hole), length: end(part) - end(hole) },
      ].filter((piece) => piece.length > 0);
    });
  }
  return parts;
}

/**
 * Entities as they may be nested: links, code, times never in one another, quotes not in quotes, bold and its like
 * not in code (cut around it), the same style not twice.
 */
function nest(entities: readonly Entity[]): Entity[] {
  const sorted = entities.filter((entity) => entity.length > 0).sort(order);
  const quotes = keepDisjoint(sorted.filter((entity) => QUOTES.has(entity.type)));
  const continuous = keepDisjoint(
    sorted
      .filter((entity) => !SPLITTABLE.has(entity.type) && !QUOTES.has(entity.type))
      .sort((a, b) => order(a, b) || weight(a) - weight(b)),
  ).filter((entity) => quotes.every((quote) => !intersect(entity, quote) || inside(entity, quote)));
  const code = continuous.filter((entity) => MONOSPACE.has(entity.type));
  const styles = [...SPLITTABLE].flatMap((type) => {
    const merged: Entity[] = [];
    for (const entity of sorted.filter((each) => each.type === type)) {
      const last = merged.at(-1);
      if (last && entity.offset <= end(last)) last.length = Math.max(end(last), end(entity)) - last.offset;
      else merged.push({ ...entity });
    }
    return merged.flatMap((entity) => without(entity, code));
  });
  // Of equal ranges the quote is outermost and monospace innermost, so that they can be shown as nested elements.
  const rank = (entity: Entity): number =>
    QUOTES.has(entity.type) ? 0 : SPLITTABLE.has(entity.type) ? 1 : 2;
  return [...quotes, ...continuous, ...styles]
    .sort((a, b) => order(a, b) || rank(a) - rank(b))
    .slice(0, MAX_ENTITIES);
}

/** Code units that vanish: carriage returns, direction overrides, combining vertical lines. */
const VANISHING = /\r|[\u2028-\u202e]|\u0333|\u033f|\u030a/g;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0009\u000b\u000c\u000e-\u001f]/g;

function clean(text: string, entities: readonly Entity[]): { text: string; entities: Entity[] } {
  const spaced = text.replace(CONTROL, ' ');
  const gone = [...spaced.matchAll(VANISHING)].map((match) => match.index);
  if (gone.length === 0) return { text: spaced, entities: [...entities] };
  const moved = (offset: number): number => offset - gone.filter((index) => index < offset).length;
  return {
    text: spaced.replace(VANISHING, ''),
    entities: entities.map((entity) => {
      const offset = moved(entity.offset);
      return { ...entity, offset, length: moved(end(entity)) - offset };
    }),
  };
}

function trim(text: string, entities: Entity[]): { text: string; entities: Entity[] } {
  const right = text.replace(/[ \n]+$/, '');
  const kept = entities
    .filter((entity) => entity.offset < right.length)
    .map((entity) => ({ ...entity, length: Math.min(entity.length, right.length - entity.offset) }));
  // Blanks in front stay when an entity covers them.
  const limit = Math.min(right.length, ...kept.map((entity) => entity.offset));
  const blanks = Math.min(limit, /^[ \n]*/.exec(right)?.[0].length ?? 0);
  return {
    text: right.slice(blanks),
    entities: kept.map((entity) => ({ ...entity, offset: entity.offset - blanks })),
  };
}

const FOUND: [string, RegExp][] = [
  ['url', /https?:\/\/[^\s<>"'«»]+[^\s<>"'«».,;:!?)\]}…]/giu],
  ['email', /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu],
  [
    'bot_command',
    /(?<![\p{L}\p{N}_/<>@.])\/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\p{L}\p{N}_/<>@])/gu,
  ],
  ['mention', /(?<![\p{L}\p{N}_/@.])@[A-Za-z0-9_]{4,32}(?![\p{L}\p{N}_])/gu],
  ['hashtag', /(?<![\p{L}\p{N}_/#&])#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*/gu],
];

/** Links, addresses, commands, mentions and hashtags that stand in a text, where no other link or code covers them. */
function findEntities(text: string, entities: readonly Entity[]): Entity[] {
  const taken = entities.filter((entity) => !SPLITTABLE.has(entity.type) && !QUOTES.has(entity.type));
  const found: Entity[] = [];
  for (const [type, pattern] of FOUND) {
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length };
      if (![...taken, ...found].some((other) => intersect(entity, other))) found.push(entity);
    }
  }
  return found;
}

export type Formatted = { text: string; entities: Entity[] };

/** What a person types: no markup, but commands and links in it are found. */
export function typed(text: string): Formatted {
  const cleaned = trim(clean(text, []).text, []);
  return { text: cleaned.text, entities: findEntities(cleaned.text, []) };
}

/** Text of a call's parameters. `what` says which limit applies and whether nothing at all is allowed. */
export function formatted(
  raw: string,
  options: { parseMode: string; entities?: readonly Entity[] | undefined; what: 'text' | 'caption' },
): Formatted {
  if (Buffer.byteLength(raw) > MAX_RAW) throw badRequest(`${options.what} is too long`);
  const mode = options.parseMode.toLowerCase();
  let parsed: Formatted = { text: raw, entities: [...(options.entities ?? [])] };
  if (mode === 'html') parsed = parseHtml(raw);
  else if (mode === 'markdown' || mode === 'markdownv2') {
    throw badRequest(`parse_mode ${options.parseMode} is not built into this stand-in`);
  } else if (mode !== '') throw badRequest('unsupported parse_mode');
  const cleaned = clean(parsed.text, nest(parsed.entities));
  const { text, entities } = trim(cleaned.text, nest(cleaned.entities));
  if (text === '' && options.what === 'text') throw badRequest('text must be non-empty');
  const limit = options.what === 'text' ? MAX_TEXT : MAX_CAPTION;
  if ([...text].length > limit) {
    throw badRequest(options.what === 'text' ? 'message is too long' : 'message caption is too long');
  }
  return { text, entities: nest([...entities, ...findEntities(text, entities)]) };
}

const TAGS: Record<string, [string, string]> = {
  bold: ['<b>', '</b>'],
  italic: ['<i>', '</i>'],
  underline: ['<u>', '</u>'],
  strikethrough: ['<s>', '</s>'],
  spoiler: ['<tg-spoiler>', '</tg-spoiler>'],
  code: ['<code>', '</code>'],
  pre: ['<pre>', '</pre>'],
  blockquote: ['<blockquote>', '</blockquote>'],
  expandable_blockquote: ['<blockquote expandable>', '</blockquote>'],
};

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function tags(entity: Entity): [string, string] {
  if (entity.type === 'text_link') return [`<a href="${escape(entity.url ?? '')}">`, '</a>'];
  if (entity.type === 'date_time') {
    return [`<tg-time unix="${entity.unix_time}" format="${entity.date_time_format}">`, '</tg-time>'];
  }
  return TAGS[entity.type] ?? ['', ''];
}

/** The markup back again, for assertions: what was bold shows as `<b>…</b>`. */
export function toHtml(text: string, entities: readonly Entity[]): string {
  const marks: { at: number; text: string }[] = [];
  for (const entity of entities) marks.push({ at: entity.offset, text: tags(entity)[0] });
  for (const entity of entities.toReversed()) marks.push({ at: end(entity), text: tags(entity)[1] });
  let html = '';
  for (let at = 0; at <= text.length; at++) {
    for (const mark of marks) if (mark.at === at && mark.text.startsWith('</')) html += mark.text;
    for (const mark of marks) if (mark.at === at && !mark.text.startsWith('</')) html += mark.text;
    html += escape(text.charAt(at));
  }
  return html;
}
