/** Each preset of services.yaml restored onto what its application has made of the data since, journals and all. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { describeData } from '../../../src/operations/backup.ts';
import { backupOf, PRESETS } from '../../backup/presets.ts';
import { treeOf } from '../../backup/place.ts';
import { openRestoring, restore, UNIT } from './place.ts';

test.each(PRESETS.map((preset) => [preset.name, preset] as const))(
  'restore of %s onto a stale journal ends with exactly what the backup had',
  async (name, { make, databases, files, writes }) => {
    const { pause, ...backup } = backupOf(name) as { sources: unknown[]; pause?: unknown };
    expect(pause === undefined || name === 'anki-sync').toBe(true);
    const place = openRestoring({ sources: backup.sources });
    try {
      make(place.data);
      await place.back('2026-11-20T14-40-00Z');
      const { app, service, data } = place;
      const past = await describeData(app, service);
      const held = (tree: ReturnType<typeof treeOf>) =>
        tree.filter(({ name: path, type }) => type === 'f' && files.includes(path));
      const before = held(treeOf(data));

      // Killed in the middle: its last rows are in the journal alone.
      const file = join(data, writes.database);
      const kept = join(place.folder, 'kept');
      const application = new DatabaseSync(file, { defensive: false, enableForeignKeyConstraints: false });
      application.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0');
      const insert = application.prepare(writes.sql);
      for (let n = 1000; n < 1010; n += 1) insert.run({ n });
      cpSync(data, kept, { recursive: true, preserveTimestamps: true });
      application.close();
      rmSync(data, { recursive: true });
      cpSync(kept, data, { recursive: true, preserveTimestamps: true });
      expect(existsSync(`${file}-wal`)).toBe(true);
      const [first = ''] = files;
      place.write(first, 'of later');

      const report = await restore(place, place.run(), 'web');

      expect(report).toMatchObject({ outcome: 'restored' });
      expect(report.newer.length).toBeGreaterThan(0);
      expect(place.asked).toEqual([`stop ${UNIT}`, `start ${UNIT}`]);
      for (const database of databases) expect(existsSync(join(data, `${database}-wal`))).toBe(false);
      expect(await describeData(app, service)).toEqual(past);
      expect(held(treeOf(data))).toEqual(before);
    } finally {
      place.close();
    }
  },
);
