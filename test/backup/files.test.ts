import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyFolder } from '../../src/backup/files-copy.ts';
import { readList, writeList } from '../../src/backup/files-list.ts';
import { checkFiles, describeFiles, measureFiles, takeFiles } from '../../src/backup/files.ts';
import type { Entry, FilesPart } from '../../src/backup/manifest.ts';
import { openPlace, type Place } from './place.ts';

let place: Place;
beforeEach(() => {
  place = openPlace({ sources: [{ kind: 'files', folder: 'DATA' }] });
  place.write('a/one', 'one');
  place.write('two', 'two');
});
afterEach(() => place.close());

const sourceOf = (exclude: string[] = []) => ({ folder: place.data, exclude, databases: [] });
const at = (...names: string[]) => join(place.folder, 'copies', ...names);
const folderOf = (id: string) => {
  mkdirSync(at(id), { recursive: true });
  return at(id);
};
/** In this thread, so that each telling of progress happens at the moment of it. */
const copy = (
  id: string,
  {
    like,
    isFresh = false,
    progress = () => {},
  }: { like?: Taken; isFresh?: boolean; progress?: () => void } = {},
): Promise<Taken> =>
  copyFolder(
    {
      source: sourceOf(),
      folder: folderOf(id),
      name: 'data',
      earlier: like && { folder: like.folder, part: like, isFresh },
      // What was written a moment ago counts as settled.
      now: Date.now() + 120_000,
    },
    progress,
  ).then((part) => ({ ...part, folder: at(id) }));
type Taken = FilesPart & { folder: string };
const entriesOf = (part: FilesPart, folder: string): Promise<Entry[]> =>
  Array.fromAsync(readList(folder, part.list));
const inodeOf = (...names: string[]) => statSync(at(...names)).ino;
const flip = (file: string) => {
  const bytes = readFileSync(file);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  writeFileSync(file, bytes);
};

