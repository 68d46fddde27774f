import { pino } from 'pino';
import { expect, it } from 'vitest';
import { ImmichError } from '../../src/clients/immich-answers.ts';
import type { Asset } from '../../src/clients/immich-answers.ts';
import { deleteAssets } from '../../src/pictures/delete.ts';

const log = pino({ level: 'silent' });
const { signal } = new AbortController();
const refusal = (status: number, reason: ConstructorParameters<typeof ImmichError>[1]['reason']) =>
  new ImmichError('Not found or no asset.delete access', { status, reason });

/** An Immich that has these; of `foreign` ones it shows the asset, and deletes none. */
function library(has: string[], foreign: string[] = []) {
  const calls: string[][] = [];
  return {
    has,
    calls,
    delete: async (ids: readonly string[]) => {
      calls.push([...ids]);
      if (!ids.every((id) => has.includes(id))) throw refusal(400, 'missing');
      for (const id of ids) has.splice(has.indexOf(id), 1);
    },
    asset: async (id: string) => (has.includes(id) || foreign.includes(id) ? ({ id } as Asset) : undefined),
  };
}

it('deleteAssets takes one call where nothing is wrong, and none for nothing', async () => {
  const immich = library(['a', 'b']);
  expect(await deleteAssets({ immich, log }, [], signal)).toEqual({ gone: [], failed: [] });
  expect(await deleteAssets({ immich, log }, ['a', 'b'], signal)).toEqual({ gone: ['a', 'b'], failed: [] });
  expect(immich.calls).toEqual([['a', 'b']]);
});

it('deleteAssets finds the one that spoils a batch of a hundred, and deletes all the others', async () => {
  const ids = Array.from({ length: 100 }, (_, n) => `asset ${n}`);
  const immich = library(
    ids.filter((id) => id !== 'asset 63'),
    ['asset 63'],
  );
  const { gone, failed } = await deleteAssets({ immich, log }, ids, signal);
  expect(gone).toHaveLength(99);
  expect(failed).toEqual([{ id: 'asset 63', cause: 'Not found or no asset.delete access' }]);
  expect(immich.calls.length).toBeLessThan(20);
});

it('deleteAssets takes what has vanished for gone', async () => {
  const immich = library(['a', 'c']);
  expect(await deleteAssets({ immich, log }, ['a', 'b', 'c'], signal)).toEqual({
    gone: ['a', 'b', 'c'],
    failed: [],
  });
});

it.each([
  [401, 'key'],
  [403, 'permission'],
  [404, 'maintenance'],
] as const)('deleteAssets does not try one by one what %i ends', async (status, reason) => {
  let calls = 0;
  const immich = {
    ...library(['a', 'b']),
    delete: async () => {
      calls += 1;
      throw refusal(status, reason);
    },
  };
  await expect(deleteAssets({ immich, log }, ['a', 'b'], signal)).rejects.toMatchObject({ reason });
  expect(calls).toBe(1);
});
