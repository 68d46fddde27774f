/** The process behind `bare.ts`. */
import { createWriteStream, openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { FormData, request } from 'undici';

export type BareJob = {
  telegram: string;
  token: string;
  immich: string;
  key: string;
  folder: string;
  /** Ids at Telegram, or paths here, which are uploaded and no more. */
  files: readonly string[];
  are: 'at Telegram' | 'here';
  width: number;
};
type Part = 'download' | 'convert' | 'upload';
/** Milliseconds. */
export type BareDone = { ms: number; parts: Record<Part, number[]> };

process.on('message', (job: BareJob) => void work(job));

async function work(job: BareJob): Promise<void> {
  const parts: BareDone['parts'] = { download: [], convert: [], upload: [] };
  const measured = async (part: Part, doing: () => Promise<unknown>) => {
    const begun = performance.now();
    await doing();
    parts[part].push(performance.now() - begun);
  };
  const left = [...job.files.entries()];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, file] = next;
      const original = job.are === 'here' ? file : join(job.folder, `${index}.jpg`);
      if (job.are === 'at Telegram') {
        await measured('download', () => download(job, file, original));
        await measured('convert', () => convert(original, join(job.folder, `${index}-readable.jpg`)));
      }
      await measured('upload', () => upload(job, original));
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: job.width }, worker));
  process.send?.({ ms: performance.now() - begun, parts } satisfies BareDone);
}

async function download({ telegram, token }: BareJob, id: string, target: string): Promise<void> {
  const about = await request(`${telegram}/bot${token}/getFile?file_id=${id}`);
  const { result } = (await about.body.json()) as { result: { file_path: string } };
  const file = await request(`${telegram}/file/bot${token}/${result.file_path}`);
  await pipeline(file.body, createWriteStream(target));
}

/** As the bot makes a JPEG readable when the first try is small enough. */
async function convert(original: string, target: string): Promise<void> {
  await sharp(original)
    .autoOrient()
    .resize({ width: 2000, height: 2000, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
    .toFile(target);
}

async function upload({ immich, key }: BareJob, file: string): Promise<void> {
  const form = new FormData();
  const now = new Date().toISOString();
  const fields = {
    deviceAssetId: file,
    deviceId: 'bare',
    fileCreatedAt: now,
    fileModifiedAt: now,
    filename: 'bare.jpg',
  };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('assetData', await openAsBlob(file), 'bare.jpg');
  const answer = await request(`${immich}/api/assets`, {
    method: 'POST',
    headers: { 'x-api-key': key },
    body: form,
  });
  if (answer.statusCode !== 201) throw new Error(`The upload of ${file} answered ${answer.statusCode}.`);
  await answer.body.dump();
}
