/** Masks the values of known secrets, and what looks like one, in text that leaves the process. */
export type Redact = (text: string) => string;

/** A name that announces a secret, with what stands between it and its value: JSON inside a string has escaped quotes. */
const NAME = String.raw`\b([\w.-]*(?:password|passwd|secret|token|api[_-]?key|private[_-]?key|credential)s?\\*["']?\s*[:=](?!>)\s*)`;
/** Masked text stays as it is when it is masked again. */
const VALUE = String.raw`(?!•••)(\\*"[^"]+"|'[^']+'|[^\s"',;&]+)`;
const KEY = /(?:password|passwd|secret|token|api[_-]?key|private[_-]?key|credential)s?$/i;

/**
 * What looks like a secret even where its value is not known: a Telegram token, a bearer or basic header,
 * a password in a URL, `PASSWORD=…`-like assignments, private keys and JSON Web Tokens.
 */
const SHAPES: readonly [RegExp, string][] = [
  [/(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}/g, '•••'],
  [/\b(authorization["']?\s*[:=]\s*["']?(?:bearer|basic)\s+)[^\s"',;]+/gi, '$1•••'],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi, '$1•••@'],
  [new RegExp(`${NAME}${VALUE}`, 'gi'), '$1•••'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, '•••'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '•••'],
];

/** Shorter values are words of everyday text; masking them would tear messages apart. */
const SHORTEST = 6;

/** @param secrets the values that the configuration holds */
export function createRedact(secrets: readonly string[]): Redact {
  const values = [...new Set(secrets)].filter((value) => value.length >= SHORTEST);
  // Longest first, so that a secret that contains another is masked whole. A value may stand in JSON or in a URL.
  const forms = values
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])
    .sort((a, b) => b.length - a.length);
  const known =
    forms.length === 0
      ? undefined
      : new RegExp([...new Set(forms)].map((form) => RegExp.escape(form)).join('|'), 'g');
  return (text) => {
    const masked = known === undefined ? text : text.replace(known, '•••');
    return SHAPES.reduce((result, [shape, mask]) => result.replace(shape, mask), masked);
  };
}

/**
 * Mask every string of a JSON text, and whole values whose key announces a secret. The result is JSON again,
 * which masking the text itself would not promise.
 */
export const redactJson = (redact: Redact, json: string, indent?: number): string =>
  JSON.stringify(
    JSON.parse(json),
    (key, value: unknown) => {
      if (typeof value !== 'string') return value;
      return KEY.test(key) ? '•••' : redact(value);
    },
    indent,
  );
