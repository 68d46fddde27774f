/** The environment that the shipped unit gives the bot: what is measured is what gets installed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const UNIT = new URL('../docs/steward.service', import.meta.url);

/** @param folder for what the unit has in /var/cache */
export async function installedEnv(folder: string): Promise<Record<string, string>> {
  const unit = await readFile(UNIT, 'utf8');
  const pairs = [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value.replace('/var/cache/steward', join(folder, 'cache')),
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
