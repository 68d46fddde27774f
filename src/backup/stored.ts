/** How the bytes of a copy lie on the disk: as they are, compressed, encrypted, or both. */
import { createHash, type Hash } from 'node:crypto';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress, zstdCompressSync } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';
import { isCode, setOpen, writeAll, type Told } from './disk.ts';
import { lyingOf, type Attributes, type Copy, type Encoding } from './manifest.ts';

/** What a copy is to be stored as. */
export type Storage = {
  /** What gets smaller by it is compressed. */
  compress: boolean;
  /** Public keys, any of whose identities opens it; none: it is not encrypted. */
  recipients: readonly string[];
};

/** What opens encrypted copies: secret keys. */
export type Identities = readonly string[];

export type ReadOptions = Told & {
  /** A chunk holds only until the next one is asked for: who reads much takes little memory. */
  lent?: boolean;
  /** Holds the secret keys that open encrypted copies. */
  identityFile?: string | undefined;
};

/** Of so much it is seen whether compressing is worth it. */
const SAMPLE = 128 * 1024;
/** Less than this is not worth a different name. */
const LEAST = 4 * 1024;
/** What does not shrink below this share is compressed already. */
const SHRUNK = 0.85;
/** More than a socket takes ahead (64 KiB), so that one that is lent has been written when the next one is asked for. */
const CHUNK = 256 * 1024;
const FIRST_CHUNK = 32 * 1024;
/** A file's name is at most 255 bytes, on every file system that is likely here. */
const LONGEST_NAME = 255;
/** No application is likely to have a file of that name beside one without it. */
const SUFFIXES: Readonly<Record<Encoding, string>> = { zstd: '~.zst', age: '~.age' };

/** A secret key as age-keygen writes it. */
const IDENTITY = /^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+$/;

/**
 * The secret keys of a file as `age-keygen` writes it.
 * @throws Error for a file that cannot be read, or holds none
 */
export async function readIdentities(path: string): Promise<Identities> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(`Cannot read the age identity in "${path}": ${error.message}`, { cause: error });
  });
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => IDENTITY.test(line));
  if (keys.length > 0) return keys;
  throw new Error(`There is no age identity in "${path}": a line AGE-SECRET-KEY-1… is expected.`);
}

/**
 * Store what is read, on the disk when it returns. The name gets an ending that says how.
 * @param path made anew, mode 0600; another name where that one is taken or too long
 * @returns the copy, its `file` relative to the folder of `path`; sizes in bytes
 */
export async function storeCopy(
  source: AsyncIterable<Uint8Array>,
  path: string,
  storage: Storage,
  told: Told = {},
): Promise<Copy> {
  const plain = createMeter();
  const chunks = source[Symbol.asyncIterator]();
  const { sample, isOver } = await readSample(chunks);
  const as: Encoding[] = [
    ...(storage.compress && isWorthIt(sample) ? (['zstd'] as const) : []),
    ...(storage.recipients.length > 0 ? (['age'] as const) : []),
  ];
  const read = async function* () {
    for await (const chunk of withHead(sample, isOver ? undefined : chunks)) {
      told.signal?.throwIfAborted();
      plain.take(chunk);
      told.progress?.(chunk.length);
      yield chunk;
    }
  };
  const { target, file } = await createTarget(path, as);
  const lying = createMeter();
  try {
    for await (const chunk of await encode(read(), as, storage.recipients)) {
      lying.take(chunk);
      await writeAll(target, chunk);
    }
    await target.sync();
  } finally {
    await target.close();
  }
  const copy = { file, ...plain.result() };
  return as.length === 0 ? copy : { ...copy, stored: { as, ...lying.result() } };
}

