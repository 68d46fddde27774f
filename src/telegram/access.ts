/** Who is answered. Only a person's own id counts, never a name, a chat or whose message a button hangs on. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ENROLLED, reportsChat } from '../reports-chat.ts';
import type { Facts } from '../store/facts.ts';

export type Role = 'owner' | 'guest' | 'stranger';

export type Access = {
  roleOf(user: number): Role;
  readonly owners: readonly number[];
  readonly guests: readonly number[];
  /** Where reports go; undefined until an owner is there. */
  chat: () => number | undefined;
  /** A stranger who has had his answer of the day: nothing of his is looked at, or even kept. */
  ignores(user: number): boolean;
  /** @returns whether to answer this stranger: once a day */
  refuses(user: number): boolean;
  /** A code that makes its sender the owner, for 10 minutes and once; undefined where there is an owner. */
  enrolment(): string | undefined;
  /** `enrolled`: the user is the owner now; `late`: the code was right, its time is over. */
  enrol(user: number, code: string): 'enrolled' | 'late' | 'wrong';
};

const DAY = 86_400_000;
const ENROLMENT_LASTS = 10 * 60_000;
/** Bytes; as base64url what Telegram takes behind `?start=` (at most 64 of `[\w-]`). */
const ENROLMENT_LONG = 18;

/** What stands behind `?start=` in the link: somebody has opened it again who is known already. */
export const isEnrolment = (word: string): boolean =>
  new RegExp(`^[\\w-]{${(ENROLMENT_LONG * 4) / 3}}$`).test(word);

export function createAccess(needs: {
  telegram: Pick<Config['telegram'], 'owners' | 'guests' | 'chat'>;
  facts: Facts;
  clock: Clock;
}): Access {
  const { telegram, facts, clock } = needs;
  let code: { value: string; until: number } | undefined;

  const owners = (): readonly number[] => {
    if (telegram.owners.length > 0) return telegram.owners;
    const enrolled = facts.get<number>(ENROLLED);
    return enrolled === undefined ? [] : [enrolled];
  };

  const roleOf = (user: number): Role => {
    if (owners().includes(user)) return 'owner';
    return telegram.guests.includes(user) ? 'guest' : 'stranger';
  };
  const refusalKey = (user: number) => `telegram:refused:${user}`;
  const wasRefused = (user: number) => {
    const last = facts.at(refusalKey(user));
    return last !== undefined && clock.now() - last < DAY;
  };

  return {
    roleOf,
    // While there is no owner anybody may have the code.
    ignores: (user) => owners().length > 0 && roleOf(user) === 'stranger' && wasRefused(user),
    get owners() {
      return owners();
    },
    guests: telegram.guests,
    chat: () => reportsChat(telegram, facts),
    refuses(user) {
      if (wasRefused(user)) return false;
      facts.put(refusalKey(user), true);
      return true;
    },
    enrolment() {
      if (owners().length > 0) return undefined;
      code = {
        value: randomBytes(ENROLMENT_LONG).toString('base64url'),
        until: clock.now() + ENROLMENT_LASTS,
      };
      return code.value;
    },
    enrol(user, given) {
      if (code === undefined || owners().length > 0) return 'wrong';
      const [ours, theirs] = [Buffer.from(code.value), Buffer.from(given)];
      if (ours.length !== theirs.length || !timingSafeEqual(ours, theirs)) return 'wrong';
      if (clock.now() > code.until) return 'late';
      code = undefined;
      facts.put(ENROLLED, user);
      return 'enrolled';
    },
  };
}
