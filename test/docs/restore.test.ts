/** What docs/restore.md says to do by hand, done as it is written, on backups of each preset. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { snapshotFolder, takeSnapshot } from '../../src/operations/backup.ts';
import { openPlace, treeOf, type Place } from '../backup/place.ts';
import { backupOf, PRESETS } from '../backup/presets.ts';

const guide = readFileSync(new URL('../../docs/restore.md', import.meta.url), 'utf8');

/** The commands of one of its sections. */
const commandsOf = (title: string): string => {
  const [, rest = ''] = guide.split(`\n## ${title}\n`);
  const [section = ''] = rest.split('\n## ');
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('');
};

/** Run in a shell of its own, with the paths of this place. @returns what was said */
function follow(place: Place, commands: string, backup: string): string {
  const stubs = join(place.folder, 'stubs');
  mkdirSync(stubs, { recursive: true });
  for (const name of ['systemctl', 'less']) {
    writeFileSync(join(stubs, name), `#!/bin/sh\necho "${name} $*" >> ${place.folder}/asked\n`);
    chmodSync(join(stubs, name), 0o755);
  }
  const script = commands
    .replace(/^backup=\/mnt.*$/m, `backup=${backup}`)
    .replace(/^data=.*$/m, `data=${place.data}`)
    .replaceAll('/root/steward-restore', join(place.folder, 'steward-restore'))
    .replaceAll('/var/tmp/plain', join(place.folder, 'plain'));
  return execFileSync('sh', ['-euc', script], {
    encoding: 'utf8',
    env: { PATH: `${stubs}:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test.each(PRESETS.map((preset) => [preset.name, preset] as const))(
  'the steps by hand bring %s back, onto data with a stale journal',
  async (name, preset) => {
    const place = openPlace({ sources: backupOf(name).sources });
    try {
      preset.make(place.data);
      for (const database of preset.databases) new DatabaseSync(join(place.data, database)).close();
      place.write('한글 "quoted" it\'s.txt', 'odd');
      chmodSync(place.data, 0o751);
      const snapshot = await takeSnapshot(
        place.app,
        place.service,
        snapshotFolder(place.app, place.service, 'one'),
      );
      const then = join(place.folder, 'then');
      cpSync(place.data, then, { recursive: true, preserveTimestamps: true });
      for (const database of preset.databases) {
        writeFileSync(join(place.data, `${database}-wal`), 'of newer data');
        rmSync(join(place.data, `${database}-shm`), { force: true });
      }
      place.write('newer.txt', 'newer');

      const said = follow(place, commandsOf('By hand: SQLite and files'), snapshot.folder);

      expect(said).toBe('');
      expect(existsSync(join(`${place.data}.before`, 'newer.txt'))).toBe(true);
      expect(existsSync(join(place.data, 'newer.txt'))).toBe(false);
      const again = await takeSnapshot(
        place.app,
        place.service,
        snapshotFolder(place.app, place.service, 'two'),
      );
      expect(again.sources).toEqual(snapshot.sources);
      // What the backup has, as it was; it has no journals, and not what the preset leaves out.
      const restored = treeOf(place.data).filter(({ name: path }) => !/-(?:wal|shm)$/.test(path));
      const before = new Map(treeOf(then).map((leaf) => [leaf.name, leaf]));
      for (const leaf of restored) {
        const was = before.get(leaf.name);
        const isDatabase = preset.databases.includes(leaf.name);
        expect({
          ...leaf,
          contents: isDatabase || leaf.contents,
          time: leaf.type === 'd' || leaf.time,
        }).toEqual({
          ...was,
          contents: isDatabase || was?.contents,
          time: was?.type === 'd' || was?.time,
        });
      }
    } finally {
      place.close();
    }
  },
);
