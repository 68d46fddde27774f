import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeSheet } from '../../src/image.ts';
import { takeFrames } from '../../src/pictures/frames.ts';
import { CHAT, createScene } from '../operations/bridge.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-frames-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const target = (index: number) => join(folder, `frame${index}`);

/** Seconds of one colour after another, the whole of `name`'s container and codecs. */
const video = (name: string, size: string, ...output: string[]): string => {
  const file = join(folder, name);
  const colour = (one: string) => ['-f', 'lavfi', '-i', `color=${one}:size=${size}:rate=10:duration=2`];
  const inputs = [...colour('red'), ...colour('lime'), ...colour('blue')];
  const joined = ['-filter_complex', '[0:v][1:v][2:v]concat=n=3'];
  execFileSync('ffmpeg', ['-loglevel', 'error', '-y', ...inputs, ...joined, ...output, file]);
  return file;
};
const H264 = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264'];
const colourAt = async (file: string, left: number, top: number) => {
  const area = { left, top, width: 4, height: 4 };
  const { channels } = await sharp(await sharp(file).extract(area).toBuffer()).stats();
  const [red = 0, green = 0, blue = 0] = channels.map(({ mean }) => mean);
  return red > 180 ? 'red' : green > 180 ? 'green' : blue > 180 ? 'blue' : 'none';
};

it.each([
  ['a.mp4', H264],
  ['a.mov', H264],
  ['a.webm', ['-c:v', 'libvpx']],
  ['a.avi', ['-c:v', 'mpeg4']],
  ['a.3gp', ['-c:v', 'h263', '-s', '352x288']],
])('%s is shown as a sheet of its moments in their order', async (name, output) => {
  const frames = await takeFrames(['ffmpeg'], video(name, '640x480', ...output), target, signal);
  const files = 'files' in frames ? frames.files : [];
  expect(files).toHaveLength(6);
  const sheet = join(folder, `${name}.jpg`);
  const { width, height } = await makeSheet(files, sheet, { maxEdge: 900 });
  expect(width).toBe(899);
  const middles = [0, 1, 2, 3, 4, 5].map((index) => [
    Math.floor((width / 3) * ((index % 3) + 0.5)),
    Math.floor((height / 2) * (Math.floor(index / 3) + 0.5)),
  ]);
  const seen = await Promise.all(middles.map(([left = 0, top = 0]) => colourAt(sheet, left, top)));
  expect(seen).toEqual(['red', 'red', 'green', 'green', 'blue', 'blue']);
});

it('a video held upright is upright on the sheet', async () => {
  const lying = video('lying.mp4', '640x360', ...H264);
  const turned = join(folder, 'turned.mp4');
  const turn = ['-metadata:s:v:0', 'rotate=90', '-codec', 'copy'];
  execFileSync('ffmpeg', ['-loglevel', 'error', '-y', '-i', lying, ...turn, turned]);
  const frames = await takeFrames(['ffmpeg'], turned, target, signal);
  const [first = ''] = 'files' in frames ? frames.files : [];
  expect(await sharp(first).metadata()).toMatchObject({ width: 360, height: 640 });
});

it('a video that is cut off, and one that is none, say why', async () => {
  const whole = readFileSync(video('whole.mp4', '640x480', ...H264));
  const cut = join(folder, 'cut.mp4');
  writeFileSync(cut, whole.subarray(0, Math.floor(whole.length / 2)));
  expect(await takeFrames(['ffmpeg'], cut, target, signal)).toMatchObject({ cause: expect.any(String) });
  writeFileSync(cut, 'not a video');
  expect(await takeFrames(['ffmpeg'], cut, target, signal)).toMatchObject({ cause: expect.any(String) });
});

it('a list that names other files opens none of them', async () => {
  const secret = video('secret.mp4', '640x480', ...H264);
  const list = join(folder, 'list.mp4');
  writeFileSync(list, `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:9/x\n${secret}\n`);
  expect(await takeFrames(['ffmpeg'], list, target, signal)).toMatchObject({ cause: expect.any(String) });
});

it('a video that was sent is a sheet to open, with itself beside it and in the album', async () => {
  const scene = await createScene();
  const bytes = readFileSync(video('sent.mp4', '1280x720', ...H264));
  scene.send(1, bytes, { kind: 'video', name: 'IMG_0001.MP4' });
  await expect
    .poll(() => scene.store.pictures.ofMessage(CHAT, 1)?.state, { timeout: 20_000 })
    .toBe('settled');
  expect(scene.files()).toEqual(['p1.jpg', 'p1.mp4']);
  expect(scene.card(1)?.pictures[0]).toMatchObject({
    path: join(scene.pictures, 'p1.jpg'),
    moving: join(scene.pictures, 'p1.mp4'),
    width: 2000,
    state: 'filed',
  });
  const [asset] = [...scene.server.library.assets.values()];
  expect(asset).toMatchObject({ type: 'VIDEO', name: 'p1-IMG-0001.mp4', size: bytes.length });
  await expect.poll(() => scene.waitingFiles()).toEqual([]);
  await scene.close();
});
