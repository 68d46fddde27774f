/** Looks that may fail: what could not be seen is written down with the reason, and the rest goes on. */
import type { DoctorFacts, Known, Part } from '../../doctor/facts.ts';
import { causeOf } from '../../errors.ts';

export type Sight = {
  /** A whole part. */
  part<Value>(what: string, look: () => Promise<Value>): Promise<Known<Value>>;
  /** One of many things of a part. @returns undefined for what could not be seen */
  one<Value>(part: Part, what: string, look: () => Promise<Value>): Promise<Value | undefined>;
  /** What could not be seen of parts, things with the same reason together. */
  unseen(): DoctorFacts['unseen'];
};

/** Things that one line names. */
const NAMED = 3;

export function createSight(signal: AbortSignal): Sight {
  const failed: { part: Part; what: string; why: string }[] = [];
  return {
    async part(what, look) {
      try {
        return { known: await look() };
      } catch (error) {
        signal.throwIfAborted();
        return { unknown: `${what}: ${reasonOf(error)}` };
      }
    },
    async one(part, what, look) {
      try {
        return await look();
      } catch (error) {
        signal.throwIfAborted();
        failed.push({ part, what, why: reasonOf(error) });
        return undefined;
      }
    },
    unseen: () =>
      [...Map.groupBy(failed, ({ part, why }) => `${part} ${why}`).values()].flatMap((alike) => {
        const [first] = alike;
        if (first === undefined) return [];
        const names = [...new Set(alike.map(({ what }) => what))];
        const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
        return [{ part: first.part, why: `${names.slice(0, NAMED).join(', ')}${more}: ${first.why}` }];
      }),
  };
}

/** Without the path, which stands before it. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EACCES' || code === 'EPERM' ? 'permission denied' : causeOf(error).replace(/\.$/, '');
}
