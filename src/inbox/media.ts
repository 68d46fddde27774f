/** Which files of the inbox are photos and videos, and how Immich is told so. */
import { extname } from 'node:path';
import type { Kind } from '../image/sniff.ts';
import { extensionOf } from '../pictures/names.ts';

export type Media = Extract<Kind, { kind: 'image' | 'video' }>;

export const isMedia = (kind: Kind): kind is Media => kind.kind === 'image' || kind.kind === 'video';

/**
 * Extensions that Immich takes: it decides by them alone. A raw file of a camera looks like a TIFF, a sequence of a
 * camcorder like nothing, so their own extensions have to stay.
 */
const EXTENSIONS = new Set(
  `3fr ari arw avif bmp cap cin cr2 cr3 crw dcr dng erf fff gif heic heif hif iiq insp jp2 jpe jpeg jpg jxl k25 kdc mef
  mrw nef nrw orf ori pef png psb psd raf raw rw2 rwl sr2 srf srw svg tif tiff webp x3f 3gp 3gpp avi flv insv m2t m2ts
  m4v mkv mov mp4 mpe mpeg mpg mts vob webm wmv`.split(/\s+/),
);

/** The file's own name in one line, with an extension that Immich takes. */
export function mediaName(name: string, format: string): string {
  const line = name.replaceAll(/\p{Cc}+/gu, ' ').trim();
  const own = extname(line).slice(1).toLowerCase();
  if (EXTENSIONS.has(own)) return line;
  return `${line === '' ? 'upload' : line}${extensionOf(format)}`;
}
