/** Names of files that are made here: short ones for the agent, telling ones for Immich. */
import { extname } from 'node:path';

/** Of the formats that `image/sniff.ts` tells; Immich decides by these if it takes a file. */
const EXTENSIONS: Readonly<Record<string, string>> = { jpeg: '.jpg', tiff: '.tif' };

/** Code points of a caption or a file's name that are worth keeping. */
const LONGEST = 60;

/** `p1432`: what a picture is called, in the folder and by people. */
export const stemOf = (number: number): string => `p${number}`;

/** The number that a file of the folder bears: `p1432.jpg`, `p1432-2.jpg`. */
export function numberOf(file: string): number | undefined {
  const digits = /^p(\d{1,15})(?:[.-]|$)/.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * With its dot, by the content.
 * @param name as the sender called it: a text keeps its own extension, since `.log` or `.ts` says more than `.txt`
 */
export function extensionOf(format: string, name?: string): string {
  const own = extname(name ?? '').toLowerCase();
  if (format === 'txt' && /^\.[a-z0-9]{1,8}$/.test(own)) return own;
  return EXTENSIONS[format] ?? `.${format}`;
}

/** What a readable copy was made from, where no Immich holds it. */
export const originalName = (number: number, format: string): string =>
  `${stemOf(number)}-original${extensionOf(format)}`;

/**
 * The name under which Immich keeps it: `p1432-login-bug.jpg`.
 * @param about a caption or the name that it came with
 */
export function filedName(number: number, format: string, about: string | undefined): string {
  const words = about === undefined ? '' : slug(about);
  return `${stemOf(number)}${words === '' ? '' : `-${words}`}${extensionOf(format)}`;
}

/** Letters and digits of any script, the rest as single dashes: nothing that a shell or a file system minds. */
export function slug(text: string): string {
  const words = text.normalize('NFC').replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  return [...words]
    .slice(0, LONGEST)
    .join('')
    .replaceAll(/^-+|-+$/g, '');
}
