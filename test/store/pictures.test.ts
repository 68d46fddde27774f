import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store.ts';
import type { IncomingPicture, Pictures } from '../../src/store/pictures.ts';

let folder: string;
let store: Store;
let pictures: Pictures;
let now = 1000;
const clock = { now: () => now };

const reopen = () => {
  store = openStore(folder, clock);
  ({ pictures } = store);
};
beforeEach(() => {
  now = 1000;
  folder = mkdtempSync(join(tmpdir(), 'steward-pictures-'));
  reopen();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const incoming = (messageId: number, card = `card${messageId}`): IncomingPicture => ({
  chat: 7,
  messageId,
  card,
  caption: 'a "caption"\nof two lines 로그인',
  source: { fileId: 'f', uniqueId: 'u', kind: 'document', name: '../x.png', size: 12 },
});

it('add gives back what was put in, and undefined for the same message', () => {
  const row = pictures.add(incoming(5), 0);
  expect(row).toMatchObject({
    ...incoming(5),
    number: 1,
    state: 'new',
    receivedAt: 1000,
    tiles: [],
    kept: false,
  });
  expect(row?.problem).toBeUndefined();
  expect(pictures.add(incoming(5), 0)).toBeUndefined();
  expect(pictures.add(incoming(6), 0)?.number).toBe(2);
});

it('a number is never given twice: not after a restart, not when its row is gone, not under a file of the folder', () => {
  pictures.add(incoming(1), 0);
  pictures.add(incoming(2), 40);
  store.database.run('delete from pictures');
  store.close();
  reopen();
  expect(pictures.add(incoming(3), 7)?.number).toBe(42);
});

it('renumber moves a picture over all numbers that were ever given', () => {
  pictures.add(incoming(1), 0);
  pictures.add(incoming(2), 0);
  expect(pictures.renumber(1, 10)).toMatchObject({ number: 11, messageId: 1 });
  expect(pictures.get(1)).toBeUndefined();
  store.database.run('delete from pictures');
  expect(pictures.add(incoming(3), 0)?.number).toBe(12);
});

it('update changes what it names and keeps the rest, undefined included', () => {
  pictures.add(incoming(1), 0);
  const problem = { kind: 'tiny', width: 1, height: 2 } as const;
  pictures.update(1, { state: 'readable', problem, tiles: ['p1-1.jpg'], kept: true, assetId: 'a' });
  pictures.update(1, { assetId: undefined, attempts: 3 });
  expect(pictures.get(1)).toMatchObject({
    state: 'readable',
    problem,
    tiles: ['p1-1.jpg'],
    kept: true,
    attempts: 3,
  });
  expect(pictures.get(1)?.assetId).toBeUndefined();
});

it('due gives the oldest of the states first and holds back what must wait; nextAt tells until when', () => {
  for (const id of [1, 2, 3, 4]) pictures.add(incoming(id), 0);
  pictures.update(2, { notBefore: 1500 });
  pictures.update(3, { state: 'settled' });
  expect(pictures.due(['new', 'stored'], 1000, 10).map(({ number }) => number)).toEqual([1, 4]);
  expect(pictures.due(['new'], 1000, 1).map(({ number }) => number)).toEqual([1]);
  expect(pictures.nextAt(['new'], 1000)).toBe(1500);
  expect(pictures.due(['new'], 1500, 10).map(({ number }) => number)).toEqual([1, 2, 4]);
  expect(pictures.nextAt(['new'], 1500)).toBeUndefined();
});

it('ofCard is in the order sent, whatever was taken first', () => {
  for (const id of [12, 11, 13]) pictures.add(incoming(id, 'album'), 0);
  expect(pictures.ofCard('album').map(({ messageId }) => messageId)).toEqual([11, 12, 13]);
});

it('isOwnAsset is true for an asset that another picture made, not for one that it found in the library', () => {
  for (const id of [1, 2, 3]) pictures.add(incoming(id), 0);
  pictures.update(1, { assetId: 'made', duplicate: undefined });
  pictures.update(2, { assetId: 'found', duplicate: 'library' });
  expect([pictures.isOwnAsset('made', 3), pictures.isOwnAsset('made', 1)]).toEqual([true, false]);
  expect(pictures.isOwnAsset('found', 3)).toBe(false);
});

it('isTwinUploading is true once an upload of the same bytes was begun for another picture', () => {
  for (const id of [1, 2]) pictures.add(incoming(id), 0);
  for (const number of [1, 2]) pictures.update(number, { sha1: 'same' });
  expect(pictures.isTwinUploading(2, 'same')).toBe(false);
  pictures.update(1, { uploads: 1 });
  expect([pictures.isTwinUploading(2, 'same'), pictures.isTwinUploading(1, 'same')]).toEqual([true, false]);
});

it('waiting counts what is readable and not filed', () => {
  for (const id of [1, 2, 3]) pictures.add(incoming(id), 0);
  pictures.update(1, { state: 'readable' });
  pictures.update(2, { state: 'uploaded' });
  expect(pictures.waiting()).toBe(2);
});

const numbers = (rows: readonly { number: number }[]) => rows.map(({ number }) => number);

it('latest gives what can be opened, the newest first', () => {
  for (const id of [1, 2, 3, 4, 5]) pictures.add(incoming(id), 0);
  for (const number of [1, 2, 3, 4]) pictures.update(number, { name: `p${number}.jpg`, state: 'settled' });
  pictures.update(2, { removedAt: 5 });
  pictures.update(4, { state: 'refused' });
  expect(numbers(pictures.latest(10))).toEqual([3, 1]);
  expect(numbers(pictures.latest(1))).toEqual([3]);
});

it('ofName finds a given name with and without its extension, and nothing that only looks alike', () => {
  pictures.add(incoming(1), 0);
  pictures.update(1, { names: ['bug.jpg', 'login-bug.jpg'] });
  for (const name of ['bug', 'bug.jpg', 'login-bug']) expect(pictures.ofName(name)?.number).toBe(1);
  for (const name of ['bu', 'bug.j', 'bug.png', 'login', '%', 'b_g', '', "'"]) {
    expect(pictures.ofName(name)).toBeUndefined();
  }
});

it('uncleaned and expired part pictures by what cleaning has done, and expired leaves kept ones out', () => {
  for (const id of [1, 2, 3, 4, 5]) pictures.add(incoming(id), 0);
  pictures.update(2, { cleanedAt: 100 });
  pictures.update(3, { cleanedAt: 101 });
  pictures.update(4, { cleanedAt: 50, kept: true });
  pictures.update(5, { cleanedAt: 50, removedAt: 90 });
  expect(numbers(pictures.uncleaned())).toEqual([1]);
  expect(numbers(pictures.expired(100))).toEqual([2]);
  expect(numbers(pictures.expired(101))).toEqual([2, 3]);
});

it('adopt writes down what a lost store knew: an asset of ours, filed long ago, with a number of its own', () => {
  pictures.add(incoming(7), 0);
  const adopted = ['a', 'b'].map((assetId) =>
    pictures.adopt({ assetId, albumId: 'c', sha1: 'x', sentAt: 5 }),
  );
  expect(adopted).toMatchObject([
    { number: 2, assetId: 'a', albumId: 'c', sha1: 'x', receivedAt: 5, state: 'settled', kept: false },
    { number: 3, assetId: 'b' },
  ]);
  expect(pictures.isOwnAsset('a', 0)).toBe(true);
  expect(pictures.open().map(({ number }) => number)).toEqual([1]);
  expect(pictures.add(incoming(8), 0)?.number).toBe(4);
});
