/** The same things measured in turn, several times, so that a busy moment of the machine hits all of them alike. */

type Measures = Readonly<Record<string, () => Promise<number>>>;

/**
 * @param measures each gives one number; each round begins with another one
 * @param options.warm rounds before the first that counts
 * @returns the numbers of each, one for each round
 */
export async function inTurn<M extends Measures>(
  rounds: number,
  measures: M,
  { warm = 0 }: { warm?: number } = {},
): Promise<Record<keyof M, number[]>> {
  const names = Object.keys(measures);
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = -warm; round < rounds; round += 1) {
    const first = Math.abs(round) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const value = await measures[name]?.();
      if (round >= 0 && value !== undefined) samples[name]?.push(value);
    }
  }
  return samples as Record<keyof M, number[]>;
}

/** @returns milliseconds */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
