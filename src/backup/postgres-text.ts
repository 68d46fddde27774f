/** A schema as the statements that make it. */
import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { runTool, type Place, type Reach } from './psql.ts';

/** Bytes. That of the largest application has some megabytes; it is held in memory. */
const LARGEST = 64 * 1024 * 1024;

/** @param args of pg_dump, beside those that ask for the schema */
export async function readSchema(reach: Reach, place: Place, args: readonly string[]): Promise<string[]> {
  const text = collectText();
  await runTool(reach, place, ['pg_dump', '--schema-only', '--no-password', ...args], {
    stdout: text.stream,
  });
  return statementsOf(text.result());
}

/** SHA-256, with the migrations that were applied. */
export function digestSchema(statements: readonly string[], migrations: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([statements, migrations]))
    .digest('hex');
}

/** Without what changes from one dump of the same schema to the next: comments, a random key, the order of equals. */
export function statementsOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^(?:--|\\(?:un)?restrict )/.test(line))
    .sort();
}

/** For what a program writes as text. It fails where that is more than a schema. */
export function collectText() {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, taken) {
      size += chunk.length;
      chunks.push(chunk);
      taken(size > LARGEST ? new Error(`the schema is larger than ${LARGEST} bytes.`) : undefined);
    },
  });
  return { stream, result: () => Buffer.concat(chunks).toString() };
}
