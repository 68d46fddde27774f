/** Text with Telegram's entities as elements. */
import type { Entity } from '../telegram/types.ts';
import { copy, h, icon } from './dom.ts';

/** Lines that a folded quote shows. */
const FOLDED_LINES = 3;
/** Characters of a path on a line of a phone. */
const FOLDED_COLUMNS = 34;

export type MarkupNeeds = {
  /** Sends a command that was tapped in a text. */
  command(text: string): void;
  /** Milliseconds since 1970 on Telegram's clock. */
  now(): number;
  /** Whether the quote with this number is open, and that it was opened or folded. */
  isOpen(quote: number): boolean;
  setOpen(quote: number, open: boolean): void;
};

const PLAIN: Record<string, keyof HTMLElementTagNameMap> = {
  bold: 'b',
  italic: 'i',
  underline: 'u',
  strikethrough: 's',
};

const BLOCKS = new Set(['pre', 'blockquote', 'expandable_blockquote']);

/** `entities` are sorted, outer before inner, and properly nested. */
export function markup(text: string, entities: readonly Entity[], needs: MarkupNeeds): Node[] {
  let quotes = 0;

  function range(from: number, to: number, inside: readonly Entity[]): Node[] {
    const nodes: Node[] = [];
    let at = from;
    for (let index = 0; index < inside.length; index++) {
      const entity = inside[index];
      if (!entity || entity.offset < at) continue;
      const end = entity.offset + entity.length;
      const inner = inside.slice(index + 1).filter((each) => each.offset < end);
      if (entity.offset > at) nodes.push(document.createTextNode(text.slice(at, entity.offset)));
      nodes.push(element(entity, range(entity.offset, end, inner)));
      // A block begins and ends its own lines.
      at = BLOCKS.has(entity.type) && text.charAt(end) === '\n' ? end + 1 : end;
    }
    if (at < to) nodes.push(document.createTextNode(text.slice(at, to)));
    return nodes;
  }

  function element(entity: Entity, children: Node[]): Node {
    const raw = text.slice(entity.offset, entity.offset + entity.length);
    switch (entity.type) {
      case 'code':
        return copies(h('code', { title: 'Copy' }, ...children), raw);
      case 'pre':
        return h(
          'div',
          { class: 'pre' },
          h(
            'div',
            { class: 'pre-head' },
            entity.language ?? 'code',
            h(
              'button',
              { type: 'button', onclick: () => void copy(raw), 'aria-label': 'Copy the code' },
              icon('copy'),
            ),
          ),
          h('pre', { tabindex: 0 }, ...children),
        );
      case 'text_link':
        return link(entity.url ?? '', children);
      case 'url':
        return link(raw, children);
      case 'email':
        return link(`mailto:${raw}`, children);
      case 'date_time':
        return time(entity, raw, needs.now());
      case 'bot_command':
        return h('button', { type: 'button', class: 'link', onclick: () => needs.command(raw) }, ...children);
      case 'mention':
      case 'hashtag':
        return h('span', { class: 'link' }, ...children);
      case 'spoiler':
        return spoiler(children);
      case 'blockquote':
        return h('blockquote', {}, ...children);
      case 'expandable_blockquote':
        return folding(children, raw, quotes++, needs);
      default:
        return h(PLAIN[entity.type] ?? 'span', {}, ...children);
    }
  }

  return range(0, text.length, entities);
}

function copies(element: HTMLElement, raw: string): HTMLElement {
  element.setAttribute('role', 'button');
  element.setAttribute('tabindex', '0');
  element.addEventListener('click', () => void copy(raw));
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') void copy(raw);
  });
  return element;
}

/** Only addresses of the web and of mail leave the page. */
const link = (href: string, children: Node[]): HTMLElement =>
  /^(https?:|mailto:)/i.test(href)
    ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children)
    : h('span', { class: 'link', title: href }, ...children);

function spoiler(children: Node[]): HTMLElement {
  const cover = h(
    'button',
    { type: 'button', class: 'spoiler', 'aria-label': 'Hidden text, show' },
    ...children,
  );
  cover.addEventListener('click', () => cover.replaceWith(...cover.childNodes), { once: true });
  return cover;
}

function folding(children: Node[], raw: string, index: number, needs: MarkupNeeds): HTMLElement {
  const body = h('div', { class: 'fold-body' }, ...children);
  const long = raw.split('\n').length > FOLDED_LINES || raw.length > FOLDED_COLUMNS * FOLDED_LINES;
  if (!long) return h('blockquote', {}, body);
  const button = h('button', { type: 'button', class: 'fold' }, icon('chevron'));
  const quote = h('blockquote', { class: 'expandable' }, body, button);
  const show = (open: boolean): void => {
    quote.classList.toggle('open', open);
    button.setAttribute('aria-expanded', String(open));
    button.setAttribute('aria-label', open ? 'Fold the quote' : 'Open the quote');
  };
  show(needs.isOpen(index));
  quote.addEventListener('click', (event) => {
    const open = quote.classList.contains('open');
    // Open, a click in the text may be for copying or selecting; the arrow folds it.
    if (open && !button.contains(event.target as Node)) return;
    show(!open);
    needs.setOpen(index, !open);
  });
  return quote;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** How Telegram's clients show a `date_time` entity; an empty format leaves the words of the bot. */
function timeText(unix: number, format: string, words: string, now: number): string {
  const date = new Date(unix * 1000);
  if (format === 'r') {
    const seconds = unix - now / 1000;
    const [unit, length] = UNITS.find((each) => Math.abs(seconds) >= each[1]) ?? ['second', 1];
    return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(
      Math.trunc(seconds / length),
      unit,
    );
  }
  const parts = [
    format.includes('w') && date.toLocaleDateString(undefined, { weekday: 'long' }),
    format.includes('d') && date.toLocaleDateString(undefined, { dateStyle: 'short' }),
    format.includes('D') && date.toLocaleDateString(undefined, { dateStyle: 'long' }),
    format.includes('t') && date.toLocaleTimeString(undefined, { timeStyle: 'short' }),
    format.includes('T') && date.toLocaleTimeString(undefined, { timeStyle: 'medium' }),
  ].filter((part) => part !== false);
  return parts.length === 0 ? words : parts.join(', ');
}

function time(entity: Entity, words: string, now: number): HTMLElement {
  const unix = entity.unix_time ?? 0;
  const format = entity.date_time_format ?? '';
  const date = new Date(unix * 1000);
  return h(
    'time',
    {
      datetime: date.toISOString(),
      title: date.toLocaleString(),
      ...(format === 'r' && { 'data-relative': unix }),
    },
    timeText(unix, format, words, now),
  );
}

/** Relative times grow older while one looks at them. */
export function refreshTimes(root: ParentNode, now: number): void {
  for (const element of root.querySelectorAll<HTMLElement>('time[data-relative]')) {
    element.textContent = timeText(Number(element.dataset['relative']), 'r', '', now);
  }
}
