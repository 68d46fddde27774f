/** Send and edit messages. What Telegram refuses for its form is tried in a plainer one: the text must arrive. */
import { InputFile, type Api } from 'grammy';
import { judge, type Apis } from './api.ts';
import type { Rendered } from './render.ts';

type Form = { text: string; html: boolean; keyboard: Rendered['keyboard'] };
type Message = {
  replyTo: number | undefined;
  silent: boolean;
  /** Shown above the words. */
  photo?: { name: string; bytes: Uint8Array } | undefined;
};

/** @returns the message's id */
export async function send(
  apis: Pick<Apis, 'calls' | 'uploads'>,
  chat: number,
  rendered: Rendered,
  { replyTo, silent, photo }: Message,
): Promise<number> {
  const { file } = rendered;
  return inSomeForm(rendered, async ({ text, html, keyboard }) => {
    const other = {
      disable_notification: silent,
      ...(html ? { parse_mode: 'HTML' as const } : {}),
      ...(keyboard === undefined ? {} : { reply_markup: keyboard }),
      // Somebody may have deleted his message; the answer must come all the same.
      ...(replyTo === undefined
        ? {}
        : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } }),
    };
    if (photo !== undefined) {
      const image = new InputFile(photo.bytes, photo.name);
      return (await apis.uploads.sendPhoto(chat, image, { ...other, caption: text })).message_id;
    }
    if (file === undefined) {
      const options = { ...other, link_preview_options: { is_disabled: true } };
      return (await apis.calls.sendMessage(chat, text, options)).message_id;
    }
    const document = new InputFile(Buffer.from(file.text), file.name);
    return (await apis.uploads.sendDocument(chat, document, { ...other, caption: text })).message_id;
  });
}

export async function edit(
  api: Api,
  chat: number,
  messageId: number,
  rendered: Rendered,
): Promise<undefined> {
  await inSomeForm(rendered, ({ text, html, keyboard }) =>
    // Without a keyboard here the old one goes.
    api.editMessageText(chat, messageId, text, {
      link_preview_options: { is_disabled: true },
      ...(html ? { parse_mode: 'HTML' as const } : {}),
      ...(keyboard === undefined ? {} : { reply_markup: keyboard }),
    }),
  );
}

async function inSomeForm<T>(rendered: Rendered, go: (form: Form) => Promise<T>): Promise<T> {
  const { text, plain, keyboard } = rendered;
  try {
    return await go({ text, html: true, keyboard });
  } catch (error) {
    const verdict = judge(error);
    if (verdict.kind !== 'refused') throw error;
    // An older Bot API server may not know a tag, a button may be one that it does not take.
    const aboutButtons = /button|keyboard|reply_markup/i.test(verdict.why);
    try {
      return await go(
        aboutButtons ? { text, html: true, keyboard: undefined } : { text: plain, html: false, keyboard },
      );
    } catch (second) {
      if (judge(second).kind !== 'refused') throw second;
      return go({ text: plain, html: false, keyboard: undefined });
    }
  }
}
