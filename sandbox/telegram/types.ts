/** The part of the Bot API's objects that this stand-in speaks, named as Telegram names them. */

export type User = {
  id: number;
  is_bot: boolean;
  first_name: string;
  last_name?: string;
  username?: string;
  language_code?: string;
};

export type Chat = {
  id: number;
  type: 'private' | 'group' | 'supergroup';
  title?: string;
  first_name?: string;
  last_name?: string;
  username?: string;
};

export type Entity = {
  type: string;
  /** UTF-16 code units, like `length`. */
  offset: number;
  length: number;
  url?: string;
  language?: string;
  user?: User;
  custom_emoji_id?: string;
  unix_time?: number;
  date_time_format?: string;
};

export type Button = {
  text: string;
  style?: 'danger' | 'success' | 'primary';
  callback_data?: string;
  url?: string;
  copy_text?: { text: string };
  disabled?: Record<string, never>;
};

export type Keyboard = { inline_keyboard: Button[][] };

export type PhotoSize = {
  file_id: string;
  file_unique_id: string;
  width: number;
  height: number;
  file_size: number;
};

export type Attachment = {
  file_id: string;
  file_unique_id: string;
  file_name?: string;
  mime_type?: string;
  file_size: number;
  width?: number;
  height?: number;
  duration?: number;
  /** Of a live photo: the still. */
  photo?: PhotoSize[];
};

export type Message = {
  message_id: number;
  from: User;
  chat: Chat;
  date: number;
  edit_date?: number;
  message_thread_id?: number;
  is_topic_message?: true;
  text?: string;
  entities?: Entity[];
  caption?: string;
  caption_entities?: Entity[];
  photo?: PhotoSize[];
  document?: Attachment;
  video?: Attachment;
  animation?: Attachment;
  live_photo?: Attachment;
  media_group_id?: string;
  reply_to_message?: Message;
  reply_markup?: Keyboard;
  link_preview_options?: Record<string, unknown>;
  pinned_message?: Message;
};

export type CallbackQuery = {
  id: string;
  from: User;
  message: Message | { chat: Chat; message_id: number; date: 0 };
  chat_instance: string;
  data: string;
};

export type BotCommand = { command: string; description: string };

export type Update = { update_id: number } & Partial<{
  message: Message;
  edited_message: Message;
  callback_query: CallbackQuery;
  my_chat_member: object;
}>;
