import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createScene, picture, type Scene } from './bridge.ts';

let scene: Scene;
afterEach(() => scene.close());
const notes = (key: string) =>
  scene.told.flatMap((report) => (report.kind === 'note' && report.note.key === key ? [report.note] : []));

it('a folder that the agent cannot get to is told once, and again when it is shut anew', async () => {
  const outer = mkdtempSync(join(tmpdir(), 'steward-shut-'));
  const shut = join(outer, 'shut');
  mkdirSync(shut, { mode: 0o700 });
  chmodSync(outer, 0o755);
  const folder = join(shut, 'pictures');
  scene = await createScene({ noImmich: true, config: { folder, agentUser: 54_321 } });
  const told = { key: 'agent-shut-out', uid: 54_321, folder, closed: shut };
  await expect.poll(() => notes('agent-shut-out')).toEqual([told]);
  await scene.restart();
  await scene.bridge.ready;
  chmodSync(shut, 0o755);
  chmodSync(folder, 0o755);
  await scene.restart();
  await expect.poll(() => scene.store.facts.get('pictures:agent-shut-out')).toBeUndefined();
  chmodSync(shut, 0o700);
  await scene.restart();
  await expect.poll(() => notes('agent-shut-out')).toEqual([told, told]);
  rmSync(outer, { recursive: true });
});

it('an album that the owner cannot see is told once with the reason, and shared when that is put right', async () => {
  scene = await createScene({ config: { shareWith: 'Owner@Example.dev' } });
  scene.send(1, await picture(1));
  await scene.settled(1);
  const unseen = { key: 'album-unseen', album: 'Claude Code Temp', email: 'Owner@Example.dev' };
  expect(notes('album-unseen')).toEqual([{ ...unseen, why: { kind: 'no-account' } }]);

  const owner = scene.server.addUser('owner@example.dev');
  const [key] = [...scene.server.library.keys.values()];
  const all = key?.permissions.splice(0, 1, 'asset.upload', 'asset.read', 'user.read', 'album.read');
  key?.permissions.push('albumAsset.create');
  for (const id of [2, 3]) {
    await scene.restart();
    scene.send(id, await picture(id));
    await scene.settled(id);
  }
  const why = { kind: 'permission', permission: 'albumUser.create' };
  expect(notes('album-unseen').slice(1)).toEqual([{ ...unseen, why }]);

  key?.permissions.push(...(all ?? []));
  await scene.restart();
  scene.send(4, await picture(4));
  await scene.settled(4);
  const [album] = [...scene.server.library.albums.values()];
  expect([...(album?.users ?? [])]).toEqual([[owner, 'editor']]);
  expect(notes('album-unseen')).toHaveLength(2);
});
