/** What the second place of the backups has to say. Times are milliseconds since 1970. */
import type { Action } from './actions.ts';

/** How the backups of a service stand there. */
export type OffSiteStanding = {
  /** When the newest that is there was sent. */
  sentAt: number | undefined;
  /** When some of its files were brought back and were equal. */
  sampledAt: number | undefined;
  /** Why somebody should look, without a full stop. */
  trouble: string | undefined;
};

/** Told in the morning: what is wrong, each day while it lasts, and once what is not any more. */
export type OffSiteReport = {
  kind: 'off-site';
  actions?: readonly (readonly Action[])[];
  /** The same cause mostly holds for all. */
  troubled: readonly { trouble: string; services: readonly string[] }[];
  recovered: readonly string[];
  at: number;
};
