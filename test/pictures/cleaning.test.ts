import { describe, expect, it } from 'vitest';
import { historyOf, judge, type Past } from '../../src/pictures/cleaning.ts';

const ME = 'me';
const UNTIL = 1000;

const past = (more: Partial<Past> = {}): Past => ({
  assetId: 'a',
  sha1: 'x',
  duplicate: undefined,
  kept: false,
  receivedAt: 500,
  state: 'settled',
  ...more,
});

describe('judge', () => {
  const asset = { id: 'a', ownerId: ME, sha1: 'x' };
  it.each<[string, Past[], Partial<typeof asset>, string]>([
    ['one of ours that is old', [past()], {}, 'delete'],
    ['one that was sent at the last moment', [past({ receivedAt: 1000 })], {}, 'delete'],
    ['one that was sent a moment later', [past({ receivedAt: 1001 })], {}, 'young'],
    ['one of another user', [past()], { ownerId: 'friend' }, 'foreign'],
    ['one that the store does not know', [], {}, 'foreign'],
    ['one that was found in the library', [past({ duplicate: 'library' })], {}, 'foreign'],
    [
      'one that we made, and found in the library by another message',
      [past(), past({ duplicate: 'library' })],
      {},
      'delete',
    ],
    ['a second message of our own', [past({ duplicate: 'own' })], {}, 'delete'],
    ['a kept one', [past({ kept: true })], {}, 'kept'],
    [
      'one whose bytes are kept by another message',
      [past(), past({ assetId: undefined, kept: true })],
      {},
      'kept',
    ],
    ['one that is kept and young', [past({ kept: true, receivedAt: 2000 })], {}, 'kept'],
    [
      'one whose bytes were sent again and are the library picture of another user',
      [past(), past({ assetId: 'b', duplicate: 'library', receivedAt: 1500 })],
      {},
      'young',
    ],
    [
      'one whose later message has the lower number',
      [past({ receivedAt: 1500 }), past({ receivedAt: 200 })],
      {},
      'young',
    ],
    [
      'one whose bytes are on their way',
      [past(), past({ assetId: undefined, state: 'stored' })],
      {},
      'young',
    ],
    ['one that waits for the album since yesterday', [past({ state: 'uploaded' })], {}, 'young'],
    [
      'one beside which other bytes are on their way',
      [past(), past({ assetId: undefined, sha1: 'y', state: 'stored' })],
      {},
      'delete',
    ],
    ['one that was replaced: the asset is ours, the bytes are not', [past()], { sha1: 'z' }, 'delete'],
  ])('of %s', (_, rows, changes, verdict) => {
    expect(judge({ ...asset, ...changes }, historyOf(rows), { me: ME, until: UNTIL })).toBe(verdict);
  });
});
