/**
 * The engine sends stdout and stderr of a program without a terminal over one stream, in frames: a header of
 * 8 bytes (which stream, three zeros, length) and the bytes. Read so that the reader's pace is kept.
 */

/** Part of a frame; `first` where a frame begins. Frames are passed on as they arrive, never held whole. */
export type Piece = { stream: 'stdout' | 'stderr'; bytes: Uint8Array; first: boolean };

const HEADER = 8;
/** The engine itself reports an error in a frame of this kind (Docker's stdcopy, "systemerr"). */
const ENGINE_ERROR = 3;

export type Demultiplexer = {
  /** @throws Error when the bytes are no frames */
  push(chunk: Uint8Array): Piece[];
  /** @throws Error in the middle of a frame */
  end(): void;
};

export function createDemultiplexer(): Demultiplexer {
  const header = Buffer.alloc(HEADER);
  let headerSize = 0;
  let left = 0;
  let kind = 0;
  let first = false;
  return {
    push(chunk) {
      const pieces: Piece[] = [];
      let at = 0;
      while (at < chunk.length) {
        if (left === 0) {
          const part = chunk.subarray(at, at + HEADER - headerSize);
          header.set(part, headerSize);
          headerSize += part.length;
          at += part.length;
          if (headerSize < HEADER) break;
          ({ kind, left } = readHeader(header));
          headerSize = 0;
          first = true;
          continue;
        }
        const bytes = chunk.subarray(at, at + left);
        at += bytes.length;
        left -= bytes.length;
        if (kind === ENGINE_ERROR) throw new Error(Buffer.from(bytes).toString().trim());
        pieces.push({ stream: kind === 2 ? 'stderr' : 'stdout', bytes, first });
        first = false;
      }
      return pieces;
    },
    end() {
      if (left > 0 || headerSize > 0) throw new Error('The engine broke off in the middle of the output.');
    },
  };
}

/** @throws Error when the stream is no sequence of frames, or ends in the middle of one */
export async function* demultiplex(source: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const frames = createDemultiplexer();
  for await (const chunk of source) yield* frames.push(chunk);
  frames.end();
}

function readHeader(header: Buffer): { kind: number; left: number } {
  const kind = header.readUInt8(0);
  if (kind > ENGINE_ERROR || header.readUIntBE(1, 3) !== 0) {
    throw new Error('The engine sent something else than output in frames.');
  }
  return { kind, left: header.readUInt32BE(4) };
}

/**
 * A log comes in frames, or raw when the container has a terminal. Asked for with timestamps, a raw one begins
 * with a digit and a frame with a byte below 4, so the first byte tells.
 */
export async function* logPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    let start = await iterator.next();
    while (start.done !== true && start.value.length === 0) start = await iterator.next();
    if (start.done === true) return;
    const rest = concat(start.value, iterator);
    if ((start.value[0] ?? 0) <= ENGINE_ERROR) {
      yield* demultiplex(rest);
      return;
    }
    for await (const bytes of rest) yield { stream: 'stdout', bytes, first: false };
  } finally {
    await iterator.return?.();
  }
}

async function* concat(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
