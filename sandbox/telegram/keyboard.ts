/** Inline keyboards: what Telegram accepts, and its sentences for what it refuses. */
import { badRequest } from './api-error.ts';
import { checkedUrl } from './link.ts';
import type { Button, Keyboard } from './types.ts';

/** Bytes of `callback_data`, characters of `copy_text` (core.telegram.org/bots/api). */
const MAX_DATA = 64;
const MAX_COPY = 256;
const MAX_BUTTONS = 100;
const STYLES = ['danger', 'success', 'primary'] as const;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unreadable = (why: string): Error => badRequest(`can't parse inline keyboard button: ${why}`);

function action(text: string, raw: Record<string, unknown>): Omit<Button, 'text' | 'style'> {
  if (typeof raw['url'] === 'string' && raw['url'] !== '') {
    const url = checkedUrl(raw['url']);
    if ('href' in url) return { url: url.href };
    throw badRequest(`inline keyboard button URL '${raw['url']}' is invalid: ${url.refused}`);
  }
  if (raw['callback_data'] !== undefined && raw['callback_data'] !== '') {
    const data = raw['callback_data'];
    if (typeof data !== 'string') throw unreadable('Field "callback_data" must be of type String');
    if (Buffer.byteLength(data) > MAX_DATA) throw badRequest('BUTTON_DATA_INVALID');
    return { callback_data: data };
  }
  if (isObject(raw['copy_text'])) {
    const copied = raw['copy_text']['text'];
    if (typeof copied !== 'string') throw unreadable('Field "text" must be of type String');
    if (copied === '' || [...copied].length > MAX_COPY) throw badRequest('BUTTON_COPY_TEXT_INVALID');
    return { copy_text: { text: copied } };
  }
  if (raw['disabled'] !== undefined) return { disabled: {} };
  const foreign = Object.keys(raw).find((key) =>
    /^(web_app|login_url|switch_inline|callback_game|pay)/.test(key),
  );
  if (foreign !== undefined)
    throw badRequest(`${foreign} (button "${text}") is not built into this stand-in`);
  throw unreadable('Text buttons are unallowed in the inline keyboard');
}

function button(raw: unknown): Button {
  if (!isObject(raw)) throw unreadable('expected an Object');
  const text = raw['text'];
  if (typeof text !== 'string') throw unreadable('Can\'t find field "text"');
  const what = action(text, raw);
  if (text.trim() === '') throw badRequest('inline keyboard button text must be non-empty');
  const style = STYLES.find((each) => each === raw['style']);
  // The refusal of another style is not published; that it is one is (core.telegram.org/bots/api).
  if (raw['style'] !== undefined && !style) throw unreadable('Invalid button style specified');
  return { text, ...(style && { style }), ...what };
}

/**
 * The keyboard of a call's `reply_markup`. Keyboards that stand in for the phone's own (`keyboard`,
 * `remove_keyboard`, `force_reply`) are accepted and, as on the real server, not part of the message.
 */
export function keyboard(raw: unknown): Keyboard | undefined {
  if (raw === undefined || raw === '') return undefined;
  if (!isObject(raw)) throw badRequest('object expected as reply markup');
  const rows = raw['inline_keyboard'];
  if (rows === undefined) return undefined;
  if (!Array.isArray(rows))
    throw badRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays');
  const checked = rows.map((row: unknown) => {
    if (!Array.isArray(row)) {
      throw badRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays');
    }
    return row.map(button);
  });
  const filled = checked.filter((row) => row.length > 0);
  if (filled.flat().length > MAX_BUTTONS) throw badRequest('REPLY_MARKUP_TOO_LONG');
  return filled.length === 0 ? undefined : { inline_keyboard: filled };
}
