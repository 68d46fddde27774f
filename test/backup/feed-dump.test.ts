import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { feedDump } from '../../src/backup/postgres.ts';

/** More than one piece of what is read at a time. */
const BYTES = Buffer.from(Array.from({ length: 700_000 }, (_, index) => index % 251));
const COPY = {
  file: 'notes.dump',
  size: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'feed-dump-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that leaves when it has so many bytes, and does well. */
const taking = (enough: number) => async (dump: AsyncIterable<Uint8Array>) => {
  let taken = 0;
  for await (const chunk of dump) {
    taken += chunk.length;
    if (taken >= enough) return;
  }
};
const feed = (bytes: Buffer, read: (dump: AsyncIterable<Uint8Array>) => Promise<void>) => {
  const file = join(folder, COPY.file);
  writeFileSync(file, bytes);
  return feedDump({ identityFile: undefined, signal: AbortSignal.timeout(20_000) }, file, COPY, {}, read);
};

describe('feedDump', () => {
  test.each([
    ['asks for more than there is', Infinity],
    ['leaves when it has the last byte, before it sees the end', BYTES.length],
    ['leaves in the middle', 1],
  ])('to a program that %s is well for a dump that is whole', async (_how, enough) => {
    await expect(feed(BYTES, taking(enough))).resolves.toBeUndefined();
  });

  test.each([Infinity, BYTES.length, 1])(
    'to a program that leaves after %d bytes tells a dump whose last byte is another one',
    async (enough) => {
      const damaged = Buffer.from(BYTES);
      damaged[damaged.length - 1] = 255;
      await expect(feed(damaged, taking(enough))).rejects.toThrow('is damaged: it has other contents');
    },
  );

  test('to a program that fails says why it failed', async () => {
    const failing = async (dump: AsyncIterable<Uint8Array>) => {
      await taking(1)(dump);
      throw new Error('no room');
    };
    await expect(feed(BYTES, failing)).rejects.toThrow('no room');
  });
});
