/** Fetch a file that somebody sent. The token, part of the address, stays out of errors. */
import { createWriteStream } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Api } from 'grammy';
import { UnreachableError } from '../errors.ts';
import { createApis, judge } from './api.ts';
import { createHttp, ExchangeError, type Http } from './http.ts';

export type Download = (
  fileId: string,
  /** Overwritten. */
  path: string,
  options: {
    /** Bytes. */
    limit: number;
    signal?: AbortSignal | undefined;
  },
) => Promise<{ size: number }>;

/** Telegram will not give the file, now or later: too big for a bot, or gone. */
export class RefusedFileError extends Error {
  override name = 'RefusedFileError';
}

/** Milliseconds: 20 MB over a slow line. */
const LASTS = 10 * 60_000;

/**
 * @returns a function that stores a file at a path. It throws RefusedFileError for a file that cannot be had,
 *   UnreachableError when a later try may go better, and the file system's errors as they are.
 */
export function createDownload(needs: { token: string; apiRoot: string }): Download {
  const { token, apiRoot } = needs;
  const api = createApis(token, apiRoot).calls;
  const http = createHttp(LASTS);

  return async (fileId, path, { limit, signal }) => {
    const filePath = await locate(api, fileId, signal);
    // A Bot API server in local mode has put it on this machine's disk.
    if (isAbsolute(filePath)) return copy(filePath, path, limit);
    const body = await fetchFile(http, `${apiRoot}/file/bot${token}/${filePath}`, signal);
    let size = 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        done(size > limit ? tooBig(limit) : null, chunk);
      },
    });
    let broken: Error | undefined;
    body.on('error', (error) => (broken = error));
    try {
      await pipeline(body, counter, createWriteStream(path), signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted === true || error instanceof RefusedFileError) throw error;
      throw broken === undefined
        ? error
        : new UnreachableError(`Cannot read a file from Telegram: ${broken.message}`);
    }
    return { size };
  };
}

async function locate(api: Api, fileId: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const { file_path: path } = await api.getFile(fileId, signal as never);
    if (path === undefined) throw new RefusedFileError('Telegram gave no path for the file');
    return path;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RefusedFileError) throw error;
    const { kind, why } = judge(error);
    if (kind === 'refused') throw new RefusedFileError(why.replace(/^Bad Request: /, ''));
    throw new UnreachableError(`Cannot ask Telegram for a file: ${why}`);
  }
}

async function fetchFile(http: Http, url: string, signal: AbortSignal | undefined): Promise<Readable> {
  try {
    const response = await http.open(url, { signal });
    if (response.statusCode === 200) return response;
    response.resume();
    throw new UnreachableError(`Cannot read a file from Telegram: HTTP ${response.statusCode}`);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ExchangeError)) throw error;
    throw new UnreachableError(`Cannot read a file from Telegram: ${error.message}`);
  }
}

async function copy(from: string, to: string, limit: number): Promise<{ size: number }> {
  const { size } = await stat(from);
  if (size > limit) throw tooBig(limit);
  await copyFile(from, to);
  return { size };
}

const tooBig = (limit: number) => new RefusedFileError(`the file is over ${limit} bytes`);
