/** What a copied folder holds, an entry a line, in a file beside its copies: a manifest stays small however many there are. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { digestFile, failure } from './disk.ts';
import type { Copy, Entry } from './manifest.ts';

export type ListWriter = {
  add(entry: Entry): void;
  /** All is on the disk when it returns. */
  end(): Copy;
};

/** Bytes that are gathered before they are written, and read at a time. */
const BUFFER = 256 * 1024;
const CHUNK = 64 * 1024;

/** @param path made anew, mode 0600. For a thread of its own */
export function writeList(path: string): ListWriter {
  const file = openSync(path, 'wx', 0o600);
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(BUFFER);
  let [size, filled] = [0, 0];
  const flush = () => {
    hash.update(buffer.subarray(0, filled));
    for (let at = 0; at < filled;) at += writeSync(file, buffer, at, filled - at);
    size += filled;
    filled = 0;
  };
  return {
    add(entry) {
      const line = `${JSON.stringify(entry)}\n`;
      // Of a character UTF-8 makes three bytes at most; the paths of a line are far shorter than the buffer.
      if (line.length * 3 > buffer.length - filled) flush();
      filled += buffer.write(line, filled);
    },
    end() {
      flush();
      fsyncSync(file);
      closeSync(file);
      return { file: basename(path), size, sha256: hash.digest('hex') };
    },
  };
}

/**
 * The entries of a folder's copy, in the order in which they were written. Its digest is looked at before the first
 * one is given: the manifest that has it vouches for the lines.
 * @param folder of the copy
 * @throws Error for a list that is damaged
 */
export async function* readList(folder: string, list: Copy): AsyncGenerator<Entry> {
  const path = join(folder, list.file);
  await requireWhole(path, list);
  for await (const line of linesOf(path)) {
    const entry = JSON.parse(line) as Entry;
    requireInside(entry.path, path);
    if (entry.type === 'file' && entry.sameAs !== undefined) requireInside(entry.sameAs, path);
    yield entry;
  }
}

async function requireWhole(path: string, { size, sha256 }: Copy): Promise<void> {
  const found = await digestFile(path).catch((error: unknown) => {
    throw failure(`read the list "${path}"`, error);
  });
  if (found.size === size && found.sha256 === sha256) return;
  throw new Error(`The list "${path}" is damaged: it has other contents than were written.`);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path);
  try {
    // One buffer for all: what is left of it is at its beginning.
    let buffer = Buffer.allocUnsafe(CHUNK);
    let rest = 0;
    for (;;) {
      if (rest === buffer.length) buffer = Buffer.concat([buffer, buffer]);
      const { bytesRead } = await file.read(buffer, rest, buffer.length - rest);
      if (bytesRead === 0) return;
      const filled = rest + bytesRead;
      const end = buffer.lastIndexOf('\n', filled - 1) + 1;
      const lines = buffer.toString('utf8', 0, end).split('\n');
      // What follows the last end of a line.
      lines.pop();
      rest = buffer.copy(buffer, 0, end, filled);
      yield* lines;
    }
  } finally {
    await file.close();
  }
}

/** A copy of somebody else's making must not write outside its folder. */
function requireInside(path: string, list: string): void {
  if (!path.startsWith('/') && !`/${path}/`.includes('/../')) return;
  throw new Error(`The list "${list}" is damaged: "${path}" is no path inside a folder.`);
}
