import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPictureFolder, type PictureFolder } from '../../src/pictures/folder.ts';

let root: string;
let path: string;
let folder: PictureFolder;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'steward-folder-'));
  path = join(root, 'a', 'pictures');
  folder = createPictureFolder(path, { group: undefined, log: pino({ level: 'silent' }) });
  await folder.prepare([]);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (number: number, what: string, text: string) => {
  const part = folder.part(number, what);
  writeFileSync(part, text);
  return part;
};

it('last is 0 where there is no folder, else the highest number of a file', () => {
  expect(
    createPictureFolder(join(root, 'none'), { group: undefined, log: pino({ level: 'silent' }) }).last(),
  ).toBe(0);
  for (const name of ['p9.jpg', 'p10-1.jpg', 'latest.jpg', 'other.txt']) writeFileSync(join(path, name), '');
  expect(folder.last()).toBe(10);
});

it('publish gives a part its name once, and takes its own earlier try for done', async () => {
  expect(await folder.publish(write(1, 'readable', 'picture'), 'p1.jpg')).toBe(true);
  expect(readFileSync(join(path, 'p1.jpg'), 'utf8')).toBe('picture');
  expect(await folder.publish(write(1, 'readable', 'picture'), 'p1.jpg')).toBe(true);
  expect(readdirSync(join(path, '.waiting'))).toEqual([]);
});

it("publish leaves somebody else's file alone, a folder and a link too", async () => {
  writeFileSync(join(path, 'p1.jpg'), 'theirs!');
  mkdirSync(join(path, 'p2.jpg'));
  await folder.publish(write(4, 'readable', 'same'), 'p4.jpg');
  for (const name of ['p1.jpg', 'p2.jpg']) {
    expect(await folder.publish(write(1, 'readable', 'picture'), name)).toBe(false);
  }
  expect(readFileSync(join(path, 'p1.jpg'), 'utf8')).toBe('theirs!');
});

it('the published file may be read by the group and written by nobody else', async () => {
  await folder.publish(write(1, 'readable', 'picture'), 'p1.jpg');
  expect(statSync(join(path, 'p1.jpg')).mode & 0o777).toBe(0o640);
  expect(statSync(path).mode & 0o777).toBe(0o750);
});

it('folder and files belong to the group that was asked for', async () => {
  // Anybody may give to a group of their own, root to any.
  const group = process.getuid?.() === 0 ? 1234 : (process.getgid?.() ?? 0);
  const grouped = createPictureFolder(join(root, 'new', 'grouped'), {
    group,
    log: pino({ level: 'silent' }),
  });
  await grouped.prepare([]);
  const part = grouped.part(1, 'readable');
  writeFileSync(part, 'picture');
  await grouped.publish(part, 'p1.jpg');
  const made = [join(root, 'new'), grouped.path, join(grouped.path, 'p1.jpg')].map((file) => statSync(file));
  expect(made.map(({ gid }) => gid)).toEqual([group, group, group]);
  expect(made.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['750', '750', '640']);
});

it('prepare leaves the modes of a folder that was there, and clears what no open picture owns', async () => {
  write(1, 'download', 'half');
  write(12, 'download', 'half');
  writeFileSync(folder.original(2), 'whole');
  writeFileSync(join(path, 'note.txt'), 'theirs');
  await folder.prepare([1, 2]);
  expect(readdirSync(join(path, '.waiting')).sort()).toEqual(['1.download.part', '2.original']);
  expect(readFileSync(join(path, 'note.txt'), 'utf8')).toBe('theirs');
});

it('publishWaiting keeps the original until it is dropped', async () => {
  await folder.keep(3, 'original', write(3, 'download', 'whole'));
  expect(await folder.publishWaiting(3, 'original', 'p3.pdf')).toBe(true);
  expect(readFileSync(folder.original(3), 'utf8')).toBe('whole');
  await folder.drop(3);
  expect(readdirSync(join(path, '.waiting'))).toEqual([]);
  expect(readFileSync(join(path, 'p3.pdf'), 'utf8')).toBe('whole');
});

it('drop of one picture leaves the others', async () => {
  write(1, 'download', '');
  write(11, 'download', '');
  await folder.drop(1);
  expect(readdirSync(join(path, '.waiting'))).toEqual(['11.download.part']);
});

it('setLatest leaves one link, to the highest number, however the calls come', async () => {
  await Promise.all(['p2.png', 'p10.jpg', 'p9.png'].map((name) => folder.setLatest(name)));
  const links = readdirSync(path).filter((name) => name.startsWith('latest.'));
  expect(links).toEqual(['latest.jpg']);
  expect(lstatSync(join(path, 'latest.jpg')).isSymbolicLink()).toBe(true);
  expect(readlinkSync(join(path, 'latest.jpg'))).toBe('p10.jpg');
});
