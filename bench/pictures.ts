/** The picture bridge: many pictures at once, one alone, large ones for a long time, and how responsive the bot stays. */
import { fileURLToPath } from 'node:url';
import { openBox } from './box.ts';
import { installedEnv, installedFlags } from './installed.ts';
import { MAIN, startNode } from './processes.ts';
import { startBare } from './pictures/bare.ts';
import { benchBurst } from './pictures/burst.ts';
import { benchLarge } from './pictures/large.ts';
import { CAMERA, createPictures, SCREENSHOT } from './pictures/make.ts';
import { benchOne } from './pictures/one.ts';
import { installUploader } from './pictures/uploader.ts';
import { compare, type Row } from './row.ts';
import type { Context } from './section.ts';

const PAUSES = fileURLToPath(new URL('pictures/pauses-preload.ts', import.meta.url));

export async function benchPictures({ quick, stack, say }: Context): Promise<Row[]> {
  const box = await openBox(stack);
  const { telegram } = box;
  const installed = await installedEnv(box.folder);
  const bare = await startBare(box, { env: installed, stack });
  const uploader = await installUploader(box, { bare, stack, say });
  const [screenshot, camera] = await Promise.all([createPictures(SCREENSHOT), createPictures(CAMERA)]);

  // A chat for each round: the bot answers the first sixty messages of a chat at once, and then one a second.
  const people = Array.from({ length: quick ? 4 : 8 }, () => telegram.addPerson({ started: true }));
  const owners = [telegram.id, ...people.map(({ id }) => id)].join(',');
  const env = { ...box.env, ...installed, TELEGRAM_OWNER_IDS: owners };
  const flags = await installedFlags();
  const bot = startNode([...flags, '--import', PAUSES, MAIN], { env, stack, asks: true });
  const idle = startNode(['--import', PAUSES, '--eval', 'setInterval(() => {}, 2 ** 30)'], {
    stack,
    asks: true,
  });
  await telegram.listening();

  const watched = async (what: string, work: () => Promise<Row[]>): Promise<Row[]> => {
    await Promise.all([bot.ask(), idle.ask()]);
    say(`${what} …`);
    const rows = await work();
    const [own, other] = (await Promise.all([bot.ask(), idle.ask()])) as [number, number];
    const pause = compare(
      `longest pause of the event loop, ${what}`,
      { ours: [own], reference: [other] },
      {
        unit: 'ms',
        aim: 50,
        aimOf: 'ours',
        note: 'beside a process that does nothing, which pauses for want of a processor',
      },
    );
    return [...rows, pause];
  };

  const [first, ...others] = people;
  if (first === undefined) throw new Error('Nobody is there to send pictures.');
  return [
    ...(await benchOne(box, first, screenshot, { bare, count: quick ? 10 : 30 })),
    ...(await watched('60 pictures at once', () =>
      benchBurst(box, others, screenshot, { uploader, bare, rounds: quick ? 1 : 3 }),
    )),
    ...(await watched('pictures of 20 MB', () => benchLarge(box, bot, camera, quick ? 12 : 200))),
  ];
}
