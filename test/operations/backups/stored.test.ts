import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readList } from '../../../src/backup/files-list.ts';
import { readManifest, type Entry } from '../../../src/backup/manifest.ts';
import { prove } from '../../../src/operations/backups/prove.ts';
import { takeBackup, type BackupTaken } from '../../../src/operations/backups/take.ts';
import { putBack, readSnapshot, takeSnapshot, verifySnapshot } from '../../../src/operations/backup.ts';
import { treeOf } from '../../backup/place.ts';
import { fill, openTaking, type Taking, type TakingOptions } from './taking.ts';

/** How backups lie on the disk: compressed where that helps, encrypted where there is a recipient. */

/** Made for these tests; they open nothing else. */
const OWN = {
  recipient: 'age16exkvl53e2gvagn24drfwq4qfa9epm95lg9mn3nfnfd8nlsmwe2qp7wjqd',
  identity: 'AGE-SECRET-KEY-1WJXEAYDT2M92CUM3L2Y96GT9DKEN3JWY9ZWRVE8808S7W5R4G8LQTCQRKM',
};
const OTHER = {
  recipient: 'age1hezes362lznlcqtwzf0f02xfjrjmm0nxqepvfmvkucamjy92wa0qwvwe30',
  identity: 'AGE-SECRET-KEY-10A2M90E35ZWQATVWECXTX3SR069GHT2L9K3XCUUFMFRXT46MMZPQZPJNWS',
};
const SECRET = 'the planted secret';

let it: Taking;
afterEach(() => it.close());

function open(options: TakingOptions = {}): Taking {
  it = openTaking(options);
  return it;
}

/** @param identity whose; none: the host has only the public key */
function openEncrypted(identity?: 'own' | 'other'): Taking {
  open();
  const { folder } = it;
  for (const [name, key] of Object.entries({ own: OWN, other: OTHER }))
    writeFileSync(join(folder, name), `${key.identity}\n`);
  return again(identity);
}

/** The same service and backups, as a bot with other keys sees them. */
function again(identity: 'own' | 'other' | undefined, recipient = OWN.recipient): Taking {
  const { folder } = it;
  it.app.store.close();
  const identityFile = identity && join(folder, identity);
  return open({ folder, age: { recipient, identityFile } });
}

function write(): void {
  fill(it);
  it.write('files/secret.txt', `${SECRET}\n`.repeat(500));
  it.write('files/small.txt', SECRET);
  it.write('files/sub/twin.txt', 'two names '.repeat(900));
  const database = new DatabaseSync(join(it.data, 'notes.db'));
  database.prepare('insert into note values (?)').run(SECRET.repeat(3000));
  database.close();
  // What has just changed is never taken for unchanged.
  const { now } = Date;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 120_000);
}

const take = (): Promise<BackupTaken> => takeBackup(it.app, it.service(), it.run(), { reason: 'asked' });

async function filesOf(folder: string): Promise<Extract<Entry, { type: 'file' }>[]> {
  const files: Extract<Entry, { type: 'file' }>[] = [];
  for (const part of (await readManifest(folder)).parts) {
    if (part.kind !== 'files') continue;
    for await (const entry of readList(folder, part.list)) if (entry.type === 'file') files.push(entry);
  }
  return files;
}

const allBytes = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

async function restore(folder: string): Promise<void> {
  rmSync(it.data, { recursive: true });
  mkdirSync(it.data);
  await putBack(it.app, it.service(), await readSnapshot(folder), 'test');
}

const contents = () =>
  Object.fromEntries(
    treeOf(join(it.data, 'files'))
      .filter(({ type }) => type === 'f')
      .map(({ name, contents: text }) => [name, text]),
  );
const rows = () => {
  const database = new DatabaseSync(join(it.data, 'notes.db'), { readOnly: true });
  try {
    return database.prepare('select text from note order by text').all();
  } finally {
    database.close();
  }
};

