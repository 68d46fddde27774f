/** Sixty pictures as fast as the bot asks for them, until each is replied and filed, beside uploads of sixty others. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PersonActs } from '../../sandbox/telegram/person.ts';
import type { Box } from '../box.ts';
import { median } from '../numbers.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, type Row } from '../row.ts';
import { replied } from './replies.ts';
import type { Bare } from './bare.ts';
import type { Uploader } from './uploader.ts';

const COUNT = 60;
/** As many as the bot makes readable at a time. */
const WIDTH = 2;
/** Milliseconds between two looks at what Immich has. */
const LOOK = 20;

/** @param people one for each round: the bot writes sixty messages to a chat at once, and one a second after them */
export async function benchBurst(
  box: Box,
  people: readonly PersonActs[],
  next: () => Buffer<ArrayBuffer>,
  { uploader, bare, rounds }: { uploader: Uploader; bare: Bare; rounds: number },
): Promise<Row[]> {
  const { telegram, immich } = box;
  const repliedAfter: number[] = [];
  const folder = join(box.folder, 'to-upload');
  const senders = people.values();
  const samples = await inTurn(rounds, {
    async ours() {
      const person = senders.next().value;
      if (person === undefined) throw new Error('There are fewer people than rounds.');
      const pictures = Array.from({ length: COUNT }, next);
      const before = immich.library.assets.size;
      const begun = performance.now();
      for (const bytes of pictures) await person.file('screenshot.jpg', bytes);
      await replied(telegram, person.id, COUNT);
      repliedAfter.push(performance.now() - begun);
      while (immich.library.assets.size < before + COUNT) await pause(LOOK);
      return (performance.now() - begun) / 1000;
    },
    bare: async () => (await bare.work(Array.from({ length: COUNT }, next), WIDTH)).ms / 1000,
    async upload() {
      await mkdir(folder, { recursive: true });
      const files = Array.from({ length: COUNT }, (_, index) => join(folder, `picture-${index}.jpg`));
      for (const file of files) await writeFile(file, next());
      const before = immich.library.assets.size;
      const ms = await timed(() => uploader.upload(files));
      const arrived = immich.library.assets.size - before;
      if (arrived !== COUNT) throw new Error(`${uploader.name}: ${arrived} of ${COUNT} pictures arrived.`);
      await rm(folder, { recursive: true });
      return ms / 1000;
    },
  });
  const { ours } = samples;
  const rate = (seconds: readonly number[]) => (COUNT / median(seconds)).toFixed(1);
  return [
    compare(
      `${COUNT} pictures replied and filed, beside uploads alone`,
      { ours, reference: samples.upload },
      {
        unit: 's',
        aim: 1,
        note: `${rate(ours)} pictures a second beside ${rate(samples.upload)} of ${uploader.name}, which neither downloads nor converts. The last path was replied after ${(median(repliedAfter) / 1000).toFixed(1)} s: ${COUNT} messages go to a chat at once, more than that one a second`,
      },
    ),
    compare(
      `${COUNT} pictures replied and filed, beside the same work bare`,
      { ours, reference: samples.bare },
      {
        unit: 's',
        note: `download, sharp and upload, ${WIDTH} at a time, without queue, store and reply`,
      },
    ),
  ];
}
