/** Photos, documents and videos that the bot sends: uploaded, or known by their file_id. */
import { badRequest } from '../api-error.ts';
import type { FileToStore, Files } from '../files.ts';
import { imageSize } from '../image-size.ts';
import { text, type Params, type Upload } from '../params.ts';
import { attachment, photoSizes } from '../media.ts';
import type { Message } from '../types.ts';

export type MediaKind = 'photo' | 'document' | 'video' | 'animation';

/** Bytes, pixels, ratio (core.telegram.org/bots/api#sendphoto). */
const MAX_PHOTO = 10 * 1024 * 1024;
const MAX_EDGES = 10_000;
const MAX_RATIO = 20;

function upload(params: Params, field: string, given: string): Upload | undefined {
  if (!given.startsWith('attach://')) return params.uploads.get(field);
  return params.uploads.get(given.slice('attach://'.length));
}

function checkPhoto(file: Upload): { width: number; height: number } {
  if (file.bytes.length > MAX_PHOTO) {
    throw badRequest(
      `file of size ${file.bytes.length} bytes is too big for a photo; the maximum size is ${MAX_PHOTO} bytes`,
    );
  }
  const size = imageSize(file.bytes);
  if (!size) throw badRequest('IMAGE_PROCESS_FAILED');
  const { width, height } = size;
  if (width + height > MAX_EDGES || Math.max(width / height, height / width) > MAX_RATIO) {
    throw badRequest('PHOTO_INVALID_DIMENSIONS');
  }
  return { width, height };
}

const FOLDERS = { photo: 'photos', document: 'documents', video: 'videos', animation: 'animations' } as const;

/**
 * The part of a message that shows a file. `given` is what the call says in `field`: `attach://…`, a file_id, or
 * nothing when the file itself is in that field.
 */
export function mediaOf(
  files: Files,
  params: Params,
  kind: MediaKind,
  field: string,
  given = text(params, field),
): Pick<Message, 'photo' | 'document' | 'video' | 'animation'> {
  const sent = upload(params, field, given);
  if (!sent) {
    if (given === '' || given.startsWith('attach://')) throw badRequest(`there is no ${kind} in the request`);
    const known = files.find(given);
    if (!known) throw badRequest('wrong remote file identifier specified: Wrong string length');
    if (kind === 'photo' && known.folder !== 'photos')
      throw badRequest("can't use file of type Document as Photo");
    return shown(files, kind, known);
  }
  if (sent.bytes.length === 0) throw badRequest('file must be non-empty');
  const size = kind === 'photo' ? checkPhoto(sent) : imageSize(sent.bytes);
  return shown(files, kind, {
    folder: FOLDERS[kind],
    name: sent.name,
    type: sent.type,
    bytes: sent.bytes,
    ...(size && { width: size.width, height: size.height }),
  });
}

function shown(
  files: Files,
  kind: MediaKind,
  file: FileToStore,
): Pick<Message, 'photo' | 'document' | 'video' | 'animation'> {
  if (kind === 'photo') {
    return {
      photo: photoSizes(files, [{ bytes: file.bytes, width: file.width ?? 0, height: file.height ?? 0 }]),
    };
  }
  return { [kind]: attachment(files.store({ ...file, folder: FOLDERS[kind] })) };
}
