/** Backups, each kind of source beside the plainest tool that copies the same. */
import { benchFiles } from './backups/files.ts';
import type { Row } from './row.ts';
import type { Context } from './section.ts';

export async function benchBackups(context: Context): Promise<Row[]> {
  return benchFiles(context);
}
