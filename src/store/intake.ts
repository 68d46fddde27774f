/** What Telegram brought: written down at once, worked off afterwards, kept for a while to tell repeats. */
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';

export type IntakeRow = { updateId: number; receivedAt: number; json: string; attempts: number };

export type Intake = {
  /**
   * Write an update down.
   * @param tag names the message or the tap itself: update ids may start anew after a quiet week
   * @returns false when it is there already (Telegram sent it again)
   */
  add(updateId: number, tag: string, json: string): boolean;
  /** What is not done yet, oldest first; `attempts` counts how often each was taken up. */
  open(): IntakeRow[];
  isOpen(updateId: number): boolean;
  /** Take one up. */
  begin(updateId: number): void;
  done(updateId: number): void;
  /** Forget what was done before this time; newer rows still tell repeats. */
  forget(before: number): void;
};

export function createIntake(database: Database, clock: Clock): Intake {
  return {
    add(updateId, tag, json) {
      const { changes } = database.run(
        'insert into intake (update_id, tag, received_at, json) values (?, ?, ?, ?) on conflict do nothing',
        updateId,
        tag,
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
    isOpen: (updateId) =>
      database.get(`select 1 from intake where update_id = ? and state <> 'done'`, updateId) !== undefined,
    begin: (updateId) =>
      void database.run(
        `update intake set state = 'begun', attempts = attempts + 1 where update_id = ?`,
        updateId,
      ),
    done: (updateId) => void database.run(`update intake set state = 'done' where update_id = ?`, updateId),
    forget: (before) =>
      void database.run(`delete from intake where state = 'done' and received_at < ?`, before),
  };
}
