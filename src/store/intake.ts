/** What Telegram brought: written down at once, worked off afterwards, kept for a while to tell repeats. */
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';

export type IntakeRow = { updateId: number; receivedAt: number; json: string; attempts: number };

export type Intake = {
  /**
   * Write an update down.
   * @returns false when it is there already (Telegram sent it again)
   */
  add(updateId: number, json: string): boolean;
  /** What is not done yet, oldest first; `begun` rows are those that a kill cut off. */
  open(): IntakeRow[];
  /** Take one up. @returns how often it was taken up before */
  begin(updateId: number): number;
  done(updateId: number): void;
  /** Forget what was done before this time; newer rows still tell repeats. */
  forget(before: number): void;
};

export function createIntake(database: Database, clock: Clock): Intake {
  return {
    add(updateId, json) {
      const { changes } = database.run(
        'insert into intake (update_id, received_at, json) values (?, ?, ?) on conflict do nothing',
        updateId,
        clock.now(),
        json,
      );
      return changes === 1;
    },
    open: () =>
      database.all<IntakeRow>(
        `select update_id as updateId, received_at as receivedAt, json, attempts
         from intake where state <> 'done' order by update_id`,
      ),
    begin(updateId) {
      const row = database.get<{ attempts: number }>(
        `update intake set state = 'begun', attempts = attempts + 1 where update_id = ? returning attempts`,
        updateId,
      );
      return (row?.attempts ?? 1) - 1;
    },
    done: (updateId) => void database.run(`update intake set state = 'done' where update_id = ?`, updateId),
    forget: (before) =>
      void database.run(`delete from intake where state = 'done' and received_at < ?`, before),
  };
}
