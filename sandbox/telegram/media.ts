/** Files as messages show them. */
import type { Files, Stored } from './files.ts';
import type { Attachment, PhotoSize } from './types.ts';

export type Picture = { bytes: Uint8Array; width: number; height: number };

/** Long edges to which Telegram makes copies of a photo: its sizes s, m, x (core.telegram.org/api/files#image-thumbnail-types). */
const EDGES = [90, 320, 800];

const fit = (picture: Picture, edge: number): { width: number; height: number } => {
  const factor = edge / Math.max(picture.width, picture.height);
  return {
    width: Math.max(1, Math.round(picture.width * factor)),
    height: Math.max(1, Math.round(picture.height * factor)),
  };
};

/**
 * The sizes of a photo, smallest first. Of one picture alone the smaller ones carry its own bytes,
 * since nothing here can scale.
 */
export function photoSizes(files: Files, pictures: readonly Picture[]): PhotoSize[] {
  const [only] = pictures;
  const sizes =
    pictures.length === 1 && only
      ? [
          ...EDGES.filter((edge) => edge < Math.max(only.width, only.height)).map((edge) => ({
            ...fit(only, edge),
            bytes: only.bytes,
          })),
          only,
        ]
      : pictures;
  return sizes.map((size) => {
    const file = files.store({
      folder: 'photos',
      name: 'photo.jpg',
      type: 'image/jpeg',
      bytes: size.bytes,
      width: size.width,
      height: size.height,
    });
    return {
      file_id: file.id,
      file_unique_id: file.uniqueId,
      width: size.width,
      height: size.height,
      file_size: file.size,
    };
  });
}

export const attachment = (file: Stored): Attachment => ({
  file_id: file.id,
  file_unique_id: file.uniqueId,
  ...(file.name !== '' && { file_name: file.name }),
  ...(file.type !== '' && { mime_type: file.type }),
  file_size: file.size,
});
