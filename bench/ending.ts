/** What a section has begun has an end, also when the section is broken off while it begins. */

export class BrokenOff extends Error {
  override name = 'BrokenOff';
  override message = 'The benchmark was broken off.';
}

/** @throws BrokenOff where everything is at its end already; `end` has been called then */
export async function endWith(stack: AsyncDisposableStack, end: () => Promise<void> | void): Promise<void> {
  if (!stack.disposed) return stack.defer(end);
  await end();
  throw new BrokenOff();
}
