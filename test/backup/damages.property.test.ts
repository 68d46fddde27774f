import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { checkExpected } from '../../src/backup/expect.ts';
import { MANIFEST, readManifest, type Manifest } from '../../src/backup/manifest.ts';
import { writeSealed } from '../../src/backup/sealed.ts';
import { readSnapshot, snapshotFolder, takeSnapshot, verifySnapshot } from '../../src/operations/backup.ts';
import { openPlace, type Place } from './place.ts';
import { backupOf, PRESETS } from './presets.ts';

/** Of each preset. The whole sweep is for `npm run test:soak`. */
const DAMAGES = process.env['STEWARD_SOAK'] === '1' ? 1000 : 60;
/** One of so many is an edited manifest that is sealed anew, which only reading the databases tells. */
const FORGED = 8;

type Random = (below: number) => number;
/** A file of the copy, as it was. */
type Victim = { path: string; bytes: Buffer; others: readonly Buffer[] };

/** The same numbers for the same seed (Tommy Ettinger's mulberry32). */
function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)] as Item;

const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
};

/** What can become of a file: new bytes, or a deed. */
const DAMAGE: Readonly<Record<string, (victim: Victim, random: Random) => Buffer | undefined>> = {
  'cut short': ({ bytes }, random) => bytes.subarray(0, random(bytes.length)),
  'with one bit flipped': ({ bytes }, random) =>
    changed(bytes, (copy) => {
      const at = random(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
    }),
  'with a block of zeros': ({ bytes }, random) => {
    const at = random(bytes.length);
    const zeroed = changed(bytes, (copy) => copy.fill(0, at, Math.min(at + 4096, copy.length)));
    return zeroed.equals(bytes) ? changed(bytes, (copy) => copy.fill(1, at, at + 1)) : zeroed;
  },
  'with a block of noise': ({ bytes }, random) =>
    changed(bytes, (copy) => {
      const at = random(copy.length);
      createHash('sha512').update(`${at}`).digest().copy(copy, at);
    }),
  'with bytes behind its end': ({ bytes }, random) =>
    Buffer.concat([bytes, Buffer.alloc(1 + random(5000), 7)]),
  'with its blocks in another order': ({ bytes }, random) => {
    const at = 1 + random(bytes.length - 1);
    return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]);
  },
  empty: () => Buffer.alloc(0),
  'another file of the copy': ({ others }, random) => pick(random, others),
  'an empty database': ({ path }) => {
    rmSync(path);
    const database = new DatabaseSync(path);
    database.exec('create table t (x)');
    database.close();
    return undefined;
  },
  missing: ({ path }) => {
    rmSync(path);
    return undefined;
  },
  'a folder': ({ path }) => {
    rmSync(path);
    mkdirSync(path);
    return undefined;
  },
  'a link to what it was': ({ path, bytes }) => {
    rmSync(path);
    writeFileSync(`${path}.kept`, bytes);
    symlinkSync(`${path}.kept`, path);
    return undefined;
  },
};

/** What a manifest can be made to say: each contradicts the files, or the service. */
const FORGERIES: Readonly<Record<string, (manifest: Manifest, random: Random) => void>> = {
  'one row fewer': ({ parts }, random) => {
    const { counts } = databaseOf(parts, random).facts;
    const table = pick(random, Object.keys(counts));
    counts[table] = (counts[table] ?? 0) + 1;
  },
  'other contents of a table': ({ parts }, random) => {
    const { digests = {} } = databaseOf(parts, random).facts;
    digests[pick(random, Object.keys(digests))] = '0'.repeat(64);
  },
  'a table that is not there': ({ parts }, random) => {
    databaseOf(parts, random).facts.counts['more'] = 0;
  },
  'another schema': ({ parts }, random) => {
    databaseOf(parts, random).facts.schema = '0'.repeat(64);
  },
  'another size': ({ parts }, random) => {
    databaseOf(parts, random).copy.size += 1;
  },
  'another digest of the file': ({ parts }, random) => {
    databaseOf(parts, random).copy.sha256 = '0'.repeat(64);
  },
  'another file': ({ parts }, random) => {
    databaseOf(parts, random).copy.file = '9-sqlite';
  },
  'another service': (manifest) => {
    manifest.service = 'other';
  },
};

function databaseOf(parts: Manifest['parts'], random: Random) {
  return pick(
    random,
    parts.flatMap((part) => (part.kind === 'sqlite' ? [part] : [])),
  );
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

async function verify({ app, service }: Place, folder: string): Promise<void> {
  await verifySnapshot(app, service, await readSnapshot(folder));
  if (service.backup === undefined) throw new Error('There is nothing to check.');
  const checks = await checkExpected(await readManifest(folder), folder, service.backup.expect);
  const failed = checks.find(({ result }) => result === 'failed');
  if (failed !== undefined) throw new Error(failed.detail);
}

describe.each(PRESETS.map((preset, index) => ({ ...preset, seed: index + 1 })))(
  'a copy of the preset $name',
  ({ name, make, seed }) => {
    test('passes as it is, and with none of the damages', { timeout: 30 * 60_000 }, async () => {
      await using stack = new AsyncDisposableStack();
      const place = openPlace(backupOf(name));
      stack.defer(() => place.close());
      make(place.data);
      const folder = snapshotFolder(place.app, place.service, 'one');
      await takeSnapshot(place.app, place.service, folder, { digests: true });
      await verify(place, folder);

      const pristine = new Map(filesIn(folder).map((path) => [path, readFileSync(path)]));
      const undo = () => {
        for (const path of filesIn(folder)) if (!pristine.has(path)) rmSync(path);
        for (const [path, bytes] of pristine) {
          if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true)
            rmSync(path, { recursive: true, force: true });
          writeFileSync(path, bytes);
        }
      };
      const random = createRandom(seed);
      const passed: string[] = [];
      for (let round = 0; round < DAMAGES; round += 1) {
        const done = round % FORGED === 0 ? await forge(folder, random) : harm(pristine, random);
        await verify(place, folder).then(
          () => passed.push(`${round}: ${done}`),
          () => undefined,
        );
        undo();
      }
      expect(passed).toEqual([]);
      await verify(place, folder);
    });
  },
);

/** @returns what was done */
function harm(pristine: ReadonlyMap<string, Buffer>, random: Random): string {
  const [path, bytes] = pick(random, [...pristine]);
  // A manifest may be a link: it is read whole, and is what it was.
  const deeds = Object.entries(DAMAGE).filter(
    ([what]) => !(path.endsWith(MANIFEST) && what.startsWith('a link')),
  );
  const [what, damage] = pick(random, deeds);
  const others = [...pristine.values()].filter((other) => !other.equals(bytes));
  const left = damage({ path, bytes, others }, random);
  if (left !== undefined) writeFileSync(path, left);
  return `${path} is ${what}`;
}

/** Edit the manifest, and seal it anew. @returns what was done */
async function forge(folder: string, random: Random): Promise<string> {
  const manifest = await readManifest(folder);
  const [what, change] = pick(random, Object.entries(FORGERIES));
  change(manifest, random);
  await writeSealed(join(folder, MANIFEST), manifest);
  return `the manifest says: ${what}`;
}