describe('takeFiles', () => {
  test('lists what there is beside the copies, tells its bytes, and keeps the part small', async () => {
    for (let number = 0; number < 300; number += 1) place.write(`many/${number}`, 'x');
    place.write('large', 'y'.repeat(3_000_000));
    let told = 0;
    const part = await takeFiles(
      sourceOf(),
      { folder: folderOf('one'), name: '0-files', earlier: undefined },
      { progress: (bytes) => (told += bytes) },
    );
    expect(part).toMatchObject({
      facts: { counts: { files: 303 } },
      copies: '0-files',
      list: { file: '0-files.jsonl', size: statSync(at('one/0-files.jsonl')).size },
      size: 3_000_306,
      linked: 0,
      skipped: { count: 0, names: [] },
      spoilt: { count: 0, names: [] },
    });
    expect(told).toBe(part.size);
    expect(JSON.stringify(part).length).toBeLessThan(1000);
    const names = (await entriesOf(part, at('one'))).map(({ path }) => path);
    expect(names.slice(0, 4)).toEqual(['a', 'a/one', 'large', 'many']);
    expect(names).toHaveLength(305);
    expect(await checkFiles(part, at('one'))).toBe(303);
  });

  test('ends at its signal, and writes nothing any more', async () => {
    place.write('large', 'y'.repeat(60_000_000));
    const controller = new AbortController();
    const taking = takeFiles(
      sourceOf(),
      { folder: folderOf('one'), name: '0-files', earlier: undefined },
      { signal: controller.signal, progress: () => controller.abort(new Error('enough')) },
    );
    await expect(taking).rejects.toThrow('enough');
    rmSync(at('one'), { recursive: true });
    expect(existsSync(at('one'))).toBe(false);
  });

  test('names what it leaves out because it cannot be copied', async () => {
    const server = createServer().listen(join(place.data, 'app.sock'));
    await once(server, 'listening');
    execFileSync('mkfifo', [join(place.data, 'a/pipe')]);
    const { skipped, facts } = await copy('one');
    server.close();
    expect(skipped).toEqual({ count: 2, names: ['a/pipe', 'app.sock'] });
    expect(facts.counts).toEqual({ files: 2 });
  });

  test('names a few of many that it leaves out', async () => {
    execFileSync(
      'mkfifo',
      Array.from({ length: 30 }, (_, number) => join(place.data, `pipe${number}`)),
    );
    const { skipped } = await copy('one');
    expect(skipped.count).toBe(30);
    expect(skipped.names).toHaveLength(20);
  });

  test('refuses a name that is no text, unless it is left out', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${place.data}/a/`), Buffer.from([0xff, 0x41])]), 'x');
    place.write('a/\ufffd', 'a name that is text');
    const taking = takeFiles(sourceOf(), { folder: folderOf('one'), name: 'data', earlier: undefined });
    await expect(taking).rejects.toThrow(/^Cannot copy ".*\/a\/\ufffdA": it has a name that is no UTF-8/);
    const { facts } = await takeFiles(sourceOf(['\ufffdA']), {
      folder: folderOf('two'),
      name: 'data',
      earlier: undefined,
    });
    expect(facts.counts).toEqual({ files: 3 });
  });

  test('reads a file again that changes meanwhile', async () => {
    const file = place.write('large', 'x'.repeat(3_000_000));
    let calls = 0;
    const part = await copy('one', {
      progress: () => {
        calls += 1;
        if (calls === 3) appendFileSync(file, 'y');
      },
    });
    expect(readFileSync(at('one/data/large'), 'utf8')).toBe(`${'x'.repeat(3_000_000)}y`);
    await checkFiles(part, at('one'));
  });

  test('names a file that never rests', async () => {
    const file = place.write('large', 'x'.repeat(3_000_000));
    const taking = copy('one', { progress: () => appendFileSync(file, 'y') });
    await expect(taking).rejects.toThrow(
      `Cannot copy "${file}": it changed each of the 3 times that it was read`,
    );
  });

  test('leaves out what vanishes while the folder is read', async () => {
    place.write('vanishing/one', 'x');
    const { facts } = await copy('one', {
      progress: () => {
        rmSync(join(place.data, 'two'), { force: true });
        rmSync(join(place.data, 'vanishing'), { recursive: true, force: true });
      },
    });
    expect(facts.counts).toEqual({ files: 1 });
  });

  test.each([
    ['is missing from the start', () => rmSync(place.data, { recursive: true }), undefined],
    ['vanishes meanwhile', undefined, () => renameSync(place.data, `${place.data}-gone`)],
    [
      'is replaced meanwhile',
      undefined,
      () => {
        renameSync(place.data, `${place.data}-gone`);
        mkdirSync(place.data);
      },
    ],
  ])('refuses a folder that %s', async (_, before, meanwhile) => {
    before?.();
    const taking = copy('one', { progress: firstTime(meanwhile) });
    await expect(taking).rejects.toThrow(
      /^Cannot (?:read|copy) ".*data": it (?:does not exist|was taken away while it was read)/,
    );
  });

  test.each([
    ['is gone', () => {}],
    [
      'is another one',
      () => {
        mkdirSync(at('one/data/a'), { recursive: true });
      },
    ],
  ])('fails where the folder of the copy %s before all is written', async (_, then) => {
    const taking = copy('one', {
      progress: firstTime(() => {
        renameSync(at('one'), at('elsewhere'));
        then();
      }),
    });
    await expect(taking).rejects.toThrow(
      /the folder of the copy is gone\. Is the disk of the copies still mounted\?/,
    );
  });

  test('names a file that the disk cannot read', async () => {
    const file = place.write('a/bad', 'x');
    // Address 0 of a process is nothing that could be read.
    execFileSync('mount', ['--bind', `/proc/${process.pid}/mem`, file]);
    try {
      const taking = takeFiles(sourceOf(), { folder: folderOf('one'), name: 'data', earlier: undefined });
      await expect(taking).rejects.toThrow(`Cannot read "${file}": the disk gives a read or write error.`);
    } finally {
      execFileSync('umount', [file]);
    }
  });
});

describe('takeFiles with an earlier copy', () => {
  test('links what is unchanged and still what was written, and says since when', async () => {
    const first = await copy('one');
    place.write('three', 'three');
    const second = await copy('two', { like: first });
    expect(second).toMatchObject({ linked: 2, fullAt: first.fullAt, spoilt: { count: 0 } });
    expect(inodeOf('two/data/a/one')).toBe(inodeOf('one/data/a/one'));
    const third = await copy('three', { like: second });
    expect(third).toMatchObject({ linked: 3, fullAt: first.fullAt });
    const full = await copy('four');
    expect(full.linked).toBe(0);
    expect(full.fullAt).toBeGreaterThanOrEqual(first.fullAt);
    expect(inodeOf('four/data/a/one')).not.toBe(inodeOf('one/data/a/one'));
  });

  test.each<[string, (file: string) => void]>([
    ['a flipped bit', flip],
    ['a cut end', (file) => truncateSync(file, 1)],
    ['bytes added', (file) => appendFileSync(file, 'x')],
    ['nothing there', (file) => rmSync(file)],
  ])('does not link a copy with %s, and names it', async (_, damage) => {
    const first = await copy('one');
    damage(at('one/data/a/one'));
    const second = await copy('two', { like: first });
    expect(second).toMatchObject({ linked: 1, spoilt: { count: 1, names: ['a/one'] } });
    expect(readFileSync(at('two/data/a/one'), 'utf8')).toBe('one');
    expect(inodeOf('two/data/two')).toBe(inodeOf('one/data/two'));
    await checkFiles(second, at('two'));
  });

  test('links a fresh one unread', async () => {
    const first = await copy('one');
    flip(at('one/data/a/one'));
    const second = await copy('two', { like: first, isFresh: true });
    expect(second.linked).toBe(2);
    await expect(checkFiles(second, at('two'))).rejects.toThrow(
      `The copy "${at('two/data/a/one')}" is damaged: it has other contents than were written.`,
    );
  });

  test('copies all anew where its list is damaged, and names that', async () => {
    const first = await copy('one');
    flip(at('one/data.jsonl'));
    const second = await copy('two', { like: first });
    expect(second).toMatchObject({ linked: 0, spoilt: { count: 1, names: ['data.jsonl'] } });
    await checkFiles(second, at('two'));
  });

  test('finds what is unchanged among names that sort oddly', async () => {
    const names = ['a-', 'a', 'a!/x', 'a/b', 'ä', '\u{1f600}', '\ufffc', 'Z', 'a b'];
    for (const name of names) place.write(`odd/${name}${name === 'a' ? '/y' : ''}`, name);
    const first = await copy('one');
    const second = await copy('two', { like: first });
    expect(second.linked).toBe(first.facts.counts['files']);
    expect(await entriesOf(second, at('two'))).toEqual(await entriesOf(first, at('one')));
  });
});

describe('measureFiles and describeFiles', () => {
  test('tell the bytes that a copy takes, and how many files there are', async () => {
    expect(await measureFiles(sourceOf(['a']))).toBe(3);
    const first = await copy('one');
    place.write('two', 'changed');
    const earlier = { folder: first.folder, part: first, isFresh: false };
    expect(await measureFiles(sourceOf(), earlier)).toBe(7);
    expect((await describeFiles(sourceOf())).counts).toEqual({ files: 2 });
  });
});

describe('readList', () => {
  const attributes = { mode: 0o600, uid: 0, gid: 0, mtime: '0' };
  const listed = (...paths: string[]) => {
    const list = writeList(join(folderOf('list'), 'l.jsonl'));
    for (const path of paths) list.add({ type: 'link', path, target: 'x'.repeat(4000), ...attributes });
    return list.end();
  };

  test('gives lines of any number and length as they were written', async () => {
    const paths = Array.from({ length: 500 }, (_, number) => `${'ü'.repeat(number)}\n"${number}`);
    const list = listed(...paths);
    const entries = await Array.fromAsync(readList(at('list'), list));
    expect(entries.map(({ path }) => path)).toEqual(paths);
  });

  test.each(['/etc/passwd', '../x', 'a/../../x', '..'])('refuses %j', async (path) => {
    const list = listed('fine', path);
    await expect(Array.fromAsync(readList(at('list'), list))).rejects.toThrow(/is no path inside a folder/);
  });

  test('gives nothing of a list with a flipped bit', async () => {
    const list = listed('one', 'two');
    flip(at('list/l.jsonl'));
    await expect(readList(at('list'), list).next()).rejects.toThrow(/The list ".*" is damaged/);
    expect(readdirSync(at('list'))).toEqual(['l.jsonl']);
  });
});

function firstTime(work: (() => void) | undefined): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work?.();
    isDone = true;
  };
}
