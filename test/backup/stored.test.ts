import { createHash, randomBytes } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lyingOf, type Copy } from '../../src/backup/manifest.ts';
import {
  extractCopy,
  readCopy,
  readIdentities,
  storeCopy,
  storeFile,
  type Storage,
} from '../../src/backup/stored.ts';

/** Made for these tests; they open nothing else. */
const KEYS = {
  own: {
    identity: 'AGE-SECRET-KEY-1AQ5RNLQSGD2EZL8NN5F4JMD6ZJTXG9GYNMA7DCPNNX80MYW40TGQ09WN7F',
    recipient: 'age1n3p2mh6cjth2duf509c6ss29xlkmjmucl3rxgdnll9h4ekermcfqz5xvvy',
  },
  other: {
    identity: 'AGE-SECRET-KEY-1KHCXPJA9WLRF2AHAYW8GN27C2EAVFMRJZYWF2UWQ9K5T83MSV0YS0PC7TQ',
    recipient: 'age16280duhf5crlkpjr6p6259t6f8c6kzggj90dmaudjsm9a20fxd7snux3rf',
  },
};

const text = (size: number) =>
  Buffer.from('all that glitters is not gold\n'.repeat(Math.ceil(size / 30)).slice(0, size));
const noise = (size: number) => randomBytes(size);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
/** A file with a secret key each. */
let keys: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-stored-'));
  keys = mkdtempSync(join(tmpdir(), 'steward-keys-'));
  for (const [name, { identity }] of Object.entries(KEYS)) writeFileSync(join(keys, name), `${identity}\n`);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  rmSync(keys, { recursive: true });
});

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(copy: Copy, key?: 'own' | 'other'): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const identityFile = key && join(keys, key);
  for await (const chunk of readCopy(folder, copy, { identityFile })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const PLAIN: Storage = { compress: false, recipients: [] };
const COMPRESSED: Storage = { compress: true, recipients: [] };
const ENCRYPTED: Storage = { compress: false, recipients: [KEYS.own.recipient] };
const BOTH: Storage = { compress: true, recipients: [KEYS.own.recipient] };

describe('storeCopy', () => {
  const storages = {
    plain: PLAIN,
    compressed: COMPRESSED,
    encrypted: ENCRYPTED,
    'compressed and encrypted': BOTH,
  };
  for (const [how, storage] of Object.entries(storages)) {
    for (const [what, bytes] of Object.entries({
      nothing: Buffer.alloc(0),
      'one byte': text(1),
      'a little text': text(3000),
      'much text': text(3_500_000),
      noise: noise(2_200_000),
      'exactly a sample': text(128 * 1024),
      'text after noise': Buffer.concat([noise(200_000), text(500_000)]),
    })) {
      test(`gives ${what} back as it was, ${how}`, async () => {
        const copy = await storeCopy(inPieces(bytes, 70_001), join(folder, 'a'), storage);

        expect(copy).toMatchObject({ size: bytes.length, sha256: sha256(bytes) });
        expect(readdirSync(folder)).toEqual([copy.file]);
        const lying = readFileSync(join(folder, copy.file));
        expect(lyingOf(copy)).toEqual({ size: lying.length, sha256: sha256(lying) });
        expect((await read(copy, 'own')).equals(bytes)).toBe(true);
        expect(statSync(join(folder, copy.file)).mode & 0o777).toBe(0o600);
      });
    }
  }

  test('compresses what shrinks, and leaves what is compressed already', async () => {
    const shrinks = await storeCopy(inPieces(text(1_000_000), 65_536), join(folder, 'text'), COMPRESSED);
    const does = await storeCopy(inPieces(noise(1_000_000), 65_536), join(folder, 'noise'), COMPRESSED);
    const small = await storeCopy(inPieces(text(1000), 65_536), join(folder, 'small'), COMPRESSED);

    expect(shrinks.file).toBe('text~.zst');
    expect(lyingOf(shrinks).size).toBeLessThan(100_000);
    expect(does).toMatchObject({ file: 'noise' });
    expect(does.stored).toBeUndefined();
    expect(small.file).toBe('small');
  });

  test('finds another name where that one is taken or too long', async () => {
    writeFileSync(join(folder, 'a~.zst'), 'somebody else');
    const taken = await storeCopy(inPieces(text(9000), 9000), join(folder, 'a'), COMPRESSED);
    const long = await storeCopy(inPieces(text(9000), 9000), join(folder, 'x'.repeat(255)), BOTH);

    expect(readFileSync(join(folder, 'a~.zst'), 'utf8')).toBe('somebody else');
    expect((await read(taken)).equals(text(9000))).toBe(true);
    expect((await read(long, 'own')).equals(text(9000))).toBe(true);
  });

  test('leaves no word of an encrypted copy readable', async () => {
    const secret = Buffer.from(`${'filler '.repeat(9000)}the planted secret${' filler'.repeat(9000)}`);
    for (const [name, storage] of Object.entries({ ENCRYPTED, BOTH })) {
      const { file } = await storeCopy(inPieces(secret, 5000), join(folder, name), storage);
      expect(readFileSync(join(folder, file)).includes('planted')).toBe(false);
    }
  });

  test('ends at its signal, and in the error of its source', async () => {
    const over = new AbortController();
    const endless = async function* () {
      for (let count = 0; ; count += 1) {
        if (count === 5) over.abort(new Error('enough'));
        yield text(100_000);
      }
    };
    const broken = async function* () {
      yield text(300_000);
      throw new Error('the disk gives a read error');
    };
    for (const storage of Object.values(storages)) {
      await expect(
        storeCopy(endless(), join(folder, randomBytes(4).toString('hex')), storage, { signal: over.signal }),
      ).rejects.toThrow('enough');
      await expect(
        storeCopy(broken(), join(folder, randomBytes(4).toString('hex')), storage),
      ).rejects.toThrow('the disk gives a read error');
    }
  });

  test('tells its progress in bytes of the source', async () => {
    let told = 0;
    await storeCopy(inPieces(text(800_000), 65_536), join(folder, 'a'), BOTH, {
      progress: (bytes) => (told += bytes),
    });
    expect(told).toBe(800_000);
  });
});

describe('readCopy', () => {
  test.for([
    ['cut off', (path: string) => truncateSync(path, statSync(path).size - 1)],
    ['empty', (path: string) => truncateSync(path, 0)],
    [
      'changed by a bit',
      (path: string) => {
        const bytes = readFileSync(path);
        const at = Math.floor(bytes.length / 2);
        bytes.writeUInt8((bytes.at(at) ?? 0) ^ 1, at);
        writeFileSync(path, bytes);
      },
    ],
    ['longer', (path: string) => writeFileSync(path, 'x', { flag: 'a' })],
  ] as const)('refuses a file that is %s, however it is stored', async ([, damage]) => {
    for (const [name, storage] of Object.entries({ PLAIN, COMPRESSED, ENCRYPTED, BOTH })) {
      const copy = await storeCopy(inPieces(text(400_000), 65_536), join(folder, name), storage);
      damage(join(folder, copy.file));
      await expect(read(copy, 'own')).rejects.toThrow(Error);
    }
  });

  test('says what an encrypted copy needs', async () => {
    const copy = await storeCopy(inPieces(text(9000), 9000), join(folder, 'a'), ENCRYPTED);

    await expect(read(copy)).rejects.toThrow(/no identity to open it with \(BACKUP_AGE_IDENTITY_FILE\)/);
    await expect(read(copy, 'other')).rejects.toThrow(/encrypted to another key/);
  });

  test('may be left in the middle', async () => {
    const copy = await storeCopy(inPieces(text(4_000_000), 65_536), join(folder, 'a'), BOTH);
    for await (const chunk of readCopy(folder, copy, { identityFile: join(keys, 'own') })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    rmSync(join(folder, copy.file));
  });
});

test("storeFile and extractCopy are each other's reverse", async () => {
  const bytes = Buffer.concat([text(700_000), noise(100_000)]);
  writeFileSync(join(folder, 'source'), bytes);
  const copy = await storeFile(join(folder, 'source'), join(folder, 'copy'), BOTH);
  await extractCopy(folder, copy, join(folder, 'back'), { identityFile: join(keys, 'own') });

  expect(readFileSync(join(folder, 'back')).equals(bytes)).toBe(true);
  await expect(extractCopy(folder, copy, join(folder, 'back'))).rejects.toThrow(/EEXIST/);
});

describe('readIdentities', () => {
  test('takes the keys of a file as age-keygen writes it', async () => {
    const path = join(folder, 'key.txt');
    writeFileSync(path, `# created: 2026-11-20\n# public key: ${KEYS.own.recipient}\n${KEYS.own.identity}\n`);

    const identities = await readIdentities(path);
    expect(identities).toEqual([KEYS.own.identity]);
  });

  test('names a file without one, and one that is not there', async () => {
    writeFileSync(join(folder, 'empty'), '# nothing\n');
    await expect(readIdentities(join(folder, 'empty'))).rejects.toThrow(
      /There is no age identity in ".*empty"/,
    );
    await expect(readIdentities(join(folder, 'gone'))).rejects.toThrow(
      /Cannot read the age identity in ".*gone"/,
    );
  });
});