/** Whether a file would be stored in another form than it has. */
export async function isWorthStoring(path: string, { compress, recipients }: Storage): Promise<boolean> {
  if (recipients.length > 0) return true;
  if (!compress) return false;
  const handle = await open(path);
  try {
    const sample = Buffer.allocUnsafe(SAMPLE);
    const { bytesRead } = await handle.read(sample, 0, SAMPLE, 0);
    return isWorthIt(sample.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** As {@link storeCopy}, of a file. */
export async function storeFile(
  from: string,
  path: string,
  storage: Storage,
  told: Told = {},
): Promise<Copy> {
  const source = await open(from);
  try {
    return await storeCopy(chunksOf(source, told.signal), path, storage, told);
  } finally {
    await source.close();
  }
}

/**
 * The bytes of a copy as the source had them. What was read is the copy's once it has been read to its end.
 * @throws Error for another size or digest than was written, and for an encrypted one that no identity opens
 */
export async function* readCopy(
  folder: string,
  copy: Copy,
  { identityFile, signal, progress, lent = false }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const path = join(folder, copy.file);
  const handle = await open(path);
  try {
    // A decoder may stop where it has all, and never see what somebody has added.
    requireSize(path, (await handle.stat()).size, lyingOf(copy).size);
    const plain = createMeter();
    const as = copy.stored?.as ?? [];
    // A decoder may hold on to what it is given.
    const chunks = lent && as.length === 0 ? lentChunksOf(handle, signal) : chunksOf(handle, signal);
    for await (const chunk of decode(chunks, as, { path, identityFile })) {
      plain.take(chunk);
      progress?.(chunk.length);
      yield chunk;
    }
    const { size, sha256 } = plain.result();
    requireSize(path, size, copy.size);
    if (sha256 !== copy.sha256)
      throw new Error(`"${path}" is damaged: it has other contents than were written.`);
  } finally {
    await handle.close();
  }
}

/**
 * Write the bytes of a copy as the source had them.
 * @param to made anew, on the disk when it returns
 * @param options.attributes that it gets; else it is its owner's alone
 */
export async function extractCopy(
  folder: string,
  copy: Copy,
  to: string,
  { attributes, ...options }: ReadOptions & { attributes?: Attributes } = {},
): Promise<void> {
  const target = await open(to, 'wx', 0o600);
  try {
    for await (const chunk of readCopy(folder, copy, options)) await writeAll(target, chunk);
    if (attributes !== undefined) await setOpen(target, attributes);
    await target.sync();
  } finally {
    await target.close();
  }
}

function requireSize(path: string, size: number, expected: number): void {
  if (size !== expected)
    throw new Error(`"${path}" is damaged: it has ${size} bytes instead of ${expected}.`);
}

async function encode(
  source: AsyncIterable<Uint8Array>,
  as: readonly Encoding[],
  recipients: readonly string[],
): Promise<AsyncIterable<Uint8Array>> {
  let bytes = source;
  for (const encoding of as) {
    if (encoding === 'zstd') bytes = through(bytes, createZstdCompress());
    else {
      const encrypter = new Encrypter();
      for (const recipient of recipients) encrypter.addRecipient(recipient);
      bytes = await encrypter.encrypt(toStream(bytes));
    }
  }
  return bytes;
}

async function* decode(
  source: AsyncIterable<Uint8Array>,
  as: readonly Encoding[],
  { path, identityFile }: { path: string; identityFile: string | undefined },
): AsyncGenerator<Uint8Array> {
  let bytes = source;
  for (const encoding of as.toReversed()) {
    if (encoding === 'zstd') bytes = through(bytes, createZstdDecompress());
    else {
      if (identityFile === undefined) {
        throw new Error(
          `"${path}" is encrypted, and there is no identity to open it with (BACKUP_AGE_IDENTITY_FILE).`,
        );
      }
      const decrypter = new Decrypter();
      for (const identity of await readIdentities(identityFile)) decrypter.addIdentity(identity);
      bytes = await decrypter.decrypt(toStream(bytes)).catch((error: Error) => {
        throw new Error(
          `"${path}" is encrypted to another key than the identity here, or damaged (${error.message}).`,
        );
      });
    }
  }
  yield* bytes;
}

/** A stream that ends in an error ends its reader in it, too. */
async function* through(source: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const feeding = pipeline(source, transform).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    yield* transform as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw (await feeding) ?? error;
  } finally {
    transform.destroy();
  }
}

function toStream(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(source, { objectMode: false })) as ReadableStream<Uint8Array>;
}

/** Opened under a name that says how it is stored. */
async function createTarget(
  path: string,
  as: readonly Encoding[],
): Promise<{ target: FileHandle; file: string }> {
  const ending = as.map((encoding) => SUFFIXES[encoding]).join('');
  const name = basename(path);
  const short = `~${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
  for (const stem of [name, short]) {
    const file = stem + ending;
    if (Buffer.byteLength(file) > LONGEST_NAME) continue;
    try {
      return { target: await open(join(dirname(path), file), 'wx', 0o600), file };
    } catch (error) {
      if (stem === short || !isCode(error, 'EEXIST', 'ENAMETOOLONG')) throw error;
    }
  }
  throw new Error(`Cannot find a name for "${path}".`);
}

function isWorthIt(sample: Uint8Array): boolean {
  return sample.length >= LEAST && zstdCompressSync(sample).length < sample.length * SHRUNK;
}

async function readSample(
  chunks: AsyncIterator<Uint8Array>,
): Promise<{ sample: Uint8Array; isOver: boolean }> {
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < SAMPLE) {
    const next = await chunks.next();
    if (next.done === true) return { sample: Buffer.concat(parts), isOver: true };
    parts.push(next.value);
    size += next.value.length;
  }
  return { sample: Buffer.concat(parts), isOver: false };
}

async function* withHead(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  if (rest === undefined) return;
  try {
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* chunksOf(handle: FileHandle, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; ;) {
    signal?.throwIfAborted();
    const buffer = Buffer.allocUnsafe(at === 0 ? FIRST_CHUNK : CHUNK);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function* lentChunksOf(
  handle: FileHandle,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, CHUNK);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function createMeter() {
  const hash: Hash = createHash('sha256');
  let size = 0;
  return {
    take(chunk: Uint8Array) {
      hash.update(chunk);
      size += chunk.length;
    },
    result: () => ({ size, sha256: hash.digest('hex') }),
  };
}
