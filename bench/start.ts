/** How the program starts: until the first poll, what its imports cost, the command line; and its memory at rest and at work. */
import { openBox } from './box.ts';
import type { Row } from './row.ts';
import type { Context } from './section.ts';
import { benchCommandLine } from './start/command-line.ts';
import { benchImports } from './start/imports.ts';
import { benchMessages } from './start/messages.ts';
import { benchPoll } from './start/poll.ts';

export async function benchStart({ quick, stack, say }: Context): Promise<Row[]> {
  const box = await openBox(stack);
  const rounds = quick ? 3 : 5;
  return [
    ...(await benchPoll(box, rounds, stack)),
    ...(await benchCommandLine(box, rounds, stack)),
    ...(await benchImports(quick ? 2 : 5, stack)),
    ...(await benchMessages(box, quick ? 200 : 1000, { stack, say })),
  ];
}
