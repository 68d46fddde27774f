/** Whole images as a stream, as `podman save` and `podman load` have them. */
import { Readable } from 'node:stream';
import { UnreachableError } from '../../errors.ts';
import type { CallOptions } from '../engine.ts';
import type { Connection } from './connection.ts';
import { IMAGE } from './names.ts';

export type EngineArchives = {
  /**
   * An image as a tar archive, without its names.
   * @throws Error when the image is not here, or the stream ends before the archive does: engines end it so when they fail
   */
  saveImage(id: string, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Have an image here again, under no name. @throws Error with the engine's words */
  loadImage(tar: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void>;
};

/** Milliseconds. Podman packs all of an image beside its stores before the first byte, and unpacks it before its answer. */
const LONGEST = 60 * 60_000;

export function createArchives(connection: Connection): EngineArchives {
  return {
    async *saveImage(id, options) {
      const doing = `save the image "${id}"`;
      if (!IMAGE.test(id)) throw new Error(`Cannot ${doing}: no such image`);
      const stream = await connection.stream(
        doing,
        { method: 'GET', path: `/images/${id}/get`, options: {} },
        { timeout: LONGEST, ...options },
      );
      let end = Buffer.alloc(0);
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        end = Buffer.concat([end, chunk.subarray(-TAR_END)]).subarray(-TAR_END);
        yield chunk;
      }
      if (end.length < TAR_END || end.some((byte) => byte !== 0)) {
        throw new UnreachableError(`Cannot ${doing}: the engine broke off its answer.`);
      }
    },
    async loadImage(tar, { signal } = {}) {
      const doing = 'load an image';
      const broken = new AbortController();
      const body = Readable.from(tar);
      body.once('error', (error) => broken.abort(error));
      const ends = AbortSignal.any([broken.signal, ...(signal === undefined ? [] : [signal])]);
      await connection.call(
        doing,
        async (docker, { abortSignal }) => {
          const answer = await docker.loadImage(body, { abortSignal });
          let told = '';
          for await (const chunk of answer) told += String(chunk);
          const wrong = /"error":\s*"((?:[^"\\]|\\.)*)"/.exec(told)?.[1];
          if (wrong !== undefined) throw new Error(`Cannot ${doing}: ${wrong}`);
        },
        { timeout: LONGEST, signal: ends },
      );
    },
  };
}

/** Bytes of zero at the end of a tar archive. POSIX.1-1988, ustar. */
const TAR_END = 1024;
