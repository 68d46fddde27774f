/** What a message brings for the picture bridge. */
import type { Message } from 'grammy/types';
import type { IncomingPicture, PictureSource } from '../store/pictures.ts';

/** @returns undefined for a message without a picture or file */
export function pictureOf(message: Message): IncomingPicture | undefined {
  const source = sourceOf(message);
  if (source === undefined) return undefined;
  const chat = message.chat.id;
  const group = message.media_group_id;
  return {
    chat,
    messageId: message.message_id,
    card: group === undefined ? `pictures:${chat}:${message.message_id}` : `pictures:${chat}:album:${group}`,
    ...(message.caption === undefined ? {} : { caption: message.caption }),
    source,
  };
}

function sourceOf(message: Message): PictureSource | undefined {
  // The order matters: a live photo comes with `photo`, an animation with `document`, for older bots.
  const { live_photo: live, animation, video, video_note: round, document, photo } = message;
  if (photo !== undefined && photo.length > 0) {
    const largest = photo.reduce((a, size) => (size.width * size.height > a.width * a.height ? size : a));
    const still = { ...fileOf(largest, 'photo'), mime: 'image/jpeg' };
    if (live === undefined) return still;
    const { fileId, uniqueId, size } = fileOf(live, 'video');
    const clip = { fileId, uniqueId, ...(size === undefined ? {} : { size }) };
    return { ...still, kind: 'live-photo', clip };
  }
  if (animation !== undefined) return fileOf(animation, 'animation');
  if (video !== undefined) return fileOf(video, 'video');
  if (round !== undefined) return fileOf(round, 'video');
  if (document !== undefined) return fileOf(document, 'document');
  return undefined;
}

type TelegramFile = {
  file_id: string;
  file_unique_id: string;
  file_size?: number;
  file_name?: string;
  mime_type?: string;
  width?: number;
  height?: number;
};

const fileOf = (file: TelegramFile, kind: PictureSource['kind']): PictureSource => ({
  fileId: file.file_id,
  uniqueId: file.file_unique_id,
  kind,
  ...(file.file_size === undefined ? {} : { size: file.file_size }),
  ...(file.file_name === undefined ? {} : { name: file.file_name }),
  ...(file.mime_type === undefined ? {} : { mime: file.mime_type }),
  ...(file.width === undefined ? {} : { width: file.width }),
  ...(file.height === undefined ? {} : { height: file.height }),
});
