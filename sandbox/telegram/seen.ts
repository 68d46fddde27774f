/** Messages as a person sees them, and a conversation as text. */
import { toHtml } from './text.ts';
import type { Button, Message } from './types.ts';
import type { Kept, World } from './world.ts';

export type Seen = {
  id: number;
  chat: number;
  /** The bot, or a person's id. */
  from: 'bot' | number;
  name: string;
  /** Text or caption without markup. */
  text: string;
  /** The same with its markup, as Telegram HTML. */
  html: string;
  /** Rows of labels. */
  buttons: string[][];
  media?: 'photo' | 'document' | 'video' | 'animation' | 'live photo';
  fileName?: string;
  silent: boolean;
  edits: number;
  deleted: boolean;
  replyTo?: number;
  album?: string;
  /** Emoji, the bot's first. */
  reactions: string[];
  /** Milliseconds since 1970. */
  date: number;
  raw: Message;
};

export function mediaKind(message: Message): Seen['media'] {
  if (message.live_photo) return 'live photo';
  if (message.photo) return 'photo';
  if (message.animation) return 'animation';
  if (message.video) return 'video';
  return message.document ? 'document' : undefined;
}

export function see(world: World, kept: Kept): Seen {
  const { message } = kept;
  const text = message.text ?? message.caption ?? '';
  const media = mediaKind(message);
  const fileName = message.document?.file_name ?? message.video?.file_name;
  const isBot = message.from.id === world.bot.id;
  return {
    id: message.message_id,
    chat: message.chat.id,
    from: isBot ? 'bot' : message.from.id,
    name: message.from.first_name,
    text,
    html: toHtml(text, message.entities ?? message.caption_entities ?? []),
    buttons: (message.reply_markup?.inline_keyboard ?? []).map((row) => row.map((button) => button.text)),
    ...(media && { media }),
    ...(fileName !== undefined && { fileName }),
    silent: kept.silent,
    edits: kept.edits,
    deleted: kept.deleted,
    ...(message.reply_to_message && { replyTo: message.reply_to_message.message_id }),
    ...(message.media_group_id !== undefined && { album: message.media_group_id }),
    reactions: [...kept.reactions].sort(([a]) => (a === world.bot.id ? -1 : 0)).map(([, emoji]) => emoji),
    date: message.date * 1000,
    raw: message,
  };
}

/** `*` is primary, `!` danger, `⧉` copies, `↗` opens. */
function label(button: Button): string {
  const style = { primary: '*', danger: '!', success: '+' }[button.style ?? ('none' as never)] ?? '';
  const kind = button.copy_text ? '⧉ ' : '';
  return `[${kind}${button.text}${style}${button.url === undefined ? '' : ' ↗'}]`;
}

function lines(seen: Seen): string {
  const marks = [
    seen.from === 'bot' && seen.silent ? 'silent' : '',
    seen.edits > 0 ? 'edited' : '',
    seen.replyTo === undefined ? '' : `reply to ${seen.replyTo}`,
    seen.deleted ? 'deleted' : '',
  ].filter((mark) => mark !== '');
  const who = `${seen.name} #${seen.id}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`;
  const file = seen.media ? `<${seen.media}${seen.fileName === undefined ? '' : ` ${seen.fileName}`}>` : '';
  const body = [file, seen.text].filter((part) => part !== '').join('\n');
  const rows = (seen.raw.reply_markup?.inline_keyboard ?? []).map((row) => row.map(label).join(' '));
  const reactions = seen.reactions.length > 0 ? [`reactions: ${seen.reactions.join(' ')}`] : [];
  return [
    `${who}:`,
    ...[...body.split('\n'), ...rows, ...reactions].map((line) => `  ${line}`.trimEnd()),
  ].join('\n');
}

/** A chat's messages as they are now, oldest first, with their buttons. */
export function transcript(world: World, chat: number): string {
  return world.messages
    .filter((kept) => kept.message.chat.id === chat)
    .map((kept) => lines(see(world, kept)))
    .join('\n');
}
