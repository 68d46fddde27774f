import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PictureState } from '../../src/report/pictures.ts';
import { CHAT, createScene, type Scene } from './bridge.ts';
import { createCorpus, type Sample } from './corpus.ts';

const corpus = await createCorpus();
let scene: Scene;

beforeAll(async () => {
  // What a host's own ffmpeg makes of junk is not ours to say.
  scene = await createScene({ needs: { ffmpeg: ['no-such-ffmpeg'] } });
  for (const [index, { name, bytes }] of corpus.entries())
    scene.send(index + 1, bytes, { kind: 'document', name });
  while (scene.store.pictures.open().length > 0) await sleep(50);
}, 120_000);
afterAll(() => scene.close());

const cases = corpus.map(
  (sample, index) => [JSON.stringify(sample.name).slice(0, 60), sample, index + 1] as const,
);
const shownOf = (messageId: number) => scene.card(messageId)?.pictures[0] as PictureState;
const assetOf = (messageId: number) => {
  const id = scene.store.pictures.ofMessage(CHAT, messageId)?.assetId;
  return id === undefined ? undefined : scene.server.library.assets.get(id);
};

it('the corpus has at least 60 files', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(60);
});

it.each(cases.filter(([, { becomes }]) => becomes === 'picture'))(
  '%s becomes a readable picture that decodes',
  async (_, { problem }: Sample, messageId) => {
    const { path, problem: told, width, height, state } = shownOf(messageId);
    expect({ state, problem: told?.kind }).toEqual({ state: 'filed', problem });
    expect(path).toMatch(/\/p\d+\.(jpg|png)$/);
    const decoded = await sharp(path, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
    expect(decoded.info).toMatchObject({ width, height });
    expect(Math.max(decoded.info.width, decoded.info.height)).toBeLessThanOrEqual(2000);
    expect(statSync(path ?? '').size).toBeLessThanOrEqual(3_700_000);
    const { exif, xmp, orientation, depth, space } = await sharp(path).metadata();
    expect({ exif, xmp, orientation, depth }).toEqual({
      exif: undefined,
      xmp: undefined,
      orientation: undefined,
      depth: 'uchar',
    });
    expect(['srgb', 'b-w']).toContain(space);
  },
);

it.each(cases.filter(([, { becomes }]) => becomes === 'file'))(
  '%s is kept as it is, with a path, and what is amiss is said',
  (_, { problem, bytes, isFiled }: Sample, messageId) => {
    const { path, problem: told, state } = shownOf(messageId);
    expect({ state, problem: told?.kind }).toEqual({ state: isFiled ? 'filed' : 'ready', problem });
    expect(dirname(path ?? '')).toBe(scene.pictures);
    expect(statSync(path ?? '').size).toBe(bytes.length);
  },
);

it.each(cases.filter(([, { becomes }]) => becomes === 'refused'))(
  '%s is refused, and why is said',
  (_, { problem }: Sample, messageId) => {
    expect(shownOf(messageId)).toMatchObject({
      state: 'refused',
      path: undefined,
      problem: { kind: problem },
    });
  },
);

it.each(cases)(
  '%s is in Immich as it was sent, or not at all',
  (_, { bytes, isFiled }: Sample, messageId) => {
    const asset = assetOf(messageId);
    expect(asset?.size).toBe(isFiled ? bytes.length : undefined);
    // One folder, whatever the name was.
    expect(asset?.name ?? '').not.toMatch(/[/\\\0\n"'`$]/);
  },
);

it('nothing but the files of the pictures is left, each under its own number', () => {
  expect(scene.waitingFiles()).toEqual([]);
  const allowed = new RegExp(`^p(${corpus.map((_, index) => index + 1).join('|')})(-\\d+)?\\.[a-z0-9]+$`);
  expect(scene.files().filter((name) => !allowed.test(name))).toEqual([]);
  const tiles = scene.files().filter((name) => /^p\d+-\d+\./.test(name));
  const long = corpus.findIndex(({ name }) => name === 'long page.png') + 1;
  expect(tiles.every((name) => name.startsWith(`p${long}-`))).toBe(true);
  expect(shownOf(long).tiles).toEqual(tiles.map((name) => join(scene.pictures, name)));
  expect(tiles.length).toBeGreaterThan(1);
});
