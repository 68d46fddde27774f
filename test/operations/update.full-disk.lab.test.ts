/** A disk that is full while an image is pulled: what ran runs on, nothing of the image stays, and it is said so. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { update as updateCommand } from '../../commands/update.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable } from '../lab/updatable.ts';
import { startOwnApi } from './own-api.ts';
import { openUpdating, ourNames, undoneAfterEach, update } from './updating.ts';

const here = lab();
const undo = undoneAfterEach();

test('update whose image finds no space changes nothing, leaves nothing and says so; with space it is done', async () => {
  // Where Podman puts layers while they come.
  const disk = join(here.folder, 'full-disk');
  await mkdir(disk);
  await here.inside('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', disk);
  undo.push(async () => void (await here.inside('umount', disk)));
  const conf = join(here.folder, 'full-disk.conf');
  const usual = await readFile(join(here.folder, 'etc/containers/containers.conf'), 'utf8');
  await writeFile(conf, usual.replace(/^image_copy_tmp_dir = .*$/m, `image_copy_tmp_dir = "${disk}"`));
  const api = await startOwnApi(here, 'full-disk-api', { CONTAINERS_CONF: conf });
  undo.push(api.stop);
  const it = await startUpdatable(here, 'full-disk');
  undo.push(it.remove);
  const { app, run, close } = openUpdating(here, [it], { socket: api.socket });
  undo.push(close);
  await it.publish('2');
  const before = await it.ids();
  const images = () =>
    here.podman('images', '--all', '--quiet', '--no-trunc', '--filter=reference=*/full-disk');
  const had = await images();
  const plan = await updateCommand.plan?.(app, [it.name]);
  await here.inside('sh', '-c', `head -c 1m /dev/zero > ${disk}/full`);

  const report = await updateCommand.run(app, [it.name], { ...run(), plan });
  expect(report).toMatchObject({
    outcome: 'unchanged',
    down: undefined,
    why: {
      step: 'download',
      cause: expect.stringMatching(
        /^Cannot pull "[^"]+": no space left on the disk of its images$/,
      ) as string,
    },
  });
  expect(await it.ids()).toEqual(before);
  expect(await images()).toBe(had);
  expect(await ourNames(here, it.container)).toEqual([]);

  expect(await here.inside('ls', disk)).toBe('full\n');

  await here.inside('rm', join(disk, 'full'));
  expect(await update(app, it.name, run())).toMatchObject({ outcome: 'updated', to: '2' });
});
