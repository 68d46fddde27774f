/**
 * All that must survive a restart, in one SQLite file (WAL, every commit synced).
 * The bot and the command line open it at the same time; a writer waits up to 5 s for the other.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { Clock } from './clock.ts';
import { createAuditTable, type AuditTable } from './store/audit.ts';
import { createAlerts, type Alerts } from './store/alerts.ts';
import { createBackups, type Backups } from './store/backups.ts';
import { createConfirmations, type Confirmations } from './store/confirmations.ts';
import { createFacts, type Facts } from './store/facts.ts';
import { createHistory, type History } from './store/history.ts';
import { createHeld, type Held } from './store/held.ts';
import { createInboxTable, type InboxTable } from './store/inbox.ts';
import { createIntake, type Intake } from './store/intake.ts';
import { createOutbox, type Outbox } from './store/outbox.ts';
import { createPictures, type Pictures } from './store/pictures.ts';
import { createRestores, type Restores } from './store/restores.ts';
import { createRuns, type Runs } from './store/runs.ts';
import { createSamples, type Samples } from './store/samples.ts';
import { createUpdates, type Updates } from './store/updates.ts';
import { migrations } from './store/migrations.ts';

/** What a table's module gets: prepared statements and transactions, nothing else of SQLite. */
export type Database = {
  /** Rows of a query. Statements are prepared once. Column names come back as they are in the SQL. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** @returns the rows that changed and the last row's id */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; id: number };
  /** All or nothing; begun `immediate`, so that two processes queue instead of failing. Nested calls join. */
  transaction<T>(work: () => T): T;
};

export type Store = {
  readonly database: Database;
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly confirmations: Confirmations;
  readonly runs: Runs;
  readonly updates: Updates;
  readonly restores: Restores;
  readonly backups: Backups;
  readonly held: Held;
  readonly facts: Facts;
  readonly pictures: Pictures;
  readonly inbox: InboxTable;
  readonly samples: Samples;
  readonly audit: AuditTable;
  readonly history: History;
  readonly alerts: Alerts;
  close(): void;
};

/**
 * Open the store, bringing an older one up to date.
 * @param folder STATE_DIR; made with mode 0700 when it is missing
 * @throws Error when the file was written by a newer Steward
 */
export function openStore(folder: string, clock: Clock): Store {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'steward.sqlite');
  const sqlite = new DatabaseSync(file, { timeout: 5000 });
  chmodSync(file, 0o600);
  // FULL, because "written down before it is answered" must also hold when the power goes.
  sqlite.exec('pragma journal_mode = wal; pragma synchronous = full');
  return tablesOf(sqlite, file, clock);
}

/** An empty one that nothing outlives, for a look around where the real one cannot be opened. */
export const openScratchStore = (clock: Clock): Store =>
  tablesOf(new DatabaseSync(':memory:'), ':memory:', clock);

function tablesOf(sqlite: DatabaseSync, file: string, clock: Clock): Store {
  migrate(sqlite, file);
  const database = wrap(sqlite);
  return {
    database,
    intake: createIntake(database, clock),
    outbox: createOutbox(database, clock),
    confirmations: createConfirmations(database, clock),
    runs: createRuns(database, clock),
    updates: createUpdates(database, clock),
    restores: createRestores(database, clock),
    backups: createBackups(database),
    held: createHeld(database),
    facts: createFacts(database, clock),
    pictures: createPictures(database, clock),
    inbox: createInboxTable(database),
    samples: createSamples(database),
    audit: createAuditTable(database),
    history: createHistory(database),
    alerts: createAlerts(database),
    close: () => sqlite.close(),
  };
}

function migrate(sqlite: DatabaseSync, file: string): void {
  sqlite.exec('begin immediate');
  const { user_version: version } = sqlite.prepare('pragma user_version').get() as { user_version: number };
  if (version > migrations.length) {
    sqlite.exec('rollback');
    throw new Error(
      `Cannot use "${file}": a newer Steward wrote it (version ${version}, this one knows ${migrations.length}).`,
    );
  }
  for (const migration of migrations.slice(version)) sqlite.exec(migration);
  sqlite.exec(`pragma user_version = ${migrations.length}; commit`);
}

function wrap(sqlite: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    let statement = statements.get(sql);
    if (statement === undefined) statements.set(sql, (statement = sqlite.prepare(sql)));
    return statement;
  };
  return {
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as Row[],
    get: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).get(...values) as Row | undefined,
    run(sql, ...values) {
      const { changes, lastInsertRowid } = prepare(sql).run(...values);
      return { changes: Number(changes), id: Number(lastInsertRowid) };
    },
    transaction(work) {
      if (sqlite.isTransaction) return work();
      sqlite.exec('begin immediate');
      try {
        const result = work();
        sqlite.exec('commit');
        return result;
      } catch (error) {
        if (sqlite.isTransaction) sqlite.exec('rollback');
        throw error;
      }
    },
  };
}
