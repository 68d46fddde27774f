/** Files of the inbox that stay where they are, and why. What Immich has taken is gone, and has no row. */
import type { InboxProblem } from '../report/pictures.ts';
import type { Database } from '../store.ts';

export type InboxRow = {
  /** Relative to INBOX_DIR. */
  path: string;
  /** Of the file as it was looked at: one that has changed since is a new one. */
  stamp: string;
  /** Undefined: Immich holds it, and it stays because nothing is to be changed here. */
  problem: InboxProblem | undefined;
  /** Failures so far. */
  attempts: number;
  /** The chat knows of the problem. */
  told: boolean;
  notBefore: number;
};

export type InboxTable = {
  all(): InboxRow[];
  put(row: InboxRow): void;
  delete(path: string): void;
};

type Raw = Omit<InboxRow, 'problem' | 'told'> & { problem: string | null; told: number };

export function createInboxTable(database: Database): InboxTable {
  return {
    all: () =>
      database
        .all<Raw>(`select path, stamp, problem, attempts, told, not_before as "notBefore" from inbox`)
        .map(({ problem, told, ...row }) => ({
          ...row,
          problem: problem === null ? undefined : (JSON.parse(problem) as InboxProblem),
          told: told === 1,
        })),
    put: ({ path, stamp, problem, attempts, told, notBefore }) =>
      void database.run(
        `insert or replace into inbox (path, stamp, problem, attempts, told, not_before) values (?, ?, ?, ?, ?, ?)`,
        path,
        stamp,
        problem === undefined ? null : JSON.stringify(problem),
        attempts,
        told ? 1 : 0,
        notBefore,
      ),
    delete: (path) => void database.run('delete from inbox where path = ?', path),
  };
}
