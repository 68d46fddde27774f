/** Fetch a file that somebody sent. The token, part of the address, stays out of errors. */
import { createWriteStream } from 'node:fs';
import { constants, copyFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Api } from 'grammy';
import { TooLargeError, UnreachableError } from '../errors.ts';
import type { PictureSource } from '../store/pictures.ts';
import { createApis, judge, whyOf } from './api.ts';
import { createHttp, ExchangeError, type Http } from './http.ts';

/**
 * Stores a file at `target`, which is overwritten.
 * @throws TooLargeError, UnreachableError when a later try may go better, Error when Telegram will not give it,
 *   and the file system's errors as they are
 */
export type Download = (
  source: Pick<PictureSource, 'fileId' | 'size'>,
  target: string,
  options: { signal: AbortSignal },
) => Promise<{ size: number }>;

/** Bytes: Bot API server, `Client.h`; Telegram says "20 MB". A server in local mode has no limit but its uploads'. */
const CLOUD_MOST = 20 * 1024 * 1024;
const SAID_MOST = 20_000_000;
const LOCAL_MOST = 2_000_000_000;
/** Milliseconds: 20 MB over a slow line. */
const LASTS = 10 * 60_000;

export function createDownload({ token, apiRoot }: { token: string; apiRoot: string }): Download {
  // A server in local mode answers `getFile` when it has fetched the whole file itself.
  const api = createApis(token, apiRoot).uploads;
  const http = createHttp(LASTS);

  return async ({ fileId, size: claimed }, target, { signal }) => {
    const path = await locate(api, fileId, claimed, signal);
    if (isAbsolute(path)) return takeFromDisk(path, target);
    const body = await fetchFile(http, `${apiRoot}/file/bot${token}/${path}`, signal);
    return store(body, target, signal);
  };
}

async function locate(
  api: Api,
  fileId: string,
  claimed: number | undefined,
  signal: AbortSignal,
): Promise<string> {
  let path: string | undefined;
  try {
    ({ file_path: path } = await api.getFile(fileId, signal as never));
  } catch (error) {
    signal.throwIfAborted();
    const why = whyOf(error);
    if (why.includes('file is too big')) throw new TooLargeError(claimed ?? CLOUD_MOST, SAID_MOST);
    if (judge(error).kind === 'refused') throw new Error(`Telegram does not give the file: ${why}`);
    throw new UnreachableError(`Cannot ask Telegram for a file: ${why}`);
  }
  if (path === undefined) throw new Error('Telegram does not give the file: no path');
  return path;
}

/** A Bot API server in local mode has put it on this machine's disk. */
async function takeFromDisk(path: string, target: string): Promise<{ size: number }> {
  const { size } = await stat(path).catch(() => {
    // It runs in a container of its own, most likely.
    throw new Error(
      `the Bot API server has put it at ${path}, which is not there for me: give me its folder under the same path`,
    );
  });
  if (size > LOCAL_MOST) throw new TooLargeError(size, LOCAL_MOST);
  await copyFile(path, target, constants.COPYFILE_FICLONE);
  return { size };
}

async function fetchFile(http: Http, url: string, signal: AbortSignal): Promise<Readable> {
  try {
    const response = await http.open(url, { signal });
    if (response.statusCode === 200) return response;
    response.resume();
    throw new UnreachableError(`Cannot read a file from Telegram: HTTP ${response.statusCode}`);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ExchangeError)) throw error;
    throw new UnreachableError(`Cannot read a file from Telegram: ${error.message}`);
  }
}

async function store(body: Readable, target: string, signal: AbortSignal): Promise<{ size: number }> {
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      done(size > LOCAL_MOST ? new TooLargeError(size, LOCAL_MOST) : null, chunk);
    },
  });
  // Told apart from what the disk has to say.
  let broken: Error | undefined;
  body.once('error', (error) => (broken = error));
  try {
    await pipeline(body, counter, createWriteStream(target), { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (broken === undefined || error instanceof TooLargeError) throw error;
    throw new UnreachableError(`Cannot read a file from Telegram: ${broken.message}`);
  }
  return { size };
}
