/** One picture at a time: from the update to the reply, beside the sum of the three things that have to be done with it. */
import type { PersonActs } from '../../sandbox/telegram/person.ts';
import type { Box } from '../box.ts';
import { median, quantile } from '../numbers.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, type Row } from '../row.ts';
import type { Bare } from './bare.ts';
import { replied } from './replies.ts';

/** @param count fewer than the sixty messages that the bot writes to a chat without a pause */
export async function benchOne(
  { telegram }: Box,
  person: PersonActs,
  next: () => Buffer<ArrayBuffer>,
  { bare, count }: { bare: Bare; count: number },
): Promise<Row[]> {
  let sent = 0;
  const parts: Awaited<ReturnType<Bare['work']>>['parts'] = { download: [], convert: [], upload: [] };
  const { ours, reference } = await inTurn(
    count,
    {
      ours: () =>
        timed(async () => {
          await person.file('screenshot.jpg', next());
          await replied(telegram, person.id, (sent += 1));
        }),
      async reference() {
        const done = await bare.work([next()], 1);
        for (const name of ['download', 'convert', 'upload'] as const) parts[name].push(...done.parts[name]);
        return done.ms;
      },
    },
    // The first one loads sharp, and what else it needs.
    { warm: 2 },
  );
  const sum = Object.entries(parts).map(([name, samples]) => `${name} ${median(samples).toFixed(0)} ms`);
  const p95 = { ours: [quantile(ours, 0.95)], reference: [quantile(reference, 0.95)] };
  return [
    compare(
      'one picture from update to reply (p50), beside its parts',
      { ours, reference },
      {
        unit: 'ms',
        aim: 1.2,
        note: `bare ${sum.join(', ')}; the reply comes as soon as the picture can be read, before it is filed`,
      },
    ),
    compare('one picture from update to reply (p95), beside its parts', p95, { unit: 'ms', aim: 1.2 }),
  ];
}
