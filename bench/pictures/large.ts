/** The largest pictures that Telegram gives, one after another: memory has to stay where it is. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Box } from '../box.ts';
import { memoryOf, type Running } from '../processes.ts';
import { single, type Row } from '../row.ts';

/** So many are on their way at a time: more than the bot takes up at once. */
const AHEAD = 4;
const FIRST = 10;
/** Milliseconds for each picture, on a busy machine. */
const PATIENCE = 5000;
/** Milliseconds between two looks. */
const LOOK = 50;

export async function benchLarge(
  { telegram, immich }: Box,
  bot: Running,
  next: () => Buffer<ArrayBuffer>,
  count: number,
): Promise<Row[]> {
  const before = await memoryOf(bot.pid);
  const filedBefore = immich.library.assets.size;
  const filed = () => immich.library.assets.size - filedBefore;
  const most = { first: before, later: before };
  // By the hash that Immich knows a picture by: the file's id at Telegram.
  const sent = new Map<string, string>();
  const begun = performance.now();
  let given = 0;
  while (filed() < count) {
    for (; given < Math.min(count, filed() + AHEAD); given += 1) {
      const bytes = next();
      const { document } = await telegram.file('photo.jpg', bytes);
      sent.set(createHash('sha1').update(bytes).digest('hex'), document?.file_id ?? '');
    }
    // The stand-in keeps what was sent; here that would be all the machine's memory.
    for (const [sha1, id] of sent) {
      const stored = telegram.world.files.find(id);
      if (stored === undefined || immich.library.bySha1(immich.user, sha1) === undefined) continue;
      stored.bytes = new Uint8Array();
      sent.delete(sha1);
    }
    if (performance.now() - begun > count * PATIENCE)
      throw new Error(`${filed()} of ${count} pictures were filed.`);
    const when = filed() <= FIRST ? 'first' : 'later';
    most[when] = Math.max(most[when], await memoryOf(bot.pid));
    await pause(LOOK);
  }
  const seconds = (performance.now() - begun) / 1000;
  return [
    single(`memory that ${count} pictures of 20 MB take`, [Math.max(most.first, most.later) - before], {
      unit: 'MB',
      aim: 150,
      note: `${before.toFixed(0)} MB before; ${(count / seconds).toFixed(1)} pictures a second`,
    }),
    single(`memory after the first ${FIRST} of them`, [most.later - most.first], {
      unit: 'MB',
      aim: 20,
      note: 'the most seen from the eleventh picture on, less the most seen before',
    }),
  ];
}
