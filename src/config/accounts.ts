/** Users and groups of this machine, by name or number. */
import { readFileSync } from 'node:fs';

/** @returns uid and primary group; a number that /etc/passwd does not know has no group; undefined for an unknown name */
export function userOf(
  user: string,
  file = '/etc/passwd',
): { uid: number; gid: number | undefined } | undefined {
  const entry = entryOf(user, file);
  if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  return isId(user) ? { uid: Number(user), gid: undefined } : undefined;
}

/** @returns undefined for an unknown name; a number is taken as it is */
export function groupIdOf(group: string, file = '/etc/group'): number | undefined {
  if (isId(group)) return Number(group);
  const entry = entryOf(group, file);
  return entry === undefined ? undefined : Number(entry[2]);
}

/** Both files hold the name in the first field and the number in the third. */
function entryOf(nameOrId: string, file: string): string[] | undefined {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name, , id]) => name === nameOrId || id === nameOrId);
}

/** 2^32 - 1 means "no id" to the kernel. */
const isId = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1;
