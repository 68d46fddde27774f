/** Backups, each kind of source beside the plainest tool that copies the same. */
import { startLab } from '../test/lab/start.ts';
import { openLab } from '../test/lab/tools.ts';
import { benchFiles } from './backups/files.ts';
import { benchPostgres } from './backups/postgres.ts';
import { benchSqlite } from './backups/sqlite.ts';
import { endWith } from './ending.ts';
import type { Row } from './row.ts';
import type { Context } from './section.ts';

export async function benchBackups(context: Context): Promise<Row[]> {
  return [
    ...(await benchFiles(context)),
    ...(await benchSqlite(context)),
    ...(await benchDatabaseServer(context)),
  ];
}

/** Begun last: a machine in the box takes memory and time from what is measured beside it. */
async function benchDatabaseServer(context: Context): Promise<Row[]> {
  const { facts, stop } = await startLab();
  await endWith(context.stack, stop);
  return benchPostgres(openLab(facts), context);
}
