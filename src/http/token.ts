/** The bearer token of a request, compared in a time that says nothing about it. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** @returns whether an `Authorization` header carries the token */
export function createTokenCheck(token: string): (header: string | undefined) => boolean {
  // Digests under a key of this process have one length, and nobody outside can predict their bytes.
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text).digest();
  const expected = digest(token);
  return (header) => {
    const given = /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    return timingSafeEqual(digest(given ?? ''), expected) && given !== undefined;
  };
}
