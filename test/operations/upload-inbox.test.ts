import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';

import { afterEach, describe, expect, it } from 'vitest';

import { createPlace, type Place } from '../inbox/place.ts';
import { picture } from './bridge.ts';

const places: Place[] = [];
const open = async (...args: Parameters<typeof createPlace>): Promise<Place> => {
  const place = await createPlace(...args);
  places.push(place);
  return place;
};
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => place.close()));
});

describe('createInbox', () => {
  it('files what is there and what comes, in sub-folders too, and removes it', async () => {
    const place = await open();
    place.put('IMG_1.jpg', await picture(1));
    place.start();
    place.put('trip/day 1/로그인 😀.png', await picture(2));
    await expect.poll(place.files).toEqual([]);
    expect(place.assets()).toMatchObject([
      { name: 'IMG_1.jpg', isInAlbum: true },
      { name: '로그인 😀.png', isInAlbum: true },
    ]);
    await expect.poll(place.cards).toMatchObject([{ kind: 'inbox', done: 2, waiting: 0, kept: [] }]);
  });
});
