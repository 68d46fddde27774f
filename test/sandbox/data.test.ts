import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { startData } from '../../sandbox/data.ts';

it('startData writes while the service runs, rests with it, and a newer version changes the form of the data', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-data-'));
  const versions: Record<string, string | undefined> = { 'uptime-kuma': '1.23.16', vaultwarden: '1.34.3' };
  const data = startData(
    folder,
    { version: (name) => versions[name], database: () => ({}) },
    { uploads: join(folder, 'uploads'), every: 5 },
  );
  const look = (file: string, statement: string) => {
    const database = new DatabaseSync(join(folder, file), { timeout: 5000 });
    const [row = {}] = database.prepare(statement).all();
    database.close();
    return Object.values(row)[0];
  };
  const beats = () => Number(look('uptime-kuma/data/kuma.db', 'select count(*) from heartbeat'));
  const columns = () => look('uptime-kuma/data/kuma.db', "select count(*) from pragma_table_info('monitor')");
  const ciphers = () => Number(look('vaultwarden/data/db.sqlite3', 'select count(*) from ciphers'));
  try {
    const [first, saved] = [beats(), ciphers()];
    await expect.poll(beats).toBeGreaterThan(first);
    await expect.poll(ciphers).toBeGreaterThan(saved);
    expect(columns()).toBe(4);
    versions['uptime-kuma'] = undefined;
    const rested = beats();
    const more = ciphers();
    await expect.poll(ciphers).toBeGreaterThan(more);
    expect(beats()).toBe(rested);
    versions['uptime-kuma'] = '1.23.17';
    await expect.poll(columns).toBe(5);
  } finally {
    data.close();
    rmSync(folder, { recursive: true });
  }
});
