import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMachine } from '../../src/clients/machine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'machine-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const machine = createMachine();

describe('disk', () => {
  test('tells figures that add up', async () => {
    const found = await machine.disk('/');
    if ('lost' in found) throw new Error(found.lost);
    expect(found.used + found.free).toBe(found.size);
    expect(found.used).toBeGreaterThan(0);
  });

  test('of a path that is not there says so', async () => {
    const path = join(folder, 'nothing');
    expect(await machine.disk(path)).toEqual({ path, lost: 'gone' });
  });

  test('of a folder where a disk should be mounted says so, and / is always one', async () => {
    expect(await machine.disk(folder, { isMount: true })).toEqual({ path: folder, lost: 'not-mounted' });
    expect(await machine.disk(folder)).not.toHaveProperty('lost');
    expect(await machine.disk('/', { isMount: true })).not.toHaveProperty('lost');
    expect(await machine.disk('/proc', { isMount: true })).not.toMatchObject({ lost: 'not-mounted' });
  });
});
