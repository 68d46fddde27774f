/** Memory after so many messages, and after twice as many. */
import { fileURLToPath } from 'node:url';
import type { Box } from '../box.ts';
import { installedEnv, installedFlags } from '../installed.ts';
import { median } from '../numbers.ts';
import { MAIN, memoryOf, startNode } from '../processes.ts';
import { compare, single, type Row } from '../row.ts';
import type { Context } from '../section.ts';

const HEAP = fileURLToPath(new URL('heap-preload.ts', import.meta.url));
const TEXTS = ['/status', '/help', '/jobs', '/status immich'];
/** The bot writes sixty messages to a chat at once, and one a second after them. */
const MESSAGES_A_CHAT = 50;
/** Messages over which memory is looked at. */
const LAST = 100;

export async function benchMessages(
  box: Box,
  count: number,
  { stack, say }: Pick<Context, 'stack' | 'say'>,
): Promise<Row[]> {
  const { telegram } = box;
  const people = Array.from({ length: (2 * count) / MESSAGES_A_CHAT }, () =>
    telegram.addPerson({ started: true }),
  );
  const owners = [telegram.id, ...people.map(({ id }) => id)].join(',');
  const bot = startNode([...(await installedFlags()), '--expose-gc', '--import', HEAP, MAIN], {
    env: { ...box.env, ...(await installedEnv(box.folder)), TELEGRAM_OWNER_IDS: owners },
    stack,
    asks: true,
  });
  await telegram.listening();

  let asked = 0;
  /** @returns resident memory at the last of them: a median, since collecting garbage makes it go up and down */
  const ask = async (until: number) => {
    const resident: number[] = [];
    for (; asked < until; asked += 1) {
      if (until - asked <= LAST) resident.push(await memoryOf(bot.pid));
      const person = people[asked % people.length];
      if (person === undefined) throw new Error('Nobody is there to write.');
      const answered = telegram.waitFor(() => true, {
        chat: person.id,
        since: telegram.mark(),
        timeout: 30_000,
      });
      await person.send(TEXTS[asked % TEXTS.length] ?? '');
      await answered;
    }
    return { resident: median(resident), heap: Number(await bot.ask()) / 1e6 };
  };
  say(`${count} messages …`);
  const once = await ask(count);
  say(`${count} more …`);
  const twice = await ask(2 * count);
  await bot.stop();
  const what = `message ${2 * count}, beside message ${count}`;
  return [
    compare(
      `memory at ${what}`,
      { ours: [twice.resident], reference: [once.resident] },
      {
        unit: 'MB',
        aim: 1.1,
        note: `${TEXTS.join(', ')} in turn, in ${people.length} chats`,
      },
    ),
    single(`heap in use at message ${2 * count}, more than at ${count}`, [twice.heap - once.heap], {
      unit: 'MB',
      aim: 1,
      note: `${twice.heap.toFixed(0)} MB after collecting garbage`,
    }),
  ];
}
