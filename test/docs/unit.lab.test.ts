import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTelegram, type Telegram } from '../../sandbox/telegram.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';

/** docs/steward.service on a real systemd: what it forbids must not be what Steward needs. */

const here = lab();
const PATIENCE = { timeout: 40_000, interval: 200 };
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const NAME = 'hardened-web';
/** Has data, which a backup and a restore are to reach. */
const STORE = 'hardened-store';
const folder = join(here.folder, 'hardened');
const backups = join(folder, 'backups');
let it: Updatable;
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
    .replace('-/var/lib/docker-data', join(here.folder, 'data'))
    // The lab's own folder lies in /tmp.
    .replace('PrivateTmp=yes', 'PrivateTmp=no');
  const own = Object.entries(settings).map(([name, value]) => `Environment=${name}=${value}`);
  await here.addUnit(unit, [text, '[Service]', ...own, ...extra, ''].join('\n'));
  cleanUp.push(() => here.removeUnit(unit));
}

const show = async (unit: string, property: string) =>
  (await here.systemd('show', '--value', `--property=${property}`, unit)).trim();

beforeAll(async () => {
  await mkdir(backups, { recursive: true });
  it = await startUpdatable(here, STORE, { kind: 'store' });
  cleanUp.push(() => it.remove());
  cleanUp.push(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'env'), 'PICTURES_DIR=./pictures\nSTATE_DIR=./state\n');
  await writeFile(
    join(folder, 'services.yaml'),
    JSON.stringify({
      backups: { folder: backups, reserve: '1MB' },
      services: { [NAME]: { containers: [NAME], health: { settle: '1s' } }, [STORE]: it.entry },
    }),
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
  expect(journal).toContain('Both healthy');
  expect(journal).toMatch(new RegExp(`${NAME} restarted – healthy`));
  expect(await show(unit, 'ActiveState')).toBe('active');
  await here.systemd('stop', unit);
  expect(await show(unit, 'Result')).toBe('success');
});

describe('the unit as it is shipped', () => {
  const unit = 'steward-watched.service';
  let telegram: Telegram;
  const pid = () => show(unit, 'MainPID');
  const restarts = () => show(unit, 'NRestarts');
  /** Until another process of the unit than this one has said that it is ready. */
  const anew = async (before: string) => {
    await expect.poll(pid, PATIENCE).not.toBe(before);
    await expect.poll(() => show(unit, 'ActiveState'), PATIENCE).toBe('active');
  };

  beforeAll(async () => {
    telegram = await startTelegram({ host: here.outside });
    cleanUp.push(() => telegram.close());
    await addSteward(
      unit,
      {
        TELEGRAM_API_ROOT: telegram.url,
        TELEGRAM_BOT_TOKEN: telegram.token,
        TELEGRAM_OWNER_IDS: String(telegram.id),
        STATE_DIR: './watched',
      },
      // Shorter, so that nobody waits: what is shipped gives two minutes and five seconds. Much shorter, and a busy machine
      // does not feed it in time.
      ['WatchdogSec=10s', 'RestartSec=100ms'],
    );
    await here.systemd('start', unit);
  });

  test('is ready when Steward says so, and shows how the services stand', async () => {
    expect(await show(unit, 'ActiveState')).toBe('active');
    expect(await show(unit, 'StatusText')).toBe('2 of 2 services healthy');
    await telegram.send('/status');
    expect((await telegram.waitFor('healthy')).text).toContain('🟢 Both healthy');
  });

  test('takes a backup of data that lies elsewhere, and puts it back', async () => {
    await expect.poll(async () => (await it.rows()).rows.length, PATIENCE).toBeGreaterThan(3);
    await telegram.send(`/backup ${STORE}`);
    expect((await telegram.waitFor(`${STORE} backed up`, PATIENCE)).text).toContain('Restored and equal');
    const then = (await it.witnessed()).length;
    await expect.poll(async () => (await it.witnessed()).length, PATIENCE).toBeGreaterThan(then + 3);
    const later = (await it.witnessed()).slice(then + 1);

    await telegram.send(`/restore ${STORE}`);
    await telegram.waitFor(`Restore ${STORE}`, PATIENCE);
    await telegram.send(STORE);
    await telegram.waitFor(/✅ .*restored/, PATIENCE);
    const { rows } = await it.rows();
    expect(rows.length).toBeGreaterThan(3);
    // What was written after the backup is not there any more.
    expect(rows.filter((row) => later.slice(0, 2).includes(row))).toEqual([]);
  });

  test('is started again by systemd when it is killed', async () => {
    const before = await pid();
    await here.inside('kill', '-KILL', before);
    await anew(before);
    expect(await pid()).not.toBe(before);
    await telegram.send('/status');
    await telegram.waitFor('healthy');
  });

  test('is ended by the watchdog and started again when its event loop stands still', async () => {
    const before = await pid();
    await here.inside('kill', '-STOP', before);
    await anew(before);
    expect(await pid()).not.toBe(before);
    expect(await here.journal('--output=cat', `--unit=${unit}`)).toContain('Watchdog timeout');
  });

  test('is not ended by the watchdog while Telegram is away: that no restart mends', async () => {
    const before = [await pid(), await restarts()];
    const signs = async () => Number(await show(unit, 'WatchdogTimestampMonotonic'));
    await telegram.away('refuse');
    const from = await signs();
    // Microseconds: still fed after twice the time that it has.
    await expect.poll(async () => (await signs()) - from, PATIENCE).toBeGreaterThan(20e6);
    expect([await pid(), await restarts()]).toEqual(before);
    expect(await here.journal('--output=cat', `--unit=${unit}`)).toContain('Cannot reach Telegram');
    await telegram.back();
    await telegram.send('/status');
    await telegram.waitFor('healthy', PATIENCE);
    await here.systemd('stop', unit);
    expect(await show(unit, 'Result')).toBe('success');
  });
});

test('a faulty configuration fails once, with every fault in the journal', async () => {
  const unit = 'steward-faulty.service';
  await addSteward(unit, { TELEGRAM_OWNER_IDS: 'me', REPORT_AT: '8' });
  await here.systemd('start', '--no-block', unit);
  await here.waitForUnit(unit, 'failed');
  expect(await show(unit, 'ExecMainStatus')).toBe('78');
  expect(await show(unit, 'NRestarts')).toBe('0');
  const journal = await here.journal('--output=cat', `--unit=${unit}`);
  expect(journal).toContain('TELEGRAM_OWNER_IDS: found "me"');
  expect(journal).toContain('REPORT_AT: found "8"');
});
