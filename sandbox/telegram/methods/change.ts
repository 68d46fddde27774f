/** Methods that change, delete, pin and react to messages. */
import { badRequest } from '../api-error.ts';
import { keyboard } from '../keyboard.ts';
import { json } from '../params.ts';
import type { Keyboard, Message } from '../types.ts';
import type { Kept } from '../world.ts';
import { asCaption, asText, chatOf, messageOf, textOf, type Context, type Method } from './context.ts';
import { mediaToSet } from './send.ts';

/** Milliseconds after which a message can no longer be deleted (core.telegram.org/bots/api#deletemessage). */
const DELETABLE = 48 * 3_600_000;

const NOT_MODIFIED =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message';

/** Everything that a bot may react with (core.telegram.org/bots/api#reactiontypeemoji). */
const REACTIONS = new Set(
  '👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡'.split(
    ' ',
  ),
);

type Content = Partial<Message>;
const CONTENT = [
  'text',
  'entities',
  'caption',
  'caption_entities',
  'photo',
  'document',
  'video',
  'animation',
  'link_preview_options',
] as const satisfies (keyof Message)[];

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Puts new content and a new keyboard (none removes it) in place. */
function edit({ world }: Context, kept: Kept, content: Content, markup: Keyboard | undefined): Message {
  const old = kept.message;
  // Previews do not count: without one shown there is nothing to change.
  const unchanged = CONTENT.every(
    (field) => field === 'link_preview_options' || same(content[field], old[field]),
  );
  if (unchanged && same(markup, old.reply_markup)) throw badRequest(NOT_MODIFIED);
  const rest: Message = { ...old };
  for (const field of CONTENT) delete rest[field];
  delete rest.reply_markup;
  kept.message = {
    ...rest,
    edit_date: Math.floor(world.now() / 1000),
    ...content,
    ...(markup && { reply_markup: markup }),
  };
  if (markup) kept.keyboards.push(markup);
  kept.edits++;
  world.touch('edited', kept);
  return kept.message;
}

const contentOf = (message: Message): Content =>
  Object.fromEntries(
    CONTENT.flatMap((field) => (message[field] === undefined ? [] : [[field, message[field]]])),
  );

function editable(context: Context): { kept: Kept; markup: Keyboard | undefined } {
  if (context.params.values['inline_message_id'] !== undefined) throw badRequest('MESSAGE_ID_INVALID');
  const markup = keyboard(json(context.params, 'reply_markup', 'reply keyboard markup'));
  const kept = messageOf(context, 'edit');
  if (kept.message.from.id !== context.world.bot.id) throw badRequest("message can't be edited");
  return { kept, markup };
}

const editMessageText: Method = (context) => {
  const content: Content = asText(textOf(context, 'text'));
  const preview = json(context.params, 'link_preview_options', 'link preview options') as Record<
    string,
    unknown
  >;
  const { kept, markup } = editable(context);
  if (kept.message.text === undefined) throw badRequest('there is no text in the message to edit');
  return edit(context, kept, { ...content, ...(preview && { link_preview_options: preview }) }, markup);
};

const editMessageCaption: Method = (context) => {
  const caption = asCaption(textOf(context, 'caption'));
  const { kept, markup } = editable(context);
  if (kept.message.text !== undefined) throw badRequest('there is no caption in the message to edit');
  const { caption: _, caption_entities: __, ...rest } = contentOf(kept.message);
  return edit(context, kept, { ...rest, ...caption }, markup);
};

const editMessageMedia: Method = (context) => {
  const content = mediaToSet(context);
  const { kept, markup } = editable(context);
  return edit(context, kept, content, markup);
};

const editMessageReplyMarkup: Method = (context) => {
  const { kept, markup } = editable(context);
  return edit(context, kept, contentOf(kept.message), markup);
};

function remove({ world }: Context, kept: Kept): void {
  const { message } = kept;
  const foreign = message.from.id !== world.bot.id && message.chat.type !== 'private';
  if (foreign || message.date * 1000 < world.now() - DELETABLE) throw badRequest("message can't be deleted");
  kept.deleted = true;
  world.touch('deleted', kept);
}

const deleteMessage: Method = (context) => {
  remove(context, messageOf(context, 'delete'));
  return true;
};

/** Those that are not there are passed over. */
const deleteMessages: Method = (context) => {
  const chat = chatOf(context);
  const ids = json(context.params, 'message_ids');
  if (!Array.isArray(ids) || ids.length === 0) throw badRequest('message identifiers are not specified');
  if (ids.length > 100) throw badRequest('too many message identifiers specified');
  for (const id of ids) {
    const kept = context.world.find(chat.id, Number(id));
    if (kept && !kept.deleted) remove(context, kept);
  }
  return true;
};

const setMessageReaction: Method = (context) => {
  const { world } = context;
  const kept = messageOf(context, 'react');
  const given = json(context.params, 'reaction') as { type?: string; emoji?: string }[] | undefined;
  const wanted = Array.isArray(given) ? given : [];
  if (wanted.length > 1) throw badRequest('REACTIONS_TOO_MANY');
  const emoji = wanted[0]?.emoji;
  if (wanted.length === 1 && (wanted[0]?.type !== 'emoji' || emoji === undefined || !REACTIONS.has(emoji))) {
    throw badRequest('REACTION_INVALID');
  }
  if (emoji === undefined) kept.reactions.delete(world.bot.id);
  else kept.reactions.set(world.bot.id, emoji);
  world.touch('reaction', kept);
  return true;
};

const pinChatMessage: Method = (context) => {
  const kept = messageOf(context, 'pin');
  context.world.profile.set(`pinned ${kept.message.chat.id}`, String(kept.message.message_id));
  return true;
};

const unpinChatMessage: Method = (context) => {
  const chat = chatOf(context);
  if (!context.world.profile.delete(`pinned ${chat.id}`)) throw badRequest('message to unpin not found');
  return true;
};

export const CHANGE: Record<string, Method> = {
  editMessageText,
  editMessageCaption,
  editMessageMedia,
  editMessageReplyMarkup,
  deleteMessage,
  deleteMessages,
  setMessageReaction,
  pinChatMessage,
  unpinChatMessage,
};
