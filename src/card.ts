/** A report in words: lines, quotes and buttons, ready for Telegram or for a terminal. */
import type { Rich } from './rich.ts';

export type Block =
  | Rich
  /** Collapsed until tapped; `mono` for logs. */
  | { quote: readonly Rich[]; mono?: boolean };

export type Button = { label: string; style?: 'primary' | 'danger' } & (
  | { command: string; args: readonly string[] }
  | { copy: string }
  | { url: string }
  /** Yes or no to the plan that this card shows. */
  | { answer: 'yes' | 'no' }
);

export type Card = {
  blocks: readonly Block[];
  buttons?: readonly (readonly Button[])[];
  /** Sent as a document instead of in the message. */
  file?: { name: string; text: string };
  /** Drawn and sent above the words, which are its caption then. A terminal leaves it out. */
  picture?: { name: string; charts: readonly Chart[] };
};

/** `newest` is its last value in words. */
export type Line = { name: string; newest: string; points: readonly { at: number; value: number }[] };

/** One panel of a picture. All words in it are of Latin letters: it is drawn without a font. */
export type Chart = {
  title: string;
  /** What stands below its left and its right end. */
  first: string;
  last: string;
} & (
  | {
      kind: 'lines';
      /** Milliseconds since 1970 at the left and the right end. */
      from: number;
      to: number;
      lines: readonly Line[];
      /** The value at the top, and the same in words. */
      scale: number;
      top: string;
    }
  /** One for each day. */
  | { kind: 'bars'; counts: readonly number[] }
);
