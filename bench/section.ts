/** What each part of the benchmark is. */
import type { Row } from './row.ts';

export type Context = {
  /** Fewer rounds, smaller amounts. */
  quick: boolean;
  /** What a section has started is ended by this, also when it is broken off. */
  stack: AsyncDisposableStack;
  /** A word to whoever waits; not part of the result. */
  say: (text: string) => void;
};

export type Section = (context: Context) => Promise<Row[]>;
