/** Copies of a large SQLite database while its application writes, beside `sqlite3 .backup` of one at rest. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { sync } from '../src/backup/disk.ts';
import { copySqlite, takeSqlite } from '../src/backup/sqlite.ts';
import { startWriter } from '../test/backup/writer.ts';
import { endWith } from './ending.ts';
import { inTurn, timed } from './rounds.ts';
import { compare, single, type Row } from './row.ts';
import type { Context } from './section.ts';

/** Bytes of a row, about: a text, a number and a blob. */
const ROW = 500;

const run = promisify(execFile);

export async function benchBackupsSqlite({ quick, stack, say }: Context): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-sqlite-'));
  await endWith(stack, () => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'db');
  say('a database …');
  makeDatabase(path, quick ? 1e8 : 1e9);
  const size = `${Math.round((await stat(path)).size / 1e6)} MB`;
  const still = join(folder, 'still');
  // With a writer it begins anew at every commit, and never ends.
  await run('sqlite3', [path, `.backup ${still}`]);
  const writer = await startWriter(
    path,
    'insert into events (text, at, body) values (:n, 1.5, zeroblob(300))',
    5,
  );
  await endWith(stack, () => writer.stop());

  const target = join(folder, 'copy');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const pauses: number[] = [];
  const growths: number[] = [];
  const watched = async (work: () => Promise<unknown>) => {
    const before = process.memoryUsage().rss;
    delay.reset();
    delay.enable();
    const took = await timed(work);
    delay.disable();
    pauses.push(delay.max / 1e6);
    growths.push(Math.max(0, process.memoryUsage().rss - before) / 1e6);
    return took;
  };
  const samples = await inTurn(
    quick ? 3 : 5,
    {
      ours: () => watched(() => copySqlite(path, target, { digests: false })),
      sqlite3: () =>
        timed(async () => {
          await run('sqlite3', [still, `.backup ${join(folder, 'reference')}`]);
          await sync(join(folder, 'reference'));
        }),
      proven: () =>
        watched(() =>
          takeSqlite({ files: path, path }, { folder, target: 'proven', earlier: undefined, digests: true }),
        ),
    },
    { warm: 1 },
  );
  return [
    compare(
      `a copy of ${size} under a writer, beside sqlite3 .backup of one at rest`,
      { ours: samples.ours, reference: samples.sqlite3 },
      { unit: 'ms', aim: 1.1 },
    ),
    single(`the same with digests, read back whole and compared`, samples.proven, { unit: 'ms' }),
    single('longest pause of the event loop meanwhile', pauses, { unit: 'ms', aim: 50 }),
    single('memory that each of them takes', growths, { unit: 'MB', aim: 48 }),
  ];
}

function makeDatabase(path: string, size: number): void {
  const database = new DatabaseSync(path);
  database.exec(`pragma journal_mode = wal; pragma synchronous = off;
    create table events (id integer primary key, text text, at real, body blob); create index byAt on events (at)`);
  database
    .prepare(
      `with n(i) as (select 1 union all select i + 1 from n where i < ?)
       insert into events select i, 'event number ' || hex(randomblob(60)), i * 0.1, randomblob(300) from n`,
    )
    .run(Math.round(size / ROW));
  database.close();
}
