/**
 * Text with a little form, independent of where it is shown: Telegram turns it into HTML, the terminal into plain text.
 * Values set into a `rich` template are always text, never markup, so nothing that a container logs can break a message.
 */
export type Span =
  | string
  | { b: Rich }
  | { i: Rich }
  | { code: string }
  | { link: string; href: string }
  /** Milliseconds since 1970; `relative` is shown as "2 hours ago" in the reader's own language and zone. */
  | { time: number; fallback: string; format: 'relative' | 'time' | 'date' };

export type Rich = readonly Span[];

type Value = string | number | Rich | Exclude<Span, string>;

const spans = (value: Value): Rich => {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (typeof value === 'number') return [String(value)];
  return Array.isArray(value) ? (value as Rich) : [value as Span];
};

/** A line of text: rich`✅ ${b(name)} restarted`. */
export function rich(strings: TemplateStringsArray, ...values: Value[]): Rich {
  return strings.flatMap((text, index) => {
    const value = values[index];
    return [...(text === '' ? [] : [text]), ...(value === undefined ? [] : spans(value))];
  });
}

export const b = (text: Value): Span => ({ b: spans(text) });
export const i = (text: Value): Span => ({ i: spans(text) });
export const code = (text: string): Span => ({ code: text });
export const link = (text: string, href: string): Span => ({ link: text, href });

/** Lines joined by a separator: `join([rich`a`, rich`b`], ' · ')`. */
export const join = (parts: readonly Rich[], separator: string): Rich =>
  parts.flatMap((part, index) => (index === 0 ? part : [separator, ...part]));

/** The text alone. */
export function plain(text: Rich): string {
  return text
    .map((span) => {
      if (typeof span === 'string') return span;
      if ('b' in span) return plain(span.b);
      if ('i' in span) return plain(span.i);
      if ('code' in span) return span.code;
      if ('link' in span) return span.link;
      return span.fallback;
    })
    .join('');
}
