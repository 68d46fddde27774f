/** A container's log as lines with their times. */
import type { LogLine } from '../engine.ts';
import type { Piece } from './frames.ts';

/** What a line has beyond it is dropped, so that a line of any size costs no more memory than this. */
const LONGEST = 64 * 1024;
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) /;
const LONGEST_STAMP = 40;
/** Kept while it grows: Podman cuts a long line into frames of 4 KB or more. */
const LONGEST_RAW = LONGEST + 16 * LONGEST_STAMP;
const NEWLINE = 10;

type Stream = Piece['stream'];

/**
 * Lines of a log that was asked for with timestamps. Docker cuts a long line into frames of 16 KB with a timestamp
 * each; they are put together again. Colour codes stay, invalid UTF-8 becomes U+FFFD.
 */
export async function* toLines(pieces: AsyncIterable<Piece>): AsyncGenerator<LogLine> {
  const open: Record<Stream, Line> = { stdout: createLine(), stderr: createLine() };
  for await (const { stream, bytes, first } of pieces) {
    const line = open[stream];
    if (first) line.frame();
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      line.add(bytes.subarray(from, end));
      yield { ...line.take(), stream };
      from = end + 1;
    }
    if (from < bytes.length) line.add(bytes.subarray(from));
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    if (open[stream].size > 0) yield { ...open[stream].take(), stream };
  }
}

type Line = ReturnType<typeof createLine>;

/** A line as it grows: one part for each frame that holds some of it. */
function createLine() {
  let parts: Buffer[][] = [];
  let size = 0;
  let newPart = true;
  return {
    get size() {
      return size;
    },
    frame() {
      newPart = true;
    },
    add(bytes: Uint8Array) {
      const room = Math.max(0, LONGEST_RAW - size);
      size += bytes.length;
      if (room === 0) return;
      // Copied: what came from the socket is a slice of a larger piece of memory.
      const kept = Buffer.from(bytes.subarray(0, room));
      const last = parts.at(-1);
      if (newPart || last === undefined) parts.push([kept]);
      else last.push(kept);
      newPart = false;
    },
    take(): { at: number | undefined; text: string } {
      const stamped = parts.map((part) => splitStamp(Buffer.concat(part)));
      const bytes = Buffer.concat(stamped.map((part) => part.rest));
      const cut = size > LONGEST_RAW || bytes.length > LONGEST;
      const at = stamped[0]?.at;
      parts = [];
      size = 0;
      newPart = true;
      if (!cut) return { at, text: new TextDecoder().decode(bytes).replace(/\r$/, '') };
      // As a stream: half a character at the cut is left out instead of being replaced.
      return { at, text: `${new TextDecoder().decode(bytes.subarray(0, LONGEST), { stream: true })}…` };
    },
  };
}

function splitStamp(part: Buffer): { at: number | undefined; rest: Buffer } {
  const stamp = STAMP.exec(part.toString('latin1', 0, LONGEST_STAMP))?.[0];
  if (stamp === undefined) return { at: undefined, rest: part };
  return { at: Date.parse(stamp.trimEnd()), rest: part.subarray(stamp.length) };
}
