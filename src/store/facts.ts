/** Single facts that outlive a restart: small values under a key. */
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';

export type Facts = {
  /** The value under `key`, as it was put. */
  get<T>(key: string): T | undefined;
  /** When the value was put. */
  at(key: string): number | undefined;
  put(key: string, value: unknown): void;
  delete(key: string): void;
};

export function createFacts(database: Database, clock: Clock): Facts {
  return {
    get<T>(key: string) {
      const row = database.get<{ value: string }>('select value from facts where key = ?', key);
      return row === undefined ? undefined : (JSON.parse(row.value) as T);
    },
    at: (key) => database.get<{ at: number }>('select at from facts where key = ?', key)?.at,
    put(key, value) {
      database.run(
        'insert into facts (key, value, at) values (?, ?, ?) on conflict (key) do update set value = excluded.value, at = excluded.at',
        key,
        JSON.stringify(value),
        clock.now(),
      );
    },
    delete: (key) => void database.run('delete from facts where key = ?', key),
  };
}
