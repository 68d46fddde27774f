/** What goes wrong on purpose: rules that match calls of the bot, and Telegram as a whole being away. */
import type { Params } from './params.ts';

export type Fault = {
  /** `sendMessage`, `file` for a download, or `*`. */
  method: string;
  /** Only calls in whose parameters this text stands. */
  contains?: string;
  /** How many calls; 1 unless said. `Infinity` until cleared. */
  times?: number;
  /** Answer with this error instead of applying the call. */
  code?: number;
  description?: string;
  /** Seconds; with 429. */
  retry_after?: number;
  /** Wait this many milliseconds, before applying the call or, with `afterEffect`, after it. */
  delayMs?: number;
  /** Cut the connection instead of applying the call. */
  drop?: boolean;
  /** Apply the call first, then let it go wrong: with `code` the error is the answer, else the connection is cut. */
  afterEffect?: boolean;
};

/** Refuse connections, cut each one, or take calls and never answer. */
export type Absence = 'refuse' | 'cut' | 'hang';

export type Faults = {
  add(fault: Fault): { remove(): void };
  clear(): void;
  /** The rule for this call, counted down. */
  take(method: string, params: Params): Fault | undefined;
  list(): readonly Fault[];
};

export function createFaults(): Faults {
  let rules: { fault: Fault; left: number }[] = [];
  const matches = (fault: Fault, method: string, params: Params): boolean =>
    (fault.method === '*' ? method !== 'getUpdates' : fault.method.toLowerCase() === method.toLowerCase()) &&
    (fault.contains === undefined ||
      Object.values(params.values).some((value) =>
        (typeof value === 'string' ? value : JSON.stringify(value)).includes(fault.contains ?? ''),
      ));
  return {
    add(fault) {
      const rule = { fault, left: fault.times ?? 1 };
      rules.push(rule);
      return {
        remove: () => {
          rules = rules.filter((each) => each !== rule);
        },
      };
    },
    clear() {
      rules = [];
    },
    take(method, params) {
      const rule = rules.find((each) => matches(each.fault, method, params));
      if (!rule) return undefined;
      rule.left--;
      if (rule.left <= 0) rules = rules.filter((each) => each !== rule);
      return rule.fault;
    },
    list: () => rules.map((rule) => rule.fault),
  };
}
