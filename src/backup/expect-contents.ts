/** What files of an application have to say: keys that parse, settings with the value that a backup relies on. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Expect, Source } from '../services/schema.ts';
import { isCode } from './disk.ts';

/**
 * Before anything is copied: whether the settings of the application are those that its sources were configured for. A
 * database that lies elsewhere would be missed without a word.
 * @throws Error for another value, and for a file that is in none of the folders
 */
export async function requireValues(
  sources: readonly Source[],
  { values }: Pick<Expect, 'values'>,
): Promise<void> {
  const folders = sources.flatMap((source) => (source.kind === 'files' ? [source.folder] : []));
  for (const value of values) {
    const texts = await Promise.all(folders.map((folder) => textAt(join(folder, value.file))));
    const text = texts.find((one) => one !== undefined);
    if (text === undefined) throw new Error(`Cannot find "${value.file}" in ${folders.join(', ')}.`);
    requireValue(text, value);
  }
}

/** @throws Error for JSON that says something else, or is none */
export function requireValue(text: string, { file, key, is, otherwise }: Expect['values'][number]): void {
  const found = valueIn(text, file, key);
  if (String(found) === is) return;
  const why = otherwise === undefined ? `"${is}" is expected` : otherwise;
  throw new Error(`"${file}" says ${key} = ${JSON.stringify(found) ?? 'nothing'}: ${why}.`);
}

/** @throws Error for a text that is no key and no certificate. A key with a password is one. */
export function requirePem(text: string, file: string): void {
  const parsers = [createPrivateKey, createPublicKey, (pem: string) => new X509Certificate(pem)];
  const isParsed = parsers.some((parse) => {
    try {
      parse(text);
      return true;
    } catch (error) {
      return isCode(error, 'ERR_MISSING_PASSPHRASE');
    }
  });
  if (!isParsed) throw new Error(`"${file}" holds no key and no certificate that can be read.`);
}

/** @param key of an object; of an object in it after a dot */
function valueIn(text: string, file: string, key: string): unknown {
  try {
    return key
      .split('.')
      .reduce<unknown>(
        (value, name) => (value as Record<string, unknown> | undefined)?.[name],
        JSON.parse(text),
      );
  } catch (error) {
    throw new Error(`"${file}" cannot be read as JSON: ${(error as Error).message}`, { cause: error });
  }
}

async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
