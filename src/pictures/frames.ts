/** Moments of a video as pictures, taken by ffmpeg. */
import { stat } from 'node:fs/promises';
import { run } from '../exec.ts';
import { MOST_FRAMES } from '../image/sheet.ts';
import { isCode } from './folder.ts';

/** The frames' files, in order; or why there are none. */
export type Frames =
  | { files: readonly string[] }
  /** There is no ffmpeg on this host. */
  | { missing: true }
  | { cause: string };

/** Milliseconds for a whole video, against a file that was made to take for ever. */
const PATIENCE = 20_000;
/** Pixels of a frame: 8192×4320 is the most that phones and cameras make; larger ones are made to fill the memory. */
const MOST_PIXELS = 8192 * 4320;
/** Pixels of the edges of a taken frame; a third of what a sheet shows at most, with some to spare. */
const EDGE = 1000;
const SCALED = `scale=w=min(${EDGE}\\,iw):h=min(${EDGE}\\,ih):force_original_aspect_ratio=decrease`;
const ONE_SMALL_PNG = `-frames:v 1 -vf ${SCALED} -c:v png -f image2 -update 1`.split(' ');
/** Frames for each second of a short video. */
const RATE = 2;

/**
 * @param program ffmpeg with its first arguments
 * @param video its path, absolute
 * @param target where the so-many-th frame is written
 */
export async function takeFrames(
  program: readonly string[],
  video: string,
  target: (index: number) => string,
  signal: AbortSignal,
): Promise<Frames> {
  const until = AbortSignal.timeout(PATIENCE);
  const ffmpeg = async (...args: string[]) =>
    run([...program, '-nostdin', '-hide_banner', ...args], { signal: AbortSignal.any([signal, until]) });
  // Nothing that stands in the file may make it open another one, or an address.
  const input = ['-protocol_whitelist', 'file', '-threads', '1', '-i', `file:${video}`];
  try {
    const { stderr } = await ffmpeg(...input);
    const size = /Stream #.*Video:.*?[ ,](\d{2,5})x(\d{2,5})[ ,]/.exec(stderr);
    if (size === null) return { cause: lastLine(stderr) };
    const [width, height] = [Number(size[1]), Number(size[2])];
    if (width * height > MOST_PIXELS) return { cause: `${width}×${height} pixels` };

    const times = momentsOf(durationOf(stderr));
    const files = times.map((_, index) => target(index));
    const { stderr: log } = await ffmpeg(
      '-loglevel',
      'error',
      '-y',
      ...times.flatMap((time) => ['-ss', time.toFixed(3), ...input]),
      ...files.flatMap((file, index) => ['-map', `${index}:v:0`, ...ONE_SMALL_PNG, `file:${file}`]),
    );
    const written = await Promise.all(files.map(isWritten));
    const taken = files.filter((_, index) => written[index]);
    return taken.length === 0 ? { cause: lastLine(log) } : { files: taken };
  } catch (error) {
    signal.throwIfAborted();
    if (isCode(error, 'ENOENT')) return { missing: true };
    return { cause: until.aborted ? `it takes over ${PATIENCE / 1000} s` : String(error) };
  }
}

/** Seconds; undefined where the file does not say. */
function durationOf(log: string): number | undefined {
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d\d):(\d\d\.\d+)/.exec(log) ?? [];
  return hours === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** The middle of each of as many equal parts: the very first frame is black too often, the very last may not be there. */
function momentsOf(duration: number | undefined): number[] {
  if (duration === undefined || duration === 0) return [0];
  const count = Math.min(MOST_FRAMES, Math.max(1, Math.round(duration * RATE)));
  return Array.from({ length: count }, (_, index) => (duration * (index + 0.5)) / count);
}

async function isWritten(file: string): Promise<boolean> {
  try {
    return (await stat(file)).size > 0;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** What a program says last is why it ended; the path before it is of no use to anybody. */
const lastLine = (log: string): string =>
  (log.trim().split('\n').at(-1) ?? '').replace(/^.*?file:\S*: /, '').trim() || 'no frame could be read';
