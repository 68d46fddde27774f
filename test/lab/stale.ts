/** Labs whose process died without ending them: found by their folders at the next start. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endMachine, ownerFile } from './machine.ts';
import { lives, type ProcessId } from './processes.ts';

export const folderPrefix = 'steward-lab-';

/** Where labs are made: STEWARD_LAB_DIR, else the system's folder for temporary files. */
export const labsFolder = () => process.env['STEWARD_LAB_DIR'] ?? tmpdir();

/** Ends every lab in the folder whose owner is dead, and only those. @returns their folders */
export async function endStaleLabs(labs: string): Promise<string[]> {
  const ended: string[] = [];
  for (const name of await readdir(labs)) {
    const folder = join(labs, name);
    if (!new RegExp(`^${folderPrefix}\\w{6}$`).test(name) || !(await isStale(folder))) continue;
    await endMachine(folder);
    ended.push(folder);
  }
  return ended;
}

async function isStale(folder: string): Promise<boolean> {
  const info = await stat(folder).catch(() => undefined);
  // Of root's making, or it is no lab. (Anybody can make a folder of this name in /tmp.)
  if (info === undefined || !info.isDirectory() || info.uid !== 0) return false;
  const text = await readFile(join(folder, ownerFile), 'utf8').catch(() => undefined);
  // A lab has no owner file for a moment only; an hour later its maker was killed in that moment.
  if (text === undefined) return Date.now() - info.mtimeMs > 3_600_000;
  return !lives(JSON.parse(text) as ProcessId);
}
