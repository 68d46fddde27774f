import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backup } from '../../commands/backup.ts';
import { backups } from '../../commands/backups.ts';
import { checkOffSite } from '../../jobs/check-off-site.ts';
import { sendOffSite } from '../../jobs/send-off-site.ts';
import { createOffsite } from '../../src/clients/offsite.ts';
import { fill, openTaking, type Taking } from '../operations/backups/taking.ts';

/** A service's backup through the command, and a repository of restic on this disk. */

const HOUR = 3_600_000;
let now: number;
let house: Taking;
let repository: string;
let restic: (...args: string[]) => string;

beforeEach(() => {
  now = Date.parse('2026-11-20T04:30:00Z');
  house = openTaking({ now: () => now });
  fill(house);
  const { app, folder } = house;
  repository = join(folder, 'repository');
  const password = join(folder, 'password');
  writeFileSync(password, 'only for this test\n');
  const options = ['--repo', repository, '--password-file', password, '--cache-dir', join(folder, 'cache')];
  restic = (...args) => execFileSync('restic', [...options, ...args], { encoding: 'utf8', stdio: 'pipe' });
  restic('init');
  app.config.stateDir = join(folder, 'state');
  app.offsite = createOffsite(
    { kind: 'restic', repository, password_file: password },
    { cache: join(folder, 'cache') },
  );
});
afterEach(() => house.close());

const take = () => backup.run(house.app, ['notes'], house.run());
const send = () => sendOffSite.run(house.app, undefined, house.run());
const check = () => checkOffSite.run(house.app, undefined, house.run());
const ids = () =>
  (JSON.parse(restic('snapshots', '--json')) as { tags: string[] }[]).flatMap(({ tags }) =>
    tags.filter((tag) => tag.startsWith('id=')),
  );

test('a proven backup of the command is in the second place a minute later, and can be restored from it as it lay here', async () => {
  await take();
  await send();
  await send();
  expect(ids()).toEqual(['id=2026-11-20T04-30-00Z']);

  expect(await check()).toBeUndefined();
  expect(await backups.run(house.app, ['notes'], house.run())).toMatchObject({
    standing: { worry: undefined, offSite: { sentAt: now, sampledAt: now, trouble: undefined } },
  });

  const back = join(house.folder, 'back');
  restic('restore', 'latest', '--tag', 'steward,service=notes', '--target', back);
  const here = join(house.target, 'notes/2026-11-20T04-30-00Z');
  execFileSync('diff', ['-r', here, join(back, here)]);
});

test('a repository that is gone is told in the morning, each day and once when it is back; the backups stay proven', async () => {
  renameSync(repository, `${repository}.gone`);
  expect(await take()).toMatchObject({ kind: 'backup', made: { level: 'restored' }, warnings: [] });
  await send();
  const told = await check();
  expect(told).toMatchObject({
    kind: 'off-site',
    troubled: [{ services: ['notes'], trouble: expect.stringMatching(/^restic says: .*repository/) }],
    recovered: [],
  });
  expect(await backups.run(house.app, [], house.run())).toMatchObject({
    services: [{ state: 'degraded', worry: 'off-site', proven: { isProven: true } }],
  });
  expect(await check()).toMatchObject({ troubled: [{ services: ['notes'] }] });

  renameSync(`${repository}.gone`, repository);
  now += HOUR;
  await send();
  expect(await check()).toMatchObject({ troubled: [], recovered: ['notes'] });
  expect(await check()).toBeUndefined();
});
