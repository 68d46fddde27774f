import { lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { picturesOf } from '../../src/operations/arguments.ts';
import { namePictures } from '../../src/operations/name-pictures.ts';
import { picture } from './bridge.ts';
import { createCleaner, HOUR, type Cleaner } from './cleaner.ts';

let cleaner: Cleaner;
beforeEach(async () => {
  cleaner = await createCleaner();
});
afterEach(() => cleaner.close());

const { signal } = new AbortController();
const name = async (words: string[], word: string) => {
  const report = await namePictures(cleaner.app, picturesOf(cleaner.app, words), word, signal);
  if (report.kind !== 'note' || report.note.key !== 'named') throw new Error(report.kind);
  return report.note.pictures.map(({ path }) => path.slice(cleaner.pictures.length + 1));
};

describe('namePictures', () => {
  it.each([
    ['login-bug', 'login-bug.jpg'],
    ['login bug!', 'login-bug.jpg'],
    ['Login-Bug.JPG', 'Login-Bug.jpg'],
    ['login-bug.png', 'login-bug.jpg'],
    ['../../etc/passwd', 'etc-passwd.jpg'],
    [`$(rm -rf /) 'x' "y"`, 'rm-rf-x-y.jpg'],
    ['로그인 버그 🐞', '로그인-버그.jpg'],
    ['-rf', 'rf.jpg'],
    ['v1.2', 'v1-2.jpg'],
    ['.hidden', 'hidden.jpg'],
    ['line\nbreak', 'line-break.jpg'],
  ])('%j becomes %s, beside the number', async (word, file) => {
    await cleaner.file(1);
    expect(await name(['1'], word)).toEqual([file]);
    expect(readlinkSync(join(cleaner.pictures, file))).toBe('p1.jpg');
    expect(readFileSync(join(cleaner.pictures, file))).toEqual(
      readFileSync(join(cleaner.pictures, 'p1.jpg')),
    );
  });

  it.each(['', '🐞', '...', 'latest', 'Latest.jpg', 'p7', 'p7-crop.png', '42', 'x'.repeat(61)])(
    '%j is refused, and nothing is written',
    async (word) => {
      await cleaner.file(1);
      await expect(name(['1'], word)).rejects.toThrow(UserError);
      expect(cleaner.files()).toEqual(['p1.jpg']);
      expect(cleaner.store.pictures.get(1)?.names).toEqual([]);
    },
  );

  it('a name that another picture has or had, or that lies in the folder, is counted on', async () => {
    for (const id of [1, 2, 3, 4]) await cleaner.file(id);
    expect(await name(['1'], 'bug')).toEqual(['bug.jpg']);
    expect(await name(['2'], 'bug')).toEqual(['bug-2.jpg']);
    writeFileSync(join(cleaner.pictures, 'bug-3.jpg'), 'somebody');
    expect(await name(['3'], 'bug')).toEqual(['bug-4.jpg']);
    expect(cleaner.store.pictures.get(3)?.names).toEqual(['bug-4.jpg']);
    cleaner.later(4 * HOUR);
    await cleaner.clean();
    cleaner.later(80 * HOUR);
    await cleaner.clean();
    await cleaner.file(5);
    expect(await name(['5'], 'bug')).toEqual(['bug-5.jpg']);
    expect(readFileSync(join(cleaner.pictures, 'bug-3.jpg'), 'utf8')).toBe('somebody');
  });

  it('further names are added, older ones go on to work, and the same one again changes nothing', async () => {
    await cleaner.file(1);
    await name(['1'], 'bug');
    await name(['p1.jpg'], 'login');
    expect(await name(['login.jpg'], 'bug')).toEqual(['bug.jpg']);
    expect(cleaner.files()).toEqual(['bug.jpg', 'login.jpg', 'p1.jpg']);
    expect(cleaner.store.pictures.get(1)?.names).toEqual(['login.jpg', 'bug.jpg']);
    expect(lstatSync(join(cleaner.pictures, 'p1.jpg')).isFile()).toBe(true);
  });

  it('several pictures get the name and counts, in their order', async () => {
    for (const id of [1, 2, 3]) await cleaner.file(id);
    expect(await name(['3', '1', '2'], 'step')).toEqual(['step.jpg', 'step-2.jpg', 'step-3.jpg']);
  });

  it('waits for a picture that is not readable yet', async () => {
    cleaner.send(1, await picture(1));
    expect(await name(['1'], 'soon')).toEqual(['soon.jpg']);
  });

  it('the card gives the new path', async () => {
    await cleaner.file(1);
    await name(['1'], 'bug');
    expect(cleaner.card(1)?.pictures[0]?.names).toEqual([join(cleaner.pictures, 'bug.jpg')]);
  });
});

describe('picturesOf', () => {
  it.each(['1', 'p1', 'P1', 'p1.jpg', 'bug', 'bug.jpg'])('%s is found', async (word) => {
    await cleaner.file(1);
    await name(['1'], 'bug');
    expect(picturesOf(cleaner.app, [word]).map(({ number }) => number)).toEqual([1]);
  });

  it('an unknown one and one whose file is gone are said so', async () => {
    await cleaner.file(1);
    for (const word of ['2', 'p2.jpg', 'bugs', '%', "'"]) {
      expect(() => picturesOf(cleaner.app, [word])).toThrow(`There is no picture "${word}"`);
    }
    cleaner.store.pictures.update(1, { cleanedAt: 1, removedAt: 2 });
    expect(() => picturesOf(cleaner.app, ['1'])).toThrow('its file is gone');
  });
});
