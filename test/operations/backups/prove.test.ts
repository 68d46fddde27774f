import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { writeManifest, type PostgresPart } from '../../../src/backup/manifest.ts';
import { prove } from '../../../src/operations/backups/prove.ts';
import { openTaking, type Taking } from './taking.ts';

const DUMP = 'a dump';
const PART: PostgresPart = {
  kind: 'postgres',
  container: 'db',
  user: 'u',
  database: 'notes',
  facts: { name: 'postgres notes', kind: 'postgres', schema: 'x', counts: {} },
  copy: {
    file: '0-postgres.dump',
    size: DUMP.length,
    sha256: createHash('sha256').update(DUMP).digest('hex'),
  },
  properties: {
    owner: 'u',
    encoding: 'UTF8',
    collate: 'C',
    ctype: 'C',
    tablespace: 'pg_default',
    connectionLimit: -1,
    settings: [],
  },
};
let it: Taking;
afterEach(() => it.close());

test('prove takes a dump that was just decoded for what it is as long as its bytes are the same', async () => {
  // There is no engine to decode it with.
  it = openTaking();
  const folder = join(it.folder, 'backup');
  mkdirSync(folder);
  writeFileSync(join(folder, PART.copy.file), DUMP);
  await writeManifest(folder, { version: 1, service: 'notes', takenAt: 0, parts: [PART] });
  const outcome = async (decoded: boolean) => {
    const { level, checks } = await prove(it.app, it.service(), folder, { decoded });
    return [level, ...checks.map(({ name, result }) => `${name}: ${result}`)];
  };
  expect(await outcome(true)).toEqual(['decoded', 'manifest: passed', 'decode: passed']);
  expect(await outcome(false)).toEqual(['copied', 'manifest: passed', 'decode: failed']);
  writeFileSync(join(folder, PART.copy.file), 'a damp');
  expect(await outcome(true)).toEqual(['copied', 'manifest: failed']);
});
