import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closedTo } from '../../src/pictures/access.ts';

/** Nobody's: so only the modes for others and for the group count. */
const AGENT = 54_321;
let root: string;
let inner: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'steward-access-'));
  inner = join(root, 'a', 'b');
  mkdirSync(inner, { recursive: true });
  for (const folder of [root, join(root, 'a'), inner]) chmodSync(folder, 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('closedTo is undefined where all folders on the way are open', async () => {
  expect(await closedTo(inner, { uid: AGENT, group: undefined })).toBeUndefined();
});

it('closedTo names the outermost folder that is closed', async () => {
  chmodSync(inner, 0o700);
  expect(await closedTo(inner, { uid: AGENT, group: undefined })).toBe(inner);
  chmodSync(join(root, 'a'), 0o744);
  expect(await closedTo(inner, { uid: AGENT, group: undefined })).toBe(join(root, 'a'));
});

it('closedTo lets the owner, the group and root in by their own bits', async () => {
  const uid = process.getuid?.() ?? 0;
  const group = process.getgid?.() ?? 0;
  chmodSync(inner, 0o700);
  expect(await closedTo(inner, { uid, group: undefined })).toBeUndefined();
  chmodSync(inner, 0o750);
  expect(await closedTo(inner, { uid: AGENT, group })).toBeUndefined();
  chmodSync(inner, 0o705);
  expect(await closedTo(inner, { uid: AGENT, group })).toBe(inner);
  expect(await closedTo(inner, { uid: 0, group: undefined })).toBeUndefined();
});
