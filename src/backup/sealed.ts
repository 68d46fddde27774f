/** Small JSON files that are whole, as they were written, or not believed. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { writeDurably } from './disk.ts';

const SEAL = /^\{"sha256":"([0-9a-f]{64})","(?:sealed|manifest)":\n/;
const END = '\n}\n';

/** Whole or not at all, on the disk when it returns. */
export async function writeSealed(path: string, value: unknown): Promise<void> {
  const body = JSON.stringify(value, undefined, 1);
  await writeDurably(path, `{"sha256":"${sha256(body)}","sealed":\n${body}${END}`);
}

/**
 * @param what it is, for the message: `the copy in "/x"`
 * @throws Error for a file that is missing, damaged or of another version
 */
export async function readSealed<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  what: string,
): Promise<z.infer<Schema>> {
  const broken = (why: string, cause?: unknown) => new Error(`Cannot read ${what}: ${why}`, { cause });
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? broken('there is no manifest.') : broken(error.message, error);
  });
  const [head = '', seal] = SEAL.exec(text) ?? [];
  const body = text.slice(head.length, -END.length);
  if (seal === undefined || !text.endsWith(END) || sha256(body) !== seal) {
    throw broken('its manifest is damaged.');
  }
  const value = schema.safeParse(JSON.parse(body));
  if (!value.success) throw broken('its manifest is not of this version.', value.error);
  return value.data;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
