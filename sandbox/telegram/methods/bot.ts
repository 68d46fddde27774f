/** Methods about the bot itself: updates, commands, descriptions, answers to taps, files. */
import { badRequest, conflict } from '../api-error.ts';
import { flag, integer, json, text } from '../params.ts';
import type { BotCommand } from '../types.ts';
import { TAP_LIFETIME, type World } from '../world.ts';
import { chatOf, type Context, type Method } from './context.ts';

const ACTIONS = new Set(
  'typing upload_photo record_video upload_video record_audio upload_audio record_voice upload_voice upload_document choose_sticker find_location record_video_note upload_video_note pick_up_location'.split(
    ' ',
  ),
);

const getMe: Method = ({ world }) => ({
  ...world.bot,
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: false,
});

function allowedOf({ params }: Context): string[] | undefined {
  const kinds = json(params, 'allowed_updates', 'allowed updates');
  return Array.isArray(kinds) ? kinds.map(String) : undefined;
}

const getUpdates: Method = (context) => {
  const { world, params, signal } = context;
  if (world.webhook !== '') {
    throw conflict(
      "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
  }
  return world.updates.poll({
    offset: integer(params, 'offset', 0),
    limit: integer(params, 'limit', 100),
    timeout: integer(params, 'timeout', 0),
    allowed: allowedOf(context),
    signal,
  });
};

const setWebhook: Method = (context) => {
  const { world, params } = context;
  const url = text(params, 'url');
  if (url !== '' && !/^https:\/\/./.test(url)) {
    throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  }
  if (flag(params, 'drop_pending_updates')) world.updates.clear();
  world.updates.allow(allowedOf(context) ?? []);
  world.webhook = url;
  return true;
};

const deleteWebhook: Method = ({ world, params }) => {
  if (flag(params, 'drop_pending_updates')) world.updates.clear();
  world.webhook = '';
  return true;
};

const getWebhookInfo: Method = ({ world }) => ({
  url: world.webhook,
  has_custom_certificate: false,
  pending_update_count: world.updates.pending(),
});

const SCOPES = new Set([
  'default',
  'all_private_chats',
  'all_group_chats',
  'all_chat_administrators',
  'chat',
  'chat_administrators',
  'chat_member',
]);

/** The name under which commands of a scope and a language are kept. */
function commandsKey(context: Context): string {
  const { world, params } = context;
  const scope = (json(params, 'scope', 'BotCommandScope') ?? { type: 'default' }) as Record<string, unknown>;
  const type = String(scope['type']);
  if (!SCOPES.has(type)) throw badRequest("can't parse BotCommandScope: Unsupported type specified");
  const language = text(params, 'language_code');
  if (language !== '' && !/^[a-z]{2}$/.test(language)) throw badRequest('invalid language code specified');
  if (!type.startsWith('chat')) return `${type} ${language}`;
  const chat = chatOf({ ...context, params: { ...params, values: { chat_id: scope['chat_id'] } } });
  if (type !== 'chat_member') return `${type} ${chat.id} ${language}`;
  const user = Number(scope['user_id']);
  if (!world.people.has(user)) throw badRequest('user not found');
  return `${type} ${chat.id} ${user} ${language}`;
}

/** tdlib/td `BotCommand.cpp` checks lengths, the server then the letters. */
function checkedCommand(raw: unknown): BotCommand {
  const { command: name, description } = (raw ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof description !== 'string') {
    throw badRequest("can't parse BotCommand: Can't find field");
  }
  const command = name.trim().replace(/^\//, '');
  if (command === '') throw badRequest('command must be non-empty');
  if ([...command].length > 32) throw badRequest('command length must not exceed 32');
  if (description.trim() === '') throw badRequest('command description must be non-empty');
  if ([...description.trim()].length > 256)
    throw badRequest('command description length must not exceed 256');
  if (!/^[a-z0-9_]+$/.test(command)) throw badRequest('BOT_COMMAND_INVALID');
  return { command, description: description.trim() };
}

const setMyCommands: Method = (context) => {
  const { world, params } = context;
  const given = json(params, 'commands');
  if (!Array.isArray(given)) throw badRequest("can't parse commands JSON object");
  if (given.length > 100) throw badRequest('BOT_COMMANDS_TOO_MUCH');
  const commands = given.map(checkedCommand);
  world.commands.set(commandsKey(context), commands);
  world.emit({ kind: 'commands' });
  return true;
};

const getMyCommands: Method = (context) => context.world.commands.get(commandsKey(context)) ?? [];

const deleteMyCommands: Method = (context) => {
  context.world.commands.delete(commandsKey(context));
  context.world.emit({ kind: 'commands' });
  return true;
};

/** The commands that a person sees in a private chat: the narrowest scope that has any, their language first. */
export function commandsFor(world: World, person: number): BotCommand[] {
  const language = world.people.get(person)?.user.language_code?.slice(0, 2) ?? '';
  for (const scope of [`chat ${person}`, 'all_private_chats', 'default']) {
    for (const key of [`${scope} ${language}`, `${scope} `]) {
      const commands = world.commands.get(key);
      if (commands && commands.length > 0) return commands;
    }
  }
  return [];
}

/** setMyName and its like: a text per language, with a greatest length. */
const profile = (field: string, most: number): Record<'set' | 'get', Method> => ({
  set: ({ world, params }) => {
    const value = text(params, field);
    if ([...value].length > most)
      throw badRequest(`BOT_${field === 'description' ? 'INFO' : field.toUpperCase()}_TOO_LONG`);
    world.profile.set(`${field} ${text(params, 'language_code')}`, value);
    return true;
  },
  get: ({ world, params }) => ({
    [field]:
      world.profile.get(`${field} ${text(params, 'language_code')}`) ?? world.profile.get(`${field} `) ?? '',
  }),
});

const name = profile('name', 64);
const description = profile('description', 512);
const shortDescription = profile('short_description', 120);

const answerCallbackQuery: Method = ({ world, params }) => {
  const tap = world.taps.get(text(params, 'callback_query_id'));
  if (!tap || tap.answer || tap.at < world.now() - TAP_LIFETIME) {
    throw badRequest('query is too old and response timeout expired or query ID is invalid');
  }
  const said = text(params, 'text');
  if ([...said].length > 200) throw badRequest('MESSAGE_TOO_LONG');
  const url = text(params, 'url');
  tap.answer = {
    ...(said !== '' && { text: said }),
    ...(flag(params, 'show_alert') && { show_alert: true }),
    ...(url !== '' && { url }),
  };
  world.emit({ kind: 'answer', tap });
  return true;
};

const sendChatAction: Method = (context) => {
  const action = text(context.params, 'action');
  if (!ACTIONS.has(action)) throw badRequest('wrong parameter action in request');
  const chat = chatOf(context);
  context.world.emit({ kind: 'action', chat: chat.id, action });
  return true;
};

const getChat: Method = (context) => {
  const { world } = context;
  const chat = chatOf(context);
  const pinned = world.find(chat.id, Number(world.profile.get(`pinned ${chat.id}`)));
  return {
    ...chat,
    accent_color_id: 0,
    max_reaction_count: 11,
    accepted_gift_types: {
      unlimited_gifts: true,
      limited_gifts: true,
      unique_gifts: true,
      premium_subscription: true,
    },
    ...(pinned && !pinned.deleted && { pinned_message: pinned.message }),
  };
};

const getFile: Method = ({ world, params }) => world.files.prepare(text(params, 'file_id'));

export const BOT: Record<string, Method> = {
  getMe,
  getUpdates,
  setWebhook,
  deleteWebhook,
  getWebhookInfo,
  setMyCommands,
  getMyCommands,
  deleteMyCommands,
  setMyName: name.set,
  getMyName: name.get,
  setMyDescription: description.set,
  getMyDescription: description.get,
  setMyShortDescription: shortDescription.set,
  getMyShortDescription: shortDescription.get,
  answerCallbackQuery,
  sendChatAction,
  getChat,
  getFile,
  logOut: () => true,
  close: () => true,
};
