/**
 * The last step of a backup: its copies, proven as the source had them, are stored compressed and encrypted. What an
 * earlier backup stored so already, and this one has as a second name, stays as it is.
 */
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { syncTree } from './aside.ts';
import { failure, type Told } from './disk.ts';
import { readList, writeList } from './files-list.ts';
import {
  Besides,
  copyOf,
  Properties,
  writeManifest,
  type Copy,
  type Entry,
  type FilesPart,
  type Manifest,
  type Part,
  type PostgresPart,
} from './manifest.ts';
import { isWorthStoring, readCopy, storeCopy, storeFile, type ReadOptions, type Storage } from './stored.ts';

/** What a database says of itself may be secret as well: settings, comments, arguments of its server. */
const Hidden = z.object({ properties: Properties, besides: Besides.optional() });

/**
 * Store all copies of a backup in their last form, and write the manifest anew. All is on the disk when it returns.
 * @param folder of the backup, which has no name yet
 */
export async function sealCopies(
  folder: string,
  manifest: Manifest,
  storage: Storage,
  told: Told = {},
): Promise<Manifest> {
  if (!storage.compress && storage.recipients.length === 0) return manifest;
  const parts: Part[] = [];
  for (const part of manifest.parts) {
    try {
      parts.push(await sealPart(folder, part, storage, told));
    } catch (error) {
      told.signal?.throwIfAborted();
      throw failure(`store the copy of "${part.facts.name}"`, error);
    }
  }
  const sealed = { ...manifest, recipients: [...storage.recipients], parts };
  await writeManifest(folder, sealed);
  await syncTree(folder);
  return sealed;
}

/** A part of an encrypted backup with all that it says. @throws Error where no identity opens it */
export async function reveal(
  folder: string,
  part: PostgresPart,
  options: ReadOptions = {},
): Promise<PostgresPart> {
  if (part.hidden === undefined) return part;
  const chunks: Uint8Array[] = [];
  for await (const chunk of readCopy(folder, part.hidden, options)) chunks.push(chunk);
  const { properties, besides } = Hidden.parse(JSON.parse(Buffer.concat(chunks).toString()));
  return { ...part, properties, besides };
}

async function sealPart(folder: string, part: Part, storage: Storage, told: Told): Promise<Part> {
  if (part.kind === 'files') return sealFiles(folder, part, storage, told);
  if (part.copy.stored !== undefined) return part;
  // A dump is compressed by the program that makes it.
  const compress = storage.compress && part.kind !== 'postgres';
  const copy = await sealCopy(folder, part.copy, { ...storage, compress }, told);
  if (part.kind === 'sqlite' || storage.recipients.length === 0) return { ...part, copy };
  return { ...(await hide(folder, part, storage)), copy };
}

async function hide(folder: string, part: PostgresPart, storage: Storage): Promise<PostgresPart> {
  const { properties, besides } = part;
  const name = `${part.copy.file}.json`;
  const text = Buffer.from(JSON.stringify({ properties, besides } satisfies z.input<typeof Hidden>));
  const hidden = await storeCopy(Readable.from([text]), join(folder, name), storage);
  return {
    ...part,
    hidden,
    properties: { ...properties, comment: undefined, settings: [] },
    besides: besides && {
      ...besides,
      server: { ...besides.server, entrypoint: undefined, command: undefined },
    },
  };
}

async function sealFiles(folder: string, part: FilesPart, storage: Storage, told: Told): Promise<FilesPart> {
  /** How the first of several names is stored. */
  const first = new Map<string, Extract<Entry, { type: 'file' }>['stored']>();
  const path = join(folder, part.list.file);
  const list = writeList(`${path}.new`);
  let size = 0;
  for await (const entry of readList(folder, part.list)) {
    if (entry.type !== 'file') {
      list.add(entry);
      continue;
    }
    const { stored: before, ...plain } = entry;
    if (entry.sameAs !== undefined) {
      const stored = first.get(entry.sameAs);
      list.add({ ...plain, ...(stored !== undefined && { stored }) });
      continue;
    }
    let stored = before;
    if (stored === undefined) {
      const copy = await sealCopy(folder, copyOf(part, entry), storage, told);
      stored = copy.stored && { ...copy.stored, file: basename(copy.file) };
    }
    if (stored !== undefined) first.set(entry.path, stored);
    size += stored?.size ?? entry.size;
    list.add({ ...plain, ...(stored !== undefined && { stored }) });
  }
  const written = list.end();
  await rename(`${path}.new`, path);
  return { ...part, list: { ...written, file: part.list.file }, size };
}

/** Of one file. The plain one is gone once the other is on the disk. */
async function sealCopy(folder: string, copy: Copy, storage: Storage, told: Told): Promise<Copy> {
  const plain = join(folder, copy.file);
  if (!(await isWorthStoring(plain, storage))) {
    told.progress?.(copy.size);
    return copy;
  }
  const sealed = await storeFile(plain, plain, storage, told);
  await rm(plain);
  return { ...sealed, file: join(dirname(copy.file), sealed.file) };
}
