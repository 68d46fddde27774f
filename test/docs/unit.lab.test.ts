import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lab } from '../lab/index.ts';

/** docs/steward.service on a real systemd: what it forbids must not be what Steward needs. */

const here = lab();
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const NAME = 'hardened-web';
const folder = join(here.folder, 'hardened');
const cleanUp: (() => Promise<unknown>)[] = [];

/** The shipped unit with the paths of this machine, and what a test needs beside it. */
async function addSteward(unit: string, env: Record<string, string>, extra: readonly string[] = []) {
  const shipped = await readFile(new URL('../../docs/steward.service', import.meta.url), 'utf8');
  const settings = {
    STEWARD_ENV: join(folder, 'env'),
    ENGINE_SOCKET: here.socket,
    TELEGRAM_BOT_TOKEN: '123456789:AAabcdefghijklmnopqrstuvwxyz1234567',
    // Nobody listens there: the bot goes on trying.
    TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
    ...env,
  };
  const text = shipped
    .replaceAll('/usr/bin/node ', `${process.execPath} `)
    .replaceAll('/opt/steward/src/main.ts', MAIN)
    .replace('WorkingDirectory=/opt/steward', `WorkingDirectory=${folder}`)
    .replace('StateDirectory=steward\n', '')
    .replace('CacheDirectory=steward\n', '')
    .replace('/var/cache/steward', join(folder, 'cache'))
    .replace('ReadWritePaths=/var/lib/steward-pictures', `ReadWritePaths=${folder}`)
    // The lab's own folder lies in /tmp.
    .replace('PrivateTmp=yes', 'PrivateTmp=no');
  const own = Object.entries(settings).map(([name, value]) => `Environment=${name}=${value}`);
  await here.addUnit(unit, [text, '[Service]', ...own, ...extra, ''].join('\n'));
  cleanUp.push(() => here.removeUnit(unit));
}

const show = async (unit: string, property: string) =>
  (await here.systemd('show', '--value', `--property=${property}`, unit)).trim();

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  cleanUp.push(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'env'), 'PICTURES_DIR=./pictures\nSTATE_DIR=./state\n');
  await writeFile(
    join(folder, 'services.yaml'),
    `services: { ${NAME}: { containers: [${NAME}], health: { settle: 1s } } }\n`,
  );
  const web = await here.addContainerUnit(NAME, here.image('web', '1'), { command: ['/bin/lab', 'sleep'] });
  cleanUp.push(() => here.removeUnit(web));
  await here.systemd('start', web);
});
afterAll(async () => {
  for (const undo of cleanUp.toReversed()) await undo();
});

test('under all its restrictions Steward sees a container, restarts it, reads its log, and stays up until it is stopped', async () => {
  const unit = 'steward-hardened.service';
  const command = (line: string) => `ExecStartPre=${process.execPath} ${MAIN} ${line}`;
  await addSteward(unit, {}, [
    command('status'),
    command(`restart ${NAME} --yes`),
    command(`logs ${NAME} 3`),
  ]);
  await here.systemd('start', unit);
  const journal = await here.waitForJournal(/Cannot reach Telegram/, `--unit=${unit}`);
  expect(journal).toContain('All 1 healthy');
  expect(journal).toMatch(new RegExp(`${NAME} restarted – healthy`));
  expect(await show(unit, 'ActiveState')).toBe('active');
  await here.systemd('stop', unit);
  expect(await show(unit, 'Result')).toBe('success');
});

test('a faulty configuration fails once, with every fault in the journal', async () => {
  const unit = 'steward-faulty.service';
  await addSteward(unit, { TELEGRAM_OWNER_IDS: 'me', REPORT_AT: '8' });
  await here.systemd('start', unit);
  await here.waitForUnit(unit, 'failed');
  expect(await show(unit, 'ExecMainStatus')).toBe('78');
  expect(await show(unit, 'NRestarts')).toBe('0');
  const journal = await here.journal('--output=cat', `--unit=${unit}`);
  expect(journal).toContain('TELEGRAM_OWNER_IDS: found "me"');
  expect(journal).toContain('REPORT_AT: found "8"');
});
