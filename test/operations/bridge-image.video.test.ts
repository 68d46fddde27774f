import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createScene, picture, type Scene } from './bridge.ts';

let scene: Scene;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-video-'));
});
afterEach(async () => {
  await scene.close();
  rmSync(folder, { recursive: true, force: true });
});

const video = (seed: number) =>
  Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(400, seed)]);
const problemOf = (messageId: number) => scene.card(messageId)?.pictures[0]?.problem;

/** Stands for ffmpeg: every frame of every video is this picture. */
const ffmpeg = async (): Promise<string[]> => {
  writeFileSync(
    join(folder, 'frame.png'),
    await sharp(await picture(1, 400, 300))
      .png()
      .toBuffer(),
  );
  const program = join(folder, 'ffmpeg.mjs');
  writeFileSync(
    program,
    `import { copyFileSync } from 'node:fs';
     const args = process.argv.slice(2);
     process.stderr.write('  Duration: 00:00:09.00\\n  Stream #0:0: Video: h264, yuv420p, 400x300 [SAR 1:1], 25 fps\\n');
     for (const [at, arg] of args.entries())
       if (arg.startsWith('file:') && args[at - 1] !== '-i') copyFileSync(${JSON.stringify(join(folder, 'frame.png'))}, arg.slice(5));`,
  );
  return [process.execPath, program];
};

it.each(['video', 'animation', 'document'] as const)(
  'a %s is a sheet of its frames to open, with itself beside it and in the album',
  async (kind) => {
    scene = await createScene({ needs: { ffmpeg: await ffmpeg() } });
    scene.send(1, video(1), { kind, name: 'IMG_0001.MP4' });
    await scene.settled(1);
    expect(scene.files()).toEqual(['p1.jpg', 'p1.mp4']);
    expect(await sharp(join(scene.pictures, 'p1.jpg')).metadata()).toMatchObject({
      width: 1208,
      height: 604,
    });
    expect(scene.card(1)?.pictures[0]).toMatchObject({
      path: join(scene.pictures, 'p1.jpg'),
      moving: join(scene.pictures, 'p1.mp4'),
      isFrames: true,
      state: 'filed',
      problem: undefined,
    });
    const [asset] = [...scene.server.library.assets.values()];
    expect(asset).toMatchObject({ type: 'VIDEO', name: 'p1-IMG-0001.mp4', size: video(1).length });
    expect(scene.waitingFiles()).toEqual([]);
  },
);

it('without ffmpeg a video is kept and filed, and what is missing is said once, until ffmpeg was there', async () => {
  scene = await createScene({ needs: { ffmpeg: ['no-such-ffmpeg'] } });
  for (const id of [1, 2]) {
    scene.send(id, video(id), { kind: 'video' });
    await scene.settled(id);
  }
  expect(scene.files()).toEqual(['p1.mp4', 'p2.mp4']);
  expect([problemOf(1), problemOf(2)]).toEqual([{ kind: 'no-ffmpeg' }, undefined]);
  expect([...scene.server.library.assets.values()].map(({ type }) => type)).toEqual(['VIDEO', 'VIDEO']);
  await scene.restart({ ffmpeg: await ffmpeg() });
  scene.send(3, video(3), { kind: 'video' });
  await scene.settled(3);
  await scene.restart({ ffmpeg: ['no-such-ffmpeg'] });
  scene.send(4, video(4), { kind: 'video' });
  await scene.settled(4);
  expect([problemOf(3), problemOf(4)]).toEqual([undefined, { kind: 'no-ffmpeg' }]);
});

it('a video of which no frame can be had is kept and filed, and why is said', async () => {
  const nothing = join(folder, 'nothing.mjs');
  writeFileSync(nothing, '');
  scene = await createScene({ needs: { ffmpeg: [process.execPath, nothing] } });
  scene.send(1, video(1), { kind: 'video' });
  await scene.settled(1);
  expect(scene.card(1)?.pictures[0]).toMatchObject({
    path: join(scene.pictures, 'p1.mp4'),
    state: 'filed',
    problem: { kind: 'no-frames', cause: 'no frame could be read' },
  });
});

it('frames that are no pictures leave the video as it is', async () => {
  const program = await ffmpeg();
  writeFileSync(join(folder, 'frame.png'), 'no picture');
  scene = await createScene({ needs: { ffmpeg: program } });
  scene.send(1, video(1), { kind: 'video' });
  await scene.settled(1);
  expect(scene.files()).toEqual(['p1.mp4']);
  expect(problemOf(1)).toMatchObject({ kind: 'no-frames' });
});

it('a video whose name is taken gets another number, and leaves nothing under the first', async () => {
  scene = await createScene({ needs: { ffmpeg: await ffmpeg() }, dead: true });
  await scene.restart();
  scene.send(1, await picture(1));
  await scene.settled(1);
  copyFileSync(join(scene.pictures, 'p1.jpg'), join(scene.pictures, 'p2.mp4'));
  // The number of a file that came after the start is seen when its name is given.
  scene.send(2, video(2), { kind: 'video' });
  await scene.settled(2);
  expect(scene.files()).toEqual(['p1.jpg', 'p2.mp4', 'p3.jpg', 'p3.mp4']);
  expect(scene.card(2)?.pictures[0]).toMatchObject({ number: 3, moving: join(scene.pictures, 'p3.mp4') });
});
