/** What the shipped unit gives the bot: what is measured is what gets installed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const UNIT = new URL('../docs/steward.service', import.meta.url);

/** The environment. @param folder for what the unit has in /var/cache */
export async function installedEnv(folder: string): Promise<Record<string, string>> {
  const unit = await readFile(UNIT, 'utf8');
  const pairs = [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value.replace('/var/cache/steward', join(folder, 'cache')),
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** Node's arguments before the program. */
export async function installedFlags(): Promise<string[]> {
  const unit = await readFile(UNIT, 'utf8');
  return /^ExecStart=\S+ ((?:--\S+ )*)/m.exec(unit)?.[1]?.trim().split(' ') ?? [];
}
