import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTelegram, type Telegram } from '../../sandbox/telegram.ts';
import { TooLargeError, UnreachableError } from '../../src/errors.ts';
import { createDownload, type Download } from '../../src/telegram/download.ts';

let folder: string;
let telegram: Telegram;
let download: Download;
let target: string;
const signal = new AbortController().signal;
const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);

const fileIdOf = async (name: string, content: Uint8Array, size?: number) => {
  const message = await telegram.file(name, content, size === undefined ? {} : { size });
  return message.document?.file_id ?? '';
};

async function begin(localFolder?: string) {
  telegram = await startTelegram({ slowdown: 0, ...(localFolder === undefined ? {} : { localFolder }) });
  download = createDownload({ token: telegram.token, apiRoot: telegram.url });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-download-'));
  target = join(folder, 'target');
});
afterEach(async () => {
  await telegram.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('download', () => {
  test('stores the bytes that were sent', async () => {
    await begin();
    const fileId = await fileIdOf('a.bin', bytes);
    expect(await download({ fileId }, target, { signal })).toEqual({ size: bytes.length });
    expect(readFileSync(target).equals(bytes)).toBe(true);
  });

  test('a file over the limit is too large, by the size that Telegram told', async () => {
    await begin();
    const size = 64_000_000;
    const fileId = await fileIdOf('big.mov', new Uint8Array(1), size);
    const error: unknown = await download({ fileId, size }, target, { signal }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(TooLargeError);
    expect(error).toMatchObject({ size, limit: 20_000_000 });
  });

  test('a connection cut in the middle can be tried again, and tells no token', async () => {
    await begin();
    const fileId = await fileIdOf('a.bin', bytes);
    telegram.addFault({ method: 'file', drop: true });
    const error = (await download({ fileId }, target, { signal }).catch(
      (reason: unknown) => reason,
    )) as Error;
    expect(error).toBeInstanceOf(UnreachableError);
    expect(`${error.stack}`).not.toContain(telegram.token);
    expect(await download({ fileId }, target, { signal })).toEqual({ size: bytes.length });
  });

  test('while Telegram is away a later try may go better', async () => {
    await begin();
    await telegram.away('refuse');
    await expect(download({ fileId: 'x' }, target, { signal })).rejects.toBeInstanceOf(UnreachableError);
  });

  test('an unknown file is refused for good', async () => {
    await begin();
    const error: unknown = await download({ fileId: 'nonsense' }, target, { signal }).catch(
      (reason: unknown) => reason,
    );
    expect(error).not.toBeInstanceOf(UnreachableError);
    expect(String(error)).toContain('Telegram does not give the file');
  });

  test('a server in local mode hands over a path on disk', async () => {
    await begin(join(folder, 'server'));
    const large = new Uint8Array(21 * 1024 * 1024);
    const fileId = await fileIdOf('large.bin', large);
    expect(await download({ fileId }, target, { signal })).toEqual({ size: large.length });
  });

  test('a path of the server that leads nowhere here says what to do', async () => {
    await begin(join(folder, 'server'));
    const fileId = await fileIdOf('a.bin', bytes);
    telegram.world.files.prepare = async () => ({ file_id: fileId, file_path: '/nowhere/a.bin' });
    const error = (await download({ fileId }, target, { signal }).catch(
      (reason: unknown) => reason,
    )) as Error;
    expect(error).not.toBeInstanceOf(UnreachableError);
    expect(error.message).toContain('/nowhere/a.bin');
    expect(error.message).toContain('under the same path');
  });

  test('over 2 GB is too large for a server in local mode as well', async () => {
    await begin(join(folder, 'server'));
    const fileId = await fileIdOf('a.bin', bytes);
    const large = join(folder, 'large.bin');
    writeFileSync(large, '');
    truncateSync(large, 2_100_000_000);
    telegram.world.files.prepare = async () => ({ file_id: fileId, file_path: large });
    await expect(download({ fileId }, target, { signal })).rejects.toMatchObject({
      name: 'TooLargeError',
      size: 2_100_000_000,
      limit: 2_000_000_000,
    });
    expect(existsSync(target)).toBe(false);
  });

  test('the signal ends it', async () => {
    await begin();
    const fileId = await fileIdOf('a.bin', bytes);
    telegram.addFault({ method: 'file', delayMs: 60_000 });
    const end = new AbortController();
    const running = download({ fileId }, target, { signal: end.signal });
    await telegram.waitForCall('getFile');
    end.abort(new Error('stopping'));
    await expect(running).rejects.toThrow('stopping');
  });
});
