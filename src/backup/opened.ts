/** The copies of a backup as they can be looked into: unpacked where they are stored in another form. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './disk.ts';
import { readList } from './files-list.ts';
import { copyOf, type FilesPart, type Manifest, type Part, type SqlitePart } from './manifest.ts';
import { extractCopy, readCopy, type ReadOptions } from './stored.ts';

export type Opened = {
  /** Where a database lies as SQLite reads it. */
  databaseOf(part: SqlitePart): Promise<string>;
  /** What was unpacked goes. */
  close(): Promise<void>;
};

/** @param options.scratch a folder that nobody has, for what has to be unpacked */
export function openCopies(
  folder: string,
  { scratch, ...options }: ReadOptions & { scratch: string },
): Opened {
  const unpacked = new Map<string, Promise<string>>();
  const unpack = async ({ copy }: SqlitePart): Promise<string> => {
    const to = join(scratch, String(unpacked.size));
    await makeFolder(scratch);
    await extractCopy(folder, copy, to, options);
    return to;
  };
  return {
    async databaseOf(part) {
      const { file, stored } = part.copy;
      if (stored === undefined) return join(folder, file);
      const known = unpacked.get(file) ?? unpack(part);
      unpacked.set(file, known);
      return known;
    },
    close: () => rm(scratch, { recursive: true, force: true }),
  };
}

/** Whether nothing here can read a part: it is encrypted, and there is no identity. */
export function isLocked({ recipients = [] }: Manifest, identityFile: string | undefined): boolean {
  return recipients.length > 0 && identityFile === undefined;
}

/**
 * Read what is stored in another form to its end, so that it is known to give what the source had.
 * @throws Error with the first that does not
 */
export async function decodeStored(folder: string, part: Part, options: ReadOptions = {}): Promise<void> {
  if (part.kind === 'files') {
    for await (const copy of storedOf(folder, part)) await readAll(folder, copy, options);
    return;
  }
  if (part.kind === 'postgres' && part.hidden !== undefined) await readAll(folder, part.hidden, options);
  if (part.copy.stored !== undefined) await readAll(folder, part.copy, options);
}

async function* storedOf(folder: string, part: FilesPart) {
  for await (const entry of readList(folder, part.list)) {
    if (entry.type !== 'file' || entry.sameAs !== undefined || entry.stored === undefined) continue;
    yield copyOf(part, entry);
  }
}

async function readAll(folder: string, copy: Parameters<typeof readCopy>[1], options: ReadOptions) {
  for await (const chunk of readCopy(folder, copy, options)) void chunk;
}
