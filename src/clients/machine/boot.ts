/** Which start of the machine this is. */
import { join } from 'node:path';
import { readOrNothing } from './files.ts';

export type Boot = {
  /** Another one after each start. */
  id: string;
  /** Milliseconds since 1970. */
  at: number;
};

/** @param proc /proc. @returns undefined where it does not tell */
export async function readBoot(proc: string): Promise<Boot | undefined> {
  const [id, stat] = await Promise.all([
    readOrNothing(join(proc, 'sys/kernel/random/boot_id')),
    readOrNothing(join(proc, 'stat')),
  ]);
  const seconds = /^btime (\d+)$/m.exec(stat)?.[1];
  return id === '' || seconds === undefined ? undefined : { id: id.trim(), at: Number(seconds) * 1000 };
}
