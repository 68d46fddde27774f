import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyFolder } from '../../src/backup/files-copy.ts';
import { stageFiles, swapFiles } from '../../src/backup/files-back.ts';
import { readList } from '../../src/backup/files-list.ts';
import { checkFiles } from '../../src/backup/files.ts';
import type { FileEntry, FilesPart } from '../../src/backup/manifest.ts';
import { openPlace, treeOf, type Place } from './place.ts';

/** The whole sweep is for `npm run test:soak`. */
const SEEDS = process.env['STEWARD_SOAK'] === '1' ? 200 : 8;
const GENERATIONS = 4;
const NAMES = ['a', 'a-', 'a b', 'A', 'ä', '.x', '\u{1f600}', 'long'.repeat(20), 'q"\\'];

/** Within the folder, and to nothing at all. */
const LINKS = ['nowhere', '.', 'a', '/nonexistent/somewhere'];

/** mulberry32: the same history for the same seed. */
function createChance(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('There is nothing to pick.');
    return item;
  };
  return { below, pick };
}
type Chance = ReturnType<typeof createChance>;

const pathsOf = (folder: string, type: string) =>
  treeOf(folder).flatMap((leaf) => (type.includes(leaf.type) ? [join(folder, leaf.name)] : []));

/** Something that happens to a folder; what cannot happen there does not. */
const CHANGES: readonly ((data: string, chance: Chance) => void)[] = [
  (data, chance) => writeFileSync(place(data, chance), 'x'.repeat(chance.below(5000))),
  (data, chance) => writeFileSync(place(data, chance), `${chance.below(1e9)}`),
  (data, chance) => writeFileSync(place(data, chance), ''),
  (data, chance) => mkdirSync(place(data, chance)),
  // None of them leads to a file of somebody else's: what is written later may be written through a link.
  (data, chance) => symlinkSync(chance.pick(LINKS), place(data, chance)),
  (data, chance) => linkSync(chance.pick(pathsOf(data, 'f')), place(data, chance)),
  (data, chance) => appendFileSync(chance.pick(pathsOf(data, 'f')), 'more'),
  (data, chance) => {
    const file = chance.pick(pathsOf(data, 'f'));
    // The same size, and the time as it was.
    const { atime, mtime, size } = statSync(file);
    writeFileSync(file, Buffer.alloc(size, chance.below(256)));
    utimesSync(file, atime, mtime);
  },
  (data, chance) => rmSync(chance.pick(pathsOf(data, 'fdl')), { recursive: true }),
  (data, chance) => renameSync(chance.pick(pathsOf(data, 'fdl')), place(data, chance)),
  (data, chance) => chmodSync(chance.pick(pathsOf(data, 'fd')), chance.pick([0o600, 0o755, 0o4711, 0o2770])),
  (data, chance) => chownSync(chance.pick(pathsOf(data, 'fd')), chance.below(2000), chance.below(2000)),
  (data, chance) => utimesSync(chance.pick(pathsOf(data, 'fd')), chance.below(2e9), chance.below(2e9)),
];

const place = (data: string, chance: Chance) =>
  join(chance.pick([data, ...pathsOf(data, 'd')]), chance.pick(NAMES));

function change(data: string, chance: Chance): void {
  try {
    chance.pick(CHANGES)(data, chance);
  } catch (error) {
    // There may be nothing of the kind, something in the way, or a folder put into itself.
    const { code, message } = error as NodeJS.ErrnoException;
    if (!/EEXIST|EISDIR|ELOOP|ENOTDIR|ENOTEMPTY|EINVAL|ENOENT|nothing to pick/.test(code ?? message))
      throw error;
  }
}

/** Two changes within one tick of the kernel's clock may leave the same times: until the next one begins. */
function untilNextTick(folder: string): void {
  const probe = join(folder, 'probe');
  const timeOf = () => {
    writeFileSync(probe, '');
    return lstatSync(probe, { bigint: true }).ctimeNs;
  };
  for (const begun = timeOf(); timeOf() === begun;);
}

async function restore({ folder, data }: Place, part: FilesPart, copy: string): Promise<string> {
  const restored = join(folder, 'restored');
  rmSync(restored, { recursive: true, force: true });
  mkdirSync(restored);
  const area = join(folder, 'area');
  const back = { part: { ...part, folder: data }, folder: restored, copy, identityFile: undefined, area };
  await stageFiles(back, {});
  await swapFiles(back);
  rmSync(back.area, { recursive: true });
  return restored;
}

async function filesOf(part: FilesPart, copy: string): Promise<FileEntry[]> {
  const entries = await Array.fromAsync(readList(copy, part.list));
  return entries.filter((entry) => entry.type === 'file' && entry.sameAs === undefined) as FileEntry[];
}

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'generations of a random folder restore as it was, whatever has rotten in the one before (seed %i)',
  async (seed) => {
    const chance = createChance(seed);
    const here = openPlace({ sources: [{ kind: 'files', folder: 'DATA' }] });
    try {
      let earlier: { folder: string; part: FilesPart } | undefined;
      let rotten: string[] = [];
      for (let generation = 0; generation < GENERATIONS; generation += 1) {
        const changes = generation === 0 ? 60 : chance.below(20);
        for (let count = 0; count < changes; count += 1) change(here.data, chance);
        untilNextTick(here.folder);
        const copy = join(here.folder, `copy${generation}`);
        mkdirSync(copy);
        const part = await copyFolder(
          {
            source: { folder: here.data, exclude: [], databases: [] },
            folder: copy,
            name: 'data',
            earlier: earlier && { ...earlier, isFresh: false },
            now: Date.now() + 120_000,
          },
          () => {},
        );
        expect(treeOf(await restore(here, part, copy))).toEqual(treeOf(here.data));
        const files = await filesOf(part, copy);
        expect(part.size).toBe(files.reduce((sum, { size }) => sum + size, 0));
        // What has rotten is never a second name, whatever became of the file.
        const inodes = new Set(files.map(({ path }) => statSync(join(copy, 'data', path)).ino));
        for (const path of rotten) expect(inodes).not.toContain(statSync(path).ino);
        expect(part.spoilt.count).toBeLessThanOrEqual(rotten.length);
        await checkFiles(part, copy);

        rotten = files.flatMap(({ path, size }) => {
          const file = join(copy, 'data', path);
          if (size === 0 || chance.below(4) > 0) return [];
          const bytes = readFileSync(file);
          const at = chance.below(size);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
          writeFileSync(file, bytes);
          return [file];
        });
        earlier = { folder: copy, part };
      }
    } finally {
      here.close();
    }
  },
);
