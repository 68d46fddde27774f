/** How backups are named: after their moment, to the second, in UTC. */
import { basename, dirname, join } from 'node:path';

const ID = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z(?:-[1-9]\d{0,3})?$/;

/** How names end of what is not a backup yet, and no more. */
const PARTIAL = '.partial';
const DROPPED = '.dropped';
const SCRATCH = '.scratch';

/**
 * `2026-11-20T14-40-00Z`, with `-2`, `-3` … where that is taken.
 * @param at milliseconds since 1970
 */
export function backupId(at: number, isTaken: (id: string) => boolean): string {
  const plain = `${new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  let id = plain;
  for (let count = 2; isTaken(id); count += 1) id = `${plain}-${count}`;
  return id;
}

/** @returns the moment that a name says, in milliseconds since 1970; undefined for a name that is not ours */
export function timeOfId(id: string): number | undefined {
  const [, day, hour, minute, second] = ID.exec(id) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}

export const isBackupId = (name: string): boolean => timeOfId(name) !== undefined;

/** Where a copy lies until its name says that it is whole. */
export const partialOf = (folder: string): string => hidden(folder, PARTIAL);
/** Where a copy lies while it is being deleted. */
export const droppedOf = (folder: string): string => hidden(folder, DROPPED);

/** Where a copy is unpacked to be looked into. */
export const scratchOf = (folder: string): string => hidden(folder, SCRATCH);

/** Whether a killed run left this, of a backup that was being made or deleted. */
export function isLeftover(name: string): boolean {
  const [, id = ''] = /^\.(.+)\.(?:partial|dropped|scratch)$/.exec(name) ?? [];
  return isBackupId(id);
}

const hidden = (folder: string, end: string) => join(dirname(folder), `.${basename(folder)}${end}`);
