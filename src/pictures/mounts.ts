/** Which folders of a container lie where, whichever host it runs on. */
import type { Engine } from '../clients/engine.ts';

/**
 * @param hosts all that may run it, the likeliest first
 * @returns none when no host has such a container
 * @throws the engine's error when one could not be asked and no other has it
 */
export async function mountsOf(
  container: string,
  hosts: readonly { engine: Pick<Engine, 'inspect'> }[],
): Promise<readonly { source: string; destination: string }[]> {
  const found = await Promise.allSettled(hosts.map(({ engine }) => engine.inspect(container)));
  for (const one of found) if (one.status === 'fulfilled' && one.value !== undefined) return one.value.mounts;
  for (const one of found) if (one.status === 'rejected') throw one.reason;
  return [];
}
