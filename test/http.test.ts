import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { picture } from './operations/bridge.ts';
import { createPlace, type Place } from './http/place.ts';

const places: Place[] = [];
const open = async (...args: Parameters<typeof createPlace>): Promise<Place> => {
  const place = await createPlace(...args);
  places.push(place);
  return place;
};
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => place.close()));
});

describe('POST /pictures', () => {
  it('answers a raw body with the path of a readable copy, files it and puts it on a card', async () => {
    const { ask, scene } = await open();
    const response = await ask('/pictures', { method: 'POST', body: (await picture(1)) as never });
    expect(response.status).toBe(200);
    const path = await response.text();
    expect(path).toBe(join(scene.pictures, 'p1.jpg'));
    expect((await sharp(path).metadata()).width).toBe(640);
    await expect.poll(() => scene.store.pictures.get(1)?.state).toBe('settled');
    expect(scene.store.outbox.next(7)?.body).toMatchObject({
      report: { kind: 'pictures', pictures: [{ path, state: 'filed' }] },
    });
    expect(scene.waitingFiles()).toEqual([]);
  });
});
