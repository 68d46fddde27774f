import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PRESETS } from '../backup/presets.ts';
import { bringBack } from './by-hand.ts';

/** With the programs of age and zstd, which every lab has. */

let folder: string;
let identity: string;
let recipient: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-by-hand-'));
  identity = join(folder, 'key.txt');
  execFileSync('age-keygen', ['-o', identity], { stdio: 'pipe' });
  recipient = execFileSync('age-keygen', ['-y', identity], { encoding: 'utf8' }).trim();
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the steps by hand bring copies back that are only compressed', async () => {
  const [preset] = PRESETS;
  if (preset === undefined) throw new Error('There is no preset.');
  expect(await bringBack(preset, { sealed: { compress: true, recipients: [] } })).toBe('as it was');
});

test.each(PRESETS.map((preset) => [preset.name, preset] as const))(
  'the steps by hand bring %s back from copies that are compressed and encrypted',
  async (_name, preset) => {
    const sealed = { compress: true, recipients: [recipient] };
    expect(await bringBack(preset, { sealed, identity })).toBe('as it was');
  },
);
