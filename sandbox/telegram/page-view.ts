/** What the chat page is told: plain data, nothing that it would have to look up. */
import { commandsFor } from './methods/bot.ts';
import { mediaKind } from './seen.ts';
import type { BotCommand, Button, Entity, Message } from './types.ts';
import type { Call, Kept, World } from './world.ts';

export type PageMedia = {
  kind: 'photo' | 'document' | 'video' | 'animation' | 'live photo';
  url: string;
  name: string;
  /** Bytes. */
  size: number;
  width?: number;
  height?: number;
  /** Whether the browser can show it as a picture. */
  picture: boolean;
};

export type PageMessage = {
  chat: number;
  id: number;
  from: { id: number; name: string; bot: boolean };
  /** Milliseconds since 1970. */
  date: number;
  edits: number;
  text: string;
  entities: Entity[];
  keyboard: Button[][];
  media?: PageMedia;
  album?: string;
  reply?: { id: number; name: string; text: string };
  silent: boolean;
  deleted: boolean;
  reactions: string[];
};

export type PageCall = {
  id: number;
  at: number;
  method: string;
  /** The parameter that tells most, on one line. */
  gist: string;
  params: string;
  outcome: Call['outcome'];
  code?: number;
  description?: string;
  took?: number;
};

export type PagePerson = { id: number; name: string; blocked: boolean; commands: BotCommand[] };
export type PageChat = { id: number; title: string; members: number[] };

export type PageControl = {
  id: string;
  label: string;
  hint?: string;
  group: string;
  kind: 'toggle' | 'button';
  on?: boolean;
};

export type PageState = {
  title: string;
  bot: { id: number; name: string; username: string };
  people: PagePerson[];
  groups: PageChat[];
  messages: PageMessage[];
  calls: PageCall[];
  controls: PageControl[];
  /** Milliseconds since 1970 on Telegram's clock. */
  now: number;
};

/** Everything that happens, as the page hears it. */
export type PageEvent =
  | { kind: 'state'; state: PageState }
  | { kind: 'message'; message: PageMessage }
  | { kind: 'call'; call: PageCall }
  | { kind: 'answer'; tap: string; text?: string; alert?: boolean; url?: string }
  | { kind: 'action'; chat: number; action: string }
  | { kind: 'people'; people: PagePerson[]; groups: PageChat[] }
  | { kind: 'controls'; controls: PageControl[] };

const PICTURES = /^image\/(jpeg|png|gif|webp|avif|bmp)$/;
const EXTENSIONS = /\.(jpe?g|png|gif|webp|avif|bmp)$/i;

function media(world: World, message: Message): PageMedia | undefined {
  const kind = mediaKind(message);
  if (!kind) return undefined;
  const photo = message.photo?.at(-1);
  const file = photo ?? message.document ?? message.video ?? message.animation;
  if (!file) return undefined;
  const stored = world.files.find(file.file_id);
  const name = 'file_name' in file ? (file.file_name ?? '') : 'photo.jpg';
  const width = file.width ?? stored?.width;
  const height = file.height ?? stored?.height;
  return {
    kind,
    url: `/sim/file/${file.file_id}/${encodeURIComponent(name === '' ? 'file' : name)}`,
    name,
    size: file.file_size,
    ...(width !== undefined && height !== undefined && { width, height }),
    picture: photo !== undefined || PICTURES.test(stored?.type ?? '') || EXTENSIONS.test(name),
  };
}

/** What a message without words is called. */
function fileName(message: Message): string {
  const kind = mediaKind(message) ?? '';
  return message.document?.file_name ?? `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`;
}

export function pageMessage(world: World, kept: Kept): PageMessage {
  const { message } = kept;
  const shown = media(world, message);
  const reply = message.reply_to_message;
  return {
    chat: message.chat.id,
    id: message.message_id,
    from: { id: message.from.id, name: message.from.first_name, bot: message.from.is_bot },
    date: message.date * 1000,
    edits: kept.edits,
    text: message.text ?? message.caption ?? '',
    entities: message.entities ?? message.caption_entities ?? [],
    keyboard: message.reply_markup?.inline_keyboard ?? [],
    ...(shown && { media: shown }),
    ...(message.media_group_id !== undefined && { album: message.media_group_id }),
    ...(reply && {
      reply: {
        id: reply.message_id,
        name: reply.from.first_name,
        text: reply.text ?? reply.caption ?? fileName(reply),
      },
    }),
    silent: kept.silent,
    deleted: kept.deleted,
    reactions: [...kept.reactions.values()],
  };
}

const SIGNS: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };

/** What HTML says, without its form. */
const said = (html: string): string =>
  html.replace(/<[^>]*>/g, '').replace(/&(lt|gt|quot|amp);/g, (_, name: string) => SIGNS[name] ?? '');

/** The parameters by which a call is told from others of its kind, and how each is said in short. */
const GISTS: [string, (value: string) => string][] = [
  ['text', said],
  ['caption', said],
  [
    'reaction',
    (list) => [...list.matchAll(/"emoji":"([^"]*)"/g)].map((match) => match[1]).join(' ') || 'none',
  ],
  ['commands', (list) => [...list.matchAll(/"command":"([^"]*)"/g)].map((match) => `/${match[1]}`).join(' ')],
  ...['document', 'file_path', 'file_id', 'action', 'media'].map(
    (name): [string, (value: string) => string] => [name, (value) => value],
  ),
];

function gistOf(params: Record<string, unknown>): string {
  for (const [name, short] of GISTS) {
    const value = params[name];
    if (value === undefined || value === '') continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const attached = text.startsWith('attach://') ? params[text.slice('attach://'.length)] : undefined;
    return short(typeof attached === 'string' ? attached : text).slice(0, 120);
  }
  return '';
}

export function pageCall(call: Call): PageCall {
  return {
    id: call.id,
    at: call.at,
    method: call.method,
    gist: gistOf(call.params),
    params: JSON.stringify(call.params, null, 1).slice(0, 4000),
    outcome: call.outcome,
    ...(call.code !== undefined && { code: call.code }),
    ...(call.description !== undefined && { description: call.description }),
    ...(call.took !== undefined && { took: call.took }),
  };
}

export const pagePeople = (world: World): PagePerson[] =>
  [...world.people.values()].map(({ user, blocked }) => ({
    id: user.id,
    name: user.first_name,
    blocked,
    commands: commandsFor(world, user.id),
  }));

export const pageGroups = (world: World): PageChat[] =>
  [...world.chats.values()].map((chat) => ({
    id: chat.id,
    title: chat.title ?? '',
    members: [...(chat.members ?? [])],
  }));
