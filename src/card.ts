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
};
