/**
 * Looks for patterns in lines that somebody else writes, in bounded time. A pattern is the owner's, a line is not: one
 * that fits a careless pattern badly would keep a backtracking engine busy for years. V8's watchdog ends such a try, here
 * in this thread, because what a pattern can cost until it is given up is well under a second.
 */
import { createContext, Script } from 'node:vm';

export type LogMatch = { line: number; pattern: number };

export type Matcher = {
  /** Every pattern on every line, in their order. */
  look(lines: readonly string[]): LogMatch[];
  /** Patterns that took too long too often, by their place: they are not looked for any more. */
  readonly givenUp: ReadonlySet<number>;
};

/** Characters of a line that are looked at. A message is at its beginning, and time grows with the length. */
export const LINE_MOST = 4096;
/** Milliseconds for a batch, and then once more for the line alone at which it was stopped. */
const PATIENCE = 100;
const STRIKES = 3;

/** @param patterns sources of regular expressions, as `new RegExp(…, 'u')` takes them */
export function createMatcher(
  patterns: readonly string[],
  { patience = PATIENCE }: { patience?: number } = {},
): Matcher {
  const expressions = patterns.map((source) => new RegExp(source, 'u'));
  const strikes = patterns.map(() => 0);
  const givenUp = new Set<number>();
  const bounded = createBounded(patience);

  return {
    givenUp,
    look(lines) {
      const texts = lines.map((line) => line.slice(0, LINE_MOST));
      // Line by line, and in each every pattern: one number says how far it is, also when it is stopped in between.
      const pairs = texts.length * expressions.length;
      const found = new Set<number>();
      let at = 0;
      const tryOne = () => {
        const pattern = at % expressions.length;
        const text = texts[Math.floor(at / expressions.length)] ?? '';
        if (!givenUp.has(pattern) && expressions[pattern]?.test(text) === true) found.add(at);
      };
      while (at < pairs) {
        if (
          bounded(() => {
            for (; at < pairs; at += 1) tryOne();
          })
        ) {
          break;
        }
        // Many lines together, or a busy machine, take their time as well: alone it has to be quick.
        const slow = at % expressions.length;
        if (!bounded(tryOne)) {
          strikes[slow] = (strikes[slow] ?? 0) + 1;
          if (strikes[slow] >= STRIKES) givenUp.add(slow);
        }
        at += 1;
      }
      return [...found].map((pair) => ({
        line: Math.floor(pair / expressions.length),
        pattern: pair % expressions.length,
      }));
    },
  };
}

/** @returns what runs a piece of work, and says whether it came to its end in time */
function createBounded(timeout: number): (work: () => void) => boolean {
  const box = { work: () => {} };
  const context = createContext({ box });
  const script = new Script('box.work()');
  return (work) => {
    box.work = work;
    try {
      script.runInContext(context, { timeout });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      return false;
    }
  };
}
