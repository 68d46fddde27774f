/**
 * One operation per service at a time, across the bot and the command line. A lock is `begin exclusive` on a
 * small SQLite file of its own: the kernel frees it when its owner dies, which a pid file cannot promise.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock, type Clock } from './clock.ts';
import { BusyError } from './errors.ts';

export type Lock = { release(): void };

export type Locks = {
  /**
   * Take a service (or `bot`) without waiting.
   * @param holder the work, for the message of the next one who asks: `restart`
   * @throws BusyError with the holder
   */
  take(name: string, holder: { what: string; by: string }): Lock;
  /** Whether nobody holds it now. */
  isFree(name: string): boolean;
  /**
   * For a plan, which takes nothing yet.
   * @throws BusyError with the holder
   */
  requireFree(name: string): void;
  /** Remove the files of a lock that nobody will ever take again. */
  forget(name: string): void;
};

type Holder = NonNullable<BusyError['holder']>;

/** A look by `isFree` holds a lock for microseconds; it must not make somebody else's `take` fail. Milliseconds. */
const PATIENCE = 20;

/** SQLite's own number for "somebody else has it". */
const SQLITE_BUSY = 5;

/** @param folder `<STATE_DIR>/locks` */
export function createLocks(folder: string, clock: Clock = systemClock): Locks {
  // A name can hold what a file name cannot.
  const fileOf = (name: string) => join(folder, `${encodeURIComponent(name)}.lock`);
  const holderFileOf = (name: string) => join(folder, `${encodeURIComponent(name)}.json`);

  // A database that nobody refers to is closed by the garbage collector, and its lock is gone with it.
  const held = new Set<DatabaseSync>();

  const describe = (name: string, holder: Holder): void => {
    const file = holderFileOf(name);
    writeFileSync(`${file}.new`, JSON.stringify(holder), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };

  const holderOf = (name: string): Holder | undefined => {
    try {
      // Written by `describe` alone, in one piece.
      return JSON.parse(readFileSync(holderFileOf(name), 'utf8')) as Holder;
    } catch (error) {
      // The holder has taken it this instant, and has not described itself yet.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  };

  const isFree = (name: string): boolean => {
    const file = fileOf(name);
    if (!existsSync(file)) return true;
    const database = lock(file);
    database?.close();
    return database !== undefined;
  };

  return {
    isFree,
    requireFree(name) {
      if (!isFree(name)) throw new BusyError(name, holderOf(name));
    },
    take(name, { what, by }) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const database = lock(fileOf(name));
      if (database === undefined) throw new BusyError(name, holderOf(name));
      try {
        describe(name, { what, by, since: clock.now() });
      } catch (error) {
        database.close();
        throw error;
      }
      held.add(database);
      return {
        release() {
          if (!held.delete(database)) return;
          // The files stay: a file removed under somebody who opens it would give two owners to one lock.
          rmSync(holderFileOf(name), { force: true });
          database.close();
        },
      };
    },
    forget(name) {
      rmSync(holderFileOf(name), { force: true });
      rmSync(fileOf(name), { force: true });
    },
  };
}

/** @returns undefined when another connection, of this process or of another one, has the file */
function lock(file: string): DatabaseSync | undefined {
  const database = new DatabaseSync(file, { timeout: PATIENCE });
  try {
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
