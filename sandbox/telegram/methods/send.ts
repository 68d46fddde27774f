/** Methods that add messages. */
import { badRequest } from '../api-error.ts';
import { keyboard } from '../keyboard.ts';
import { flag, json, text } from '../params.ts';
import { formatted } from '../text.ts';
import type { Chat, Entity, Message } from '../types.ts';
import { asCaption, asText, chatOf, replyOf, textOf, topicOf, type Context, type Method } from './context.ts';
import { mediaOf, type MediaKind } from './media.ts';

type Content = Omit<Message, 'message_id' | 'date' | 'from' | 'chat'>;

function send(context: Context, chat: Chat, content: Content): Message {
  const { world, params } = context;
  return world.add({ from: world.bot, chat, ...content }, flag(params, 'disable_notification')).message;
}

/** Chat, reply, topic and keyboard are checked in the order of the real server: text first, then these. */
function around(context: Context): { chat: Chat; rest: Content } {
  const markup = keyboard(json(context.params, 'reply_markup', 'reply keyboard markup'));
  const chat = chatOf(context);
  return {
    chat,
    rest: { ...replyOf(context, chat), ...topicOf(context, chat), ...(markup && { reply_markup: markup }) },
  };
}

const sendMessage: Method = (context) => {
  const content = asText(textOf(context, 'text'));
  const { chat, rest } = around(context);
  const preview = json(context.params, 'link_preview_options', 'link preview options') as Record<
    string,
    unknown
  >;
  return send(context, chat, { ...content, ...rest, ...(preview && { link_preview_options: preview }) });
};

const sendMedia =
  (kind: MediaKind): Method =>
  (context) => {
    const media = mediaOf(context.world.files, context.params, kind, kind);
    const caption = asCaption(textOf(context, 'caption'));
    const { chat, rest } = around(context);
    return send(context, chat, { ...media, ...caption, ...rest });
  };

type InputMedia = {
  type?: string;
  media?: string;
  caption?: string;
  parse_mode?: string;
  caption_entities?: Entity[];
};

const KINDS: readonly string[] = ['photo', 'document', 'video', 'animation'] satisfies MediaKind[];

function inputMedia(
  context: Context,
  item: InputMedia,
): Pick<Message, MediaKind | 'caption' | 'caption_entities'> {
  const kind = item.type ?? '';
  if (!KINDS.includes(kind)) throw badRequest(`can't parse InputMedia: type "${kind}" is unsupported`);
  const caption = formatted(item.caption ?? '', {
    what: 'caption',
    parseMode: item.parse_mode ?? '',
    entities: item.caption_entities,
  });
  const media = mediaOf(context.world.files, context.params, kind as MediaKind, 'media', item.media ?? '');
  return { ...media, ...asCaption(caption) };
}

/** The new content of editMessageMedia. */
export function mediaToSet(context: Context): Pick<Message, MediaKind | 'caption' | 'caption_entities'> {
  const item = json(context.params, 'media') as InputMedia | undefined;
  if (item === undefined) throw badRequest("can't parse InputMedia: expected an Object");
  return inputMedia(context, item);
}

const sendMediaGroup: Method = (context) => {
  const items = json(context.params, 'media') as InputMedia[] | undefined;
  if (!Array.isArray(items)) throw badRequest("can't parse media JSON object");
  if (items.length === 0) throw badRequest('there are no messages to send');
  if (items.length > 10) throw badRequest('too many messages to send as an album');
  const kinds = new Set(items.map((item) => item.type));
  if (kinds.has('document') && kinds.size > 1) {
    throw badRequest("document can't be mixed with other media types");
  }
  const contents = items.map((item) => inputMedia(context, item));
  const { chat, rest } = around(context);
  const album = `${context.world.now()}${Math.floor(Math.random() * 1e6)}`;
  return contents.map((content) => send(context, chat, { ...content, ...rest, media_group_id: album }));
};

const createForumTopic: Method = (context) => {
  const chat = chatOf(context);
  const topics = context.world.chats.get(chat.id)?.topics;
  if (!topics) throw badRequest('the chat is not a forum');
  const name = text(context.params, 'name').trim();
  if (name === '') throw badRequest('TOPIC_TITLE_EMPTY');
  const id = topics.size + 2;
  topics.set(id, name);
  return { message_thread_id: id, name, icon_color: 0x6fb9f0 };
};

export const SEND: Record<string, Method> = {
  sendMessage,
  sendPhoto: sendMedia('photo'),
  sendDocument: sendMedia('document'),
  sendVideo: sendMedia('video'),
  sendAnimation: sendMedia('animation'),
  sendMediaGroup,
  createForumTopic,
};
