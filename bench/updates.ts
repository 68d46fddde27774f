/** Updates on a real Podman, systemd and registry: looking for what is new, how long a service is away, and the way back. */
import { startLab } from '../test/lab/start.ts';
import { openLab } from '../test/lab/tools.ts';
import { endWith } from './ending.ts';
import type { Row } from './row.ts';
import type { Context } from './section.ts';
import { benchAway } from './updates/away.ts';
import { benchCheck } from './updates/check.ts';

export async function benchUpdates({ quick, stack, say }: Context): Promise<Row[]> {
  const { facts, stop } = await startLab();
  await endWith(stack, stop);
  const lab = openLab(facts);
  return [
    ...(await benchAway(lab, { rounds: quick ? 3 : 15, stack, say })),
    ...(await benchCheck(lab, { rounds: quick ? 3 : 7, stack, say })),
  ];
}
