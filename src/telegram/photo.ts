/** The picture of a card, drawn when it is sent: the store keeps its figures alone. */
import type { Card } from '../card.ts';
import { drawTrends } from '../image/trends.ts';
import type { Logger } from '../logger.ts';

/** @returns undefined for a card without one, and where it cannot be drawn: the words must arrive all the same */
export async function photoOf(
  { picture }: Card,
  log: Logger,
): Promise<{ name: string; bytes: Uint8Array } | undefined> {
  if (picture === undefined) return undefined;
  try {
    return { name: picture.name, bytes: await drawTrends(picture.charts) };
  } catch (error) {
    log.error({ err: error }, 'cannot draw a picture');
    return undefined;
  }
}
