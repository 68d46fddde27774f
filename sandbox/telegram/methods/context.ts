/** What a method of the Bot API is given, and the checks that most of them share. */
import { badRequest, forbidden } from '../api-error.ts';
import { integer, json, text, type Params } from '../params.ts';
import { formatted, type Formatted } from '../text.ts';
import type { Chat, Entity, Message } from '../types.ts';
import { privateChat, quoted, type Kept, type World } from '../world.ts';

export type Context = {
  world: World;
  params: Params;
  /** Aborted when the bot hangs up. */
  signal: AbortSignal;
};

/** Gives `result`, or throws an ApiError. */
export type Method = (context: Context) => unknown;

/** The chat that a call names, if the bot may write there. */
export function chatOf({ world, params }: Context): Chat {
  const id = text(params, 'chat_id');
  if (id === '') throw badRequest('chat_id is empty');
  const group = world.chats.get(Number(id));
  if (group) {
    if (group.members?.has(world.bot.id) === false) {
      throw forbidden(`bot was kicked from the ${group.type} chat`);
    }
    const { members: _members, topics: _topics, ...chat } = group;
    return chat;
  }
  const person = world.people.get(Number(id));
  if (!person) throw badRequest('chat not found');
  if (person.blocked) throw forbidden('bot was blocked by the user');
  if (!person.started) throw forbidden("bot can't initiate conversation with a user");
  return privateChat(person.user);
}

/** The message that a call names; `what` completes "message to … not found". */
export function messageOf(context: Context, what: 'edit' | 'delete' | 'react' | 'pin'): Kept {
  const chat = chatOf(context);
  const id = text(context.params, 'message_id');
  if (id === '' || id === '0') throw badRequest('message identifier is not specified');
  const kept = context.world.find(chat.id, Number(id));
  if (!kept || kept.deleted) throw badRequest(`message to ${what} not found`);
  return kept;
}

/** The text or caption of a call. */
export function textOf({ params }: Context, what: 'text' | 'caption'): Formatted {
  const raw = text(params, what);
  if (what === 'text' && raw === '') throw badRequest('message text is empty');
  const given = json(params, what === 'text' ? 'entities' : 'caption_entities', 'entities');
  return formatted(raw, {
    what,
    parseMode: text(params, 'parse_mode'),
    entities: Array.isArray(given) ? (given as Entity[]) : undefined,
  });
}

/** `text` and `entities` as a message has them: no entities, no field. */
export const asText = ({ text: plain, entities }: Formatted): Pick<Message, 'text' | 'entities'> => ({
  text: plain,
  ...(entities.length > 0 && { entities }),
});

export const asCaption = ({
  text: plain,
  entities,
}: Formatted): Pick<Message, 'caption' | 'caption_entities'> =>
  plain === '' ? {} : { caption: plain, ...(entities.length > 0 && { caption_entities: entities }) };

/** The message that a call replies to, if any. */
export function replyOf(context: Context, chat: Chat): Pick<Message, 'reply_to_message'> {
  const { world, params } = context;
  const given = json(params, 'reply_parameters', 'reply parameters') as
    | { message_id?: number; allow_sending_without_reply?: boolean }
    | undefined;
  const id = given?.message_id ?? integer(params, 'reply_to_message_id', 0);
  if (!id) return {};
  const kept = world.find(chat.id, Number(id));
  if (kept && !kept.deleted) return { reply_to_message: quoted(kept.message) };
  if (given?.allow_sending_without_reply === true) return {};
  throw badRequest('message to be replied not found');
}

/** The topic that a call writes to, if any. */
export function topicOf(
  { world, params }: Context,
  chat: Chat,
): Pick<Message, 'message_thread_id' | 'is_topic_message'> {
  const id = integer(params, 'message_thread_id', 0);
  if (id === 0) return {};
  if (!world.chats.get(chat.id)?.topics?.has(id)) throw badRequest('message thread not found');
  return { message_thread_id: id, is_topic_message: true };
}
