/** The least that can be done with pictures: download, sharp, upload, without a queue, a store or a reply. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Box } from '../box.ts';
import { startNode, type Options } from '../processes.ts';
import type { BareDone, BareJob } from './bare-child.ts';

export type Bare = {
  /** @param width pictures at a time @returns milliseconds for all, and of each part for each picture */
  work: (pictures: readonly Uint8Array<ArrayBuffer>[], width: number) => Promise<BareDone>;
  /** Files of this machine, so many at a time. */
  upload: (files: readonly string[], width: number) => Promise<void>;
};

const CHILD = fileURLToPath(new URL('bare-child.ts', import.meta.url));

/** A process of its own, as the bot is one. */
export async function startBare({ telegram, immich, folder }: Box, options: Options): Promise<Bare> {
  const target = join(folder, 'bare');
  await mkdir(target);
  const child = startNode([CHILD], { ...options, asks: true });
  const places = {
    telegram: telegram.url,
    token: telegram.token,
    immich: immich.url,
    key: immich.key,
    folder: target,
  };
  const ask = async (job: Omit<BareJob, keyof typeof places>) =>
    (await child.ask({ ...places, ...job })) as BareDone;
  return {
    work(pictures, width) {
      const about = { folder: 'documents', name: 'screenshot.jpg', type: 'image/jpeg' } as const;
      // Put where the bot does not hear of them.
      const files = pictures.map((bytes) => telegram.world.files.store({ ...about, bytes }).id);
      return ask({ files, are: 'at Telegram', width });
    },
    async upload(files, width) {
      await ask({ files, are: 'here', width });
    },
  };
}
