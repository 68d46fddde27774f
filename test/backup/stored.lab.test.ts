import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCopy, storeFile } from '../../src/backup/stored.ts';

/** Copies can be read by hand: with the programs of age and zstd alone. */

let folder: string;
let recipient: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-stored-'));
  execFileSync('age-keygen', ['-o', join(folder, 'key.txt')], { stdio: 'pipe' });
  recipient = execFileSync('age-keygen', ['-y', join(folder, 'key.txt')], { encoding: 'utf8' }).trim();
  writeFileSync(join(folder, 'source'), 'all that glitters is not gold\n'.repeat(50_000));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('storeCopy writes what zstd reads', async () => {
  const { file } = await storeFile(join(folder, 'source'), join(folder, 'a'), {
    compress: true,
    recipients: [],
  });
  execFileSync('zstd', ['--decompress', '--quiet', join(folder, file), '-o', join(folder, 'by-hand-a')]);
  expect(readFileSync(join(folder, 'by-hand-a')).equals(readFileSync(join(folder, 'source')))).toBe(true);
});

test('storeCopy writes what age and zstd read', async () => {
  const { file } = await storeFile(join(folder, 'source'), join(folder, 'b'), {
    compress: true,
    recipients: [recipient],
  });
  expect(file).toBe('b~.zst~.age');
  const compressed = execFileSync('age', [
    '--decrypt',
    '--identity',
    join(folder, 'key.txt'),
    join(folder, file),
  ]);
  const plain = execFileSync('zstd', ['--decompress', '--stdout'], { input: compressed, maxBuffer: 1e8 });
  expect(plain.equals(readFileSync(join(folder, 'source')))).toBe(true);
});

test('readCopy reads what age wrote, with a key of age-keygen', async () => {
  execFileSync('age', ['--recipient', recipient, '--output', join(folder, 'c.age'), join(folder, 'source')]);
  const stored = await storeFile(join(folder, 'source'), join(folder, 'd'), {
    compress: false,
    recipients: [recipient],
  });
  const lying = readFileSync(join(folder, 'c.age'));
  const copy = { ...stored, file: 'c.age', stored: { as: ['age' as const], size: lying.length, sha256: '' } };
  const chunks: Uint8Array[] = [];
  for await (const chunk of readCopy(folder, copy, { identityFile: join(folder, 'key.txt') }))
    chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(readFileSync(join(folder, 'source')))).toBe(true);
});
