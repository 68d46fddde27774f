/** The files of a request's body, streamed to disk: one raw file, or the files of a multipart form. */
import { Busboy } from '@fastify/busboy';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { causeOf } from '../errors.ts';
import { HttpError } from './problem.ts';

/** A file whose bytes are synced under its path. */
export type Received = {
  id: string;
  path: string;
  /** Hexadecimal. */
  sha1: string;
  /** Bytes. */
  size: number;
  /** As its sender called it, without folders and control characters. */
  name: string | undefined;
};

export type Body = { files: Received[]; caption: string | undefined };

/** Bytes and counts. */
export type BodyLimits = { file: number; total: number; files: number };

type Options = {
  limits: BodyLimits;
  /** A name for the next file. */
  place: () => { id: string; path: string };
  /** What a raw body is called. */
  name: string | undefined;
};

/** A caption is a sentence, and file names are short. */
const LONGEST_FIELD = 4096;
const LONGEST_NAME = 200;
const FORM = /^multipart\/form-data\b/i;

/** @throws HttpError for what the headers alone say is not taken */
export function checkHeaders({ headers }: IncomingMessage, limits: BodyLimits): void {
  const size = Number(headers['content-length'] ?? 0);
  const isForm = FORM.test(headers['content-type'] ?? '');
  if (size > limits.total) throw new HttpError({ kind: 'too-large', limit: limits.total });
  if (size > limits.file && !isForm) throw new HttpError({ kind: 'file-too-large', limit: limits.file });
  if (!/^(?:identity)?$/i.test(headers['content-encoding'] ?? '')) throw new HttpError({ kind: 'encoding' });
}

/**
 * All of a body or nothing: what was written is removed again when it ends early or is too much.
 * @throws HttpError for what its sender did wrong; Error of the disk, or when the connection was cut
 */
export async function receiveBody(request: IncomingMessage, options: Options): Promise<Body> {
  const { limits, place } = options;
  const isForm = FORM.test(request.headers['content-type'] ?? '');
  const failure = new AbortController();
  const saved: Promise<Received>[] = [];
  const paths: string[] = [];

  const save = (stream: Readable, name: string | undefined) => {
    const { id, path } = place();
    paths.push(path);
    const one = writeTo(path, stream, { most: limits.file, signal: failure.signal }).then((written) => ({
      id,
      path,
      name: cleanName(name),
      ...written,
    }));
    // One that fails ends them all.
    one.catch((error: unknown) => failure.abort(error));
    saved.push(one);
  };

  const body = openBody(request, limits.total);
  try {
    const caption = isForm
      ? await readForm(request, body, { limits, save, signal: failure.signal })
      : (save(body, options.name), undefined);
    const files = await Promise.all(saved);
    if (!isForm && files[0]?.size === 0) throw new HttpError({ kind: 'no-file' });
    return { files, caption };
  } catch (error) {
    failure.abort(error);
    body.destroy();
    await Promise.allSettled(saved);
    await Promise.all(paths.map((path) => rm(path, { force: true })));
    throw failure.signal.reason;
  }
}

/** The body as a stream of its own: when that is destroyed the connection stays, because a refusal has to be answered. */
function openBody(request: IncomingMessage, most: number): Transform {
  let size = 0;
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > most) done(new HttpError({ kind: 'too-large', limit: most }));
      else done(null, chunk);
    },
  });
  const cutOff = () => {
    if (!request.complete) body.destroy(new Error('the connection was cut'));
  };
  request.once('error', cutOff).once('close', cutOff);
  request.pipe(body);
  return body;
}

async function writeTo(
  path: string,
  stream: Readable,
  { most, signal }: { most: number; signal: AbortSignal },
): Promise<{ sha1: string; size: number }> {
  const hash = createHash('sha1');
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > most) return done(new HttpError({ kind: 'file-too-large', limit: most }));
      hash.update(chunk);
      return done(null, chunk);
    },
  });
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(stream, measure, file, { signal });
  return { sha1: hash.digest('hex'), size };
}

/** @returns the form's caption */
async function readForm(
  request: IncomingMessage,
  body: Readable,
  {
    limits,
    save,
    signal,
  }: { limits: BodyLimits; save: (stream: Readable, name: string) => void; signal: AbortSignal },
): Promise<string | undefined> {
  let caption: string | undefined;
  const form = openForm(request, limits);
  const { promise: tooMuch, reject } = Promise.withResolvers<never>();
  form.on('file', (_field, stream, name) => save(stream, name));
  form.on('field', (field, value) => {
    if (field === 'caption' && value.trim() !== '') caption = value.trim();
  });
  form.on('filesLimit', () => reject(new HttpError({ kind: 'too-many-files', limit: limits.files })));
  form.on('partsLimit', () => reject(new HttpError({ kind: 'form', cause: 'too many parts' })));
  // Its reader waits for every file to be read, so a file that cannot be written must end it.
  await Promise.race([pipeline(body, form, { signal }), tooMuch]);
  return caption;
}

function openForm(request: IncomingMessage, limits: BodyLimits) {
  const headers = { ...request.headers, 'content-type': request.headers['content-type'] ?? '' };
  try {
    return new Busboy({
      headers,
      // A picture without a name would be taken for a field and cut short.
      isPartAFile: (_field, mime, name) => name !== undefined || mime !== 'text/plain',
      limits: {
        files: limits.files,
        fields: 8,
        parts: limits.files + 8,
        fieldSize: LONGEST_FIELD,
        headerPairs: 16,
        headerSize: 8192,
      },
    });
  } catch (error) {
    throw new HttpError({ kind: 'form', cause: causeOf(error) }, { cause: error });
  }
}

/** @returns undefined when nothing is left */
function cleanName(name: string | undefined): string | undefined {
  const last = (name ?? '').normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = [...last.replaceAll(/\p{Cc}+/gu, ' ').trim()].slice(-LONGEST_NAME).join('');
  return /^\.*$/.test(clean) ? undefined : clean;
}
