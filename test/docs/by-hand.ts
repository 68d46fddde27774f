/** What docs/restore.md says to do by hand, done as it is written. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { readManifest } from '../../src/backup/manifest.ts';
import { sealCopies } from '../../src/backup/seal.ts';
import type { Storage } from '../../src/backup/stored.ts';
import { snapshotFolder, takeSnapshot } from '../../src/operations/backup.ts';
import { openPlace, treeOf, type Place } from '../backup/place.ts';
import { backupOf, type Preset } from '../backup/presets.ts';

const guide = readFileSync(new URL('../../docs/restore.md', import.meta.url), 'utf8');

/** The commands of one of its sections. */
const commandsOf = (title: string): string => {
  const [, rest = ''] = guide.split(`\n## ${title}\n`);
  const [section = ''] = rest.split('\n## ');
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('');
};

/** Run in a shell of its own, with the paths of this place. @returns what was said */
function follow(
  place: Place,
  commands: string,
  { backup, identity }: { backup: string; identity: string },
): string {
  const stubs = join(place.folder, 'stubs');
  mkdirSync(stubs, { recursive: true });
  for (const name of ['systemctl', 'less']) {
    writeFileSync(join(stubs, name), `#!/bin/sh\necho "${name} $*" >> ${place.folder}/asked\n`);
    chmodSync(join(stubs, name), 0o755);
  }
  const script = commands
    .replace(/^backup=\/mnt.*$/m, '')
    .replace(/^data=.*$/m, `data=${place.data}`)
    .replaceAll('/root/steward-restore', join(place.folder, 'steward-restore'))
    .replaceAll('/var/tmp/plain', join(place.folder, 'plain'))
    .replaceAll('/root/age-identity.txt', identity);
  return execFileSync('sh', ['-euc', `backup=${backup}\n${script}`], {
    encoding: 'utf8',
    env: { PATH: `${stubs}:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/**
 * Make a backup of a preset's data, follow the guide onto data with a stale journal, and compare what is there then: it fails where that is not as it was.
 * @param options.sealed how its copies are stored @param options.identity the file that opens them
 */
export async function bringBack(
  preset: Preset,
  { sealed, identity = '' }: { sealed?: Storage; identity?: string } = {},
): Promise<'as it was'> {
  const place = openPlace({ sources: backupOf(preset.name).sources });
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

    if (sealed !== undefined) await sealCopies(snapshot.folder, await readManifest(snapshot.folder), sealed);

    const sections = [
      ...(sealed === undefined ? [] : ['Compressed and encrypted copies']),
      'By hand: SQLite and files',
    ];
    const said = follow(place, sections.map(commandsOf).join('\n'), { backup: snapshot.folder, identity });

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
    return 'as it was';
  } finally {
    place.close();
  }
}
