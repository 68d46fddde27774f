import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeFrames } from '../../src/pictures/frames.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-frames-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const target = (index: number) => join(folder, `frame${index}`);
const calls = (): string[][] =>
  readFileSync(join(folder, 'calls'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);

/** A program that says of every video the same, and writes `writes` of the frames that it is asked for. */
const ffmpeg = (says: string, writes = 99): string[] => {
  const program = join(folder, 'ffmpeg.mjs');
  writeFileSync(
    program,
    `import { appendFileSync, writeFileSync } from 'node:fs';
     const args = process.argv.slice(2);
     appendFileSync(${JSON.stringify(join(folder, 'calls'))}, JSON.stringify(args) + '\\n');
     process.stderr.write(${JSON.stringify(says)});
     const outputs = args.filter((arg, at) => arg.startsWith('file:') && args[at - 1] !== '-i');
     for (const output of outputs.slice(0, ${writes})) writeFileSync(output.slice(5), 'frame');
     process.exitCode = outputs.length === 0 ? 1 : 0;`,
  );
  return [process.execPath, program];
};
const video = (duration: string, size: string) =>
  `  Duration: ${duration}, start: 0.000000, bitrate: 2707 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(progressive), ${size} [SAR 1:1 DAR 16:9], 25 fps
At least one output file must be specified\n`;

it.each([
  ['00:01:30.00', [7.5, 22.5, 37.5, 52.5, 67.5, 82.5]],
  ['00:00:02.00', [0.25, 0.75, 1.25, 1.75]],
  ['00:00:00.30', [0.15]],
  ['N/A', [0]],
])('of a video of %s takes frames at %j', async (duration, times) => {
  const frames = await takeFrames(ffmpeg(video(duration, '1280x720')), '/videos/a b', target, signal);
  expect(frames).toEqual({ files: times.map((_, index) => target(index)) });
  const [, taking = []] = calls();
  expect(taking.flatMap((arg, at) => (taking[at - 1] === '-ss' ? [Number(arg)] : []))).toEqual(times);
  expect(new Set(taking.filter((_, at) => taking[at - 1] === '-i'))).toEqual(new Set(['file:/videos/a b']));
});

it('lets a file open no other one', async () => {
  await takeFrames(ffmpeg(video('00:00:02.00', '1280x720')), '/v', target, signal);
  for (const args of calls()) {
    const inputs = args.flatMap((arg, at) => (arg === '-i' ? [at] : []));
    for (const at of inputs) expect(args.slice(at - 4, at)).toContain('-protocol_whitelist');
  }
});

it('gives the frames that there are', async () => {
  const frames = await takeFrames(ffmpeg(video('00:00:09.00', '1280x720'), 2), '/v', target, signal);
  expect(frames).toEqual({ files: [target(0), target(1)] });
});

it('refuses by its pixels what would fill the memory, before a frame is decoded', async () => {
  const frames = await takeFrames(ffmpeg(video('00:00:09.00', '16384x16384')), '/v', target, signal);
  expect(frames).toEqual({ cause: '16384×16384 pixels' });
  expect(calls()).toHaveLength(1);
});

it.each([
  ['file:/v: Invalid data found when processing input\n', 'Invalid data found when processing input'],
  ['', 'no frame could be read'],
])('says why there are none: %j', async (says, cause) => {
  expect(await takeFrames(ffmpeg(says), '/v', target, signal)).toEqual({ cause });
  expect(existsSync(target(0))).toBe(false);
});

it('tells a host without ffmpeg from one where it cannot be run', async () => {
  expect(await takeFrames(['no-such-ffmpeg'], '/v', target, signal)).toEqual({ missing: true });
  const program = join(folder, 'ffmpeg');
  writeFileSync(program, 'not a program');
  chmodSync(program, 0o644);
  expect(await takeFrames([program], '/v', target, signal)).toMatchObject({ cause: expect.any(String) });
});

it('ends with its signal', async () => {
  const end = new AbortController();
  const running = takeFrames(
    [process.execPath, '-e', 'setInterval(() => {}, 1000)', '--'],
    '/v',
    target,
    end.signal,
  );
  end.abort(new Error('stopping'));
  await expect(running).rejects.toThrow('stopping');
});