describe('takeBackup without a recipient', () => {
  test('compresses what shrinks, and a restore gives all of it back', async () => {
    open();
    write();
    const [files, notes] = [contents(), rows()];
    const { folder, proof, manifest } = await take();

    expect(proof).toMatchObject({ level: 'restored' });
    expect(manifest.parts[0]).toMatchObject({ copy: { file: '0-sqlite~.zst', stored: { as: ['zstd'] } } });
    expect((await filesOf(folder)).map(({ path, stored }) => [path, stored?.file])).toEqual([
      ['a.txt', undefined],
      ['secret.txt', 'secret.txt~.zst'],
      ['small.txt', undefined],
      ['sub/b.txt', undefined],
      ['sub/twin.txt', 'twin.txt~.zst'],
    ]);
    await verifySnapshot(it.app, it.service(), await readSnapshot(folder));
    await restore(folder);
    expect(contents()).toEqual(files);
    expect(rows()).toEqual(notes);
  });

  test('has unchanged files as second names of those of the backup before, as they are stored there', async () => {
    open();
    write();
    const first = await take();
    it.write('files/a.txt', 'another first');
    const second = await take();

    const inode = (folder: string, name: string) => statSync(join(folder, '1-files', name)).ino;
    expect(inode(second.folder, 'secret.txt~.zst')).toBe(inode(first.folder, 'secret.txt~.zst'));
    expect(second.proof.level).toBe('restored');
    rmSync(first.folder, { recursive: true });
    const files = contents();
    await restore(second.folder);
    expect(contents()).toEqual(files);
  });

  test('copies a file anew whose stored copy was spoilt', async () => {
    open();
    write();
    const first = await take();
    const spoilt = join(first.folder, '1-files/secret.txt~.zst');
    const bytes = readFileSync(spoilt);
    bytes.writeUInt8((bytes.at(20) ?? 0) ^ 1, 20);
    writeFileSync(spoilt, bytes);

    const second = await take();
    expect(second.proof.level).toBe('restored');
    expect(second.manifest.parts[1]).toMatchObject({ spoilt: { count: 1, names: ['secret.txt'] } });
    expect(second.warnings).toEqual([expect.stringContaining('the disk may be failing')]);
    expect((await prove(it.app, it.service(), first.folder)).level).toBe('copied');
    expect((await prove(it.app, it.service(), second.folder)).level).toBe('restored');
  });

  test('is like enough to an update: its snapshot at rest links to it, and is put back', async () => {
    open();
    write();
    const files = contents();
    const { folder } = await take();
    const like = await readSnapshot(folder);
    const snapshot = await takeSnapshot(it.app, it.service(), join(it.target, 'notes/updates/one'), { like });
    await verifySnapshot(it.app, it.service(), snapshot);
    await restore(snapshot.folder);
    expect(contents()).toEqual(files);
  });
});

describe('takeBackup with a recipient', () => {
  test.each([
    ['own', 'restored'],
    [undefined, 'decoded'],
  ] as const)('leaves nothing readable (identity here: %s)', async (identity, level) => {
    openEncrypted(identity);
    write();
    const { folder, proof, manifest } = await take();

    expect(proof.level).toBe(level);
    expect(manifest.recipients).toEqual([OWN.recipient]);
    expect(allBytes(it.target)).not.toContain(SECRET);
    expect((await filesOf(folder)).every(({ stored }) => stored?.as.includes('age'))).toBe(true);
    expect(readdirSync(join(it.target, 'notes')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('restores with the identity, and says what is needed without it', async () => {
    openEncrypted();
    write();
    const [files, notes] = [contents(), rows()];
    const { folder } = await take();

    const snapshot = await readSnapshot(folder);
    await expect(putBack(it.app, it.service(), snapshot, 'without')).rejects.toThrow(
      /encrypted, and there is no identity .*BACKUP_AGE_IDENTITY_FILE/,
    );
    expect(contents()).toEqual(files);
    again('other');
    await expect(putBack(it.app, it.service(), snapshot, 'with-another')).rejects.toThrow(/another key/);
    again('own');
    await restore(folder);
    expect(contents()).toEqual(files);
    expect(rows()).toEqual(notes);
  });

  test('takes nothing of backups before it to another key', async () => {
    openEncrypted('own');
    write();
    await take();
    again('other', OTHER.recipient);
    const { manifest, proof } = await take();
    expect(manifest.recipients).toEqual([OTHER.recipient]);
    expect(manifest.parts[1]).toMatchObject({ linked: 0 });
    expect(proof.level).toBe('restored');
  });
});

describe('prove of an encrypted backup', () => {
  test('fails with a wrong identity, and says that it could not look without one', async () => {
    openEncrypted('own');
    write();
    const { folder } = await take();
    expect((await prove(it.app, it.service(), folder)).level).toBe('restored');

    again('other');
    const wrong = await prove(it.app, it.service(), folder);
    expect(wrong.level).toBe('copied');
    expect(wrong.checks.filter(({ result }) => result === 'failed').map(({ detail }) => detail)).toEqual(
      expect.arrayContaining([expect.stringMatching(/another key/)]),
    );
    again(undefined);
    const blind = await prove(it.app, it.service(), folder);
    expect(blind.level).toBe('restored');
    expect(blind.checks).toContainEqual(expect.objectContaining({ name: 'decode', result: 'left out' }));
  });

  test.each(['0-sqlite', '1-files/small.txt'])('sees damage to %s without any identity', async (name) => {
    openEncrypted();
    write();
    const { folder } = await take();
    const whole = `${folder}-whole`;
    cpSync(folder, whole, { recursive: true });
    const [file = ''] = readdirSync(join(folder, name, '..')).filter((one) =>
      one.startsWith(name.slice(name.lastIndexOf('/') + 1)),
    );
    const path = join(folder, name, '..', file);
    const bytes = readFileSync(path);
    bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1);
    writeFileSync(path, bytes);
    expect((await prove(it.app, it.service(), folder)).level).toBe('copied');
    expect((await prove(it.app, it.service(), whole)).level).toBe('decoded');
  });
});
