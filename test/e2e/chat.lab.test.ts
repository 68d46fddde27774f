/** From a message on the phone to real containers and units, and back. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BotProcess } from '../../sandbox/bot-process.ts';
import { publishNext } from '../lab/reference-host.ts';
import { AGENT, override, startHouse, type House } from './house.ts';

let house: House;
let bot: BotProcess;

beforeAll(async () => {
  house = await startHouse();
  // Until then a service is told as starting.
  await Promise.all(
    ['immich-postgres', 'immich-server'].map((one) => house.lab.waitForContainer(one, 'healthy')),
  );
  bot = house.startBot();
});
afterAll(() => house.stop());

const idOf = (container: string) => house.lab.podman('inspect', '--format', '{{.Id}}', container);
const picture = (width: number, height: number, text: string) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#235"/><text x="40" y="90" font-size="60" fill="#fff">${text}</text></svg>`,
    ),
  )
    .png()
    .toBuffer();

test('/status tells the state of every service from the real engine and units', async () => {
  const { telegram } = house;
  await telegram.send('/status');
  const { text } = await telegram.waitFor('healthy');
  expect(text).toContain('🟢 All 6 healthy');
  expect(text).toContain('immich – 4 containers');
  expect(text).toMatch(/uptime-kuma – [\d.]+, no proven backup yet\n/);
  expect(text).toMatch(/🟢 copyparty\n/);
});

test('/status of a service tells each container, with memory against its limit', async () => {
  const { telegram } = house;
  await telegram.send('/status immich');
  const { text } = await telegram.waitFor('immich-server');
  expect(text).toMatch(/postgres – \d+ [KM]B of \d+ MB/);
  expect(text).toMatch(/server – .*ping \d+ ms/);
  expect(text).toContain('podman-immich-server.service');
});

test('/logs shows what a container and a native unit really wrote', async () => {
  const { telegram } = house;
  await telegram.send('/logs vaultwarden');
  expect((await telegram.waitFor('📄 vaultwarden')).text).toContain('version 1.32.0 on port 8222');
  await telegram.send('/logs anki');
  expect((await telegram.waitFor('📄 anki-sync')).text).toContain('Anki sync server');
});

test('/restart shows a plan, does it at the tap, and the container is a new one', async () => {
  const { telegram } = house;
  const before = await idOf('vaultwarden');
  await telegram.send('/restart vault');
  const plan = await telegram.waitFor('Restart vaultwarden?');
  expect(await idOf('vaultwarden')).toBe(before);
  telegram.tap('Restart', { message: plan.id });
  await telegram.waitFor(/✅ vaultwarden restarted – healthy after \d+ s/, { timeout: 30_000 });
  expect(await idOf('vaultwarden')).not.toBe(before);
});

test('/restart of an ambiguous name offers the services, and a tap on one gives its plan', async () => {
  const { telegram } = house;
  await telegram.send('/restart a');
  const question = await telegram.waitFor('Which one?');
  expect(question.buttons.flat()).toContain('vaultwarden');
  telegram.tap('vaultwarden', { message: question.id });
  const plan = await telegram.waitFor('Restart vaultwarden?');
  telegram.tap('Cancel', { message: plan.id });
  await telegram.waitFor('Nothing was changed');
});

test('/restart tapped twice restarts once', async () => {
  const { telegram, lab } = house;
  const starts = () =>
    lab.podman(
      'events',
      '--stream=false',
      '--since=10m',
      '--filter=container=copyparty',
      '--filter=event=start',
    );
  const before = (await starts()).trim().split('\n').length;
  await telegram.send('/restart copyparty');
  const plan = await telegram.waitFor('Restart copyparty?');
  const taps = [
    telegram.tap('Restart', { message: plan.id }),
    telegram.tapOld('Restart', { message: plan.id }),
  ];
  await telegram.waitFor('copyparty restarted', { timeout: 30_000 });
  await Promise.all(taps.map(({ answered }) => answered));
  expect((await starts()).trim().split('\n').length).toBe(before + 1);
});

test('/stop and /start of a whole service go in order, and /status says so in between', async () => {
  const { telegram } = house;
  await telegram.send('/stop immich');
  const plan = await telegram.waitFor('Stop immich?');
  expect(plan.text).toContain('immich-server → immich-ml → immich-redis → immich-postgres');
  telegram.tap('Stop', { message: plan.id });
  await telegram.waitFor('✅ immich stopped', { timeout: 60_000 });
  await telegram.send('/status');
  expect((await telegram.waitFor('5 of 6 healthy')).text).toContain('⚪ immich – stopped');
  await telegram.send('/start immich');
  telegram.tap('Start', { message: (await telegram.waitFor('Start immich?')).id });
  await telegram.waitFor('✅ immich started', { timeout: 60_000 });
});

test('/status names the file that a unit misses, although its start "succeeded"', async () => {
  const { telegram, lab } = house;
  const missing = `${lab.folder}/not-there`;
  await lab.systemd('stop', 'podman-archivebox.service');
  const restore = await override(
    lab,
    'podman-archivebox.service',
    `[Unit]\nConditionPathExists=${missing}\n`,
  );
  await lab.systemd('start', 'podman-archivebox.service');
  await telegram.send('/status archivebox');
  const { text } = await telegram.waitFor('🔴 archivebox');
  expect(text).toContain(`a file is missing: ${missing}`);
  await restore();
  await lab.systemd('start', 'podman-archivebox.service');
});

test('/status sees a container that dies and waits for its next start', async () => {
  const { telegram, lab } = house;
  const restore = await override(lab, 'podman-uptime-kuma.service', '[Service]\nRestartSec=300\n');
  await lab.crash('uptime-kuma', 3);
  await lab.waitForUnit('podman-uptime-kuma.service', 'activating');
  await telegram.send('/status');
  expect((await telegram.waitFor('uptime-kuma is down')).text).toContain('restarting again and again');
  await restore();
  await lab.systemd('restart', 'podman-uptime-kuma.service');
});

test('a picture comes back as a path that the agent opens, and is once in the album', async () => {
  const { telegram, immich } = house;
  const bytes = await picture(1290, 2796, 'Login failed: token expired');
  await telegram.file("it's a <b>shot</b>.png", bytes);
  const { text } = await telegram.waitFor('In Immich:', { timeout: 30_000 });
  const path = /\/\S+\/p\d+\.png/.exec(text)?.[0] ?? '';
  const hostPath = /In Immich: (\S+)/.exec(text)?.[1] ?? '';

  const { stdout } = await promisify(execFile)(
    'setpriv',
    [`--reuid=${AGENT}`, `--regid=${AGENT}`, '--clear-groups', 'cat', path],
    { encoding: 'buffer', maxBuffer: 64e6 },
  );
  const { width, height, format } = await sharp(stdout).metadata();
  expect({ width, height, format }).toEqual({ width: 923, height: 2000, format: 'png' });
  const sha1 = (of: Uint8Array) => createHash('sha1').update(of).digest('hex');
  const original = await sharp(hostPath)
    .toBuffer()
    .then(() => promisify(execFile)('cat', [hostPath], { encoding: 'buffer', maxBuffer: 64e6 }));
  expect(sha1(original.stdout)).toBe(sha1(bytes));
  expect(immich.library.assets.size).toBe(1);
  expect([...immich.library.albums.values()].map(({ name }) => name)).toEqual(['Claude Code Temp']);
});

test('a bot that is killed answers what came while it was away, once', async () => {
  const { telegram } = house;
  bot.kill();
  await telegram.send('/status copyparty');
  await telegram.waitFor('🟢 copyparty', { timeout: 30_000 });
  const answers = telegram.messages().filter(({ text }) => text.startsWith('🟢 copyparty'));
  expect(answers).toHaveLength(1);
});

test('a bot that is killed in the middle of a restart brings the service back and says so', async () => {
  const { telegram, lab } = house;
  await telegram.send('/restart immich');
  telegram.tap('Restart', { message: (await telegram.waitFor('Restart immich?')).id });
  await telegram.waitFor(/✅ Stop – server/, { timeout: 30_000 });
  bot.kill();
  await telegram.waitFor(/stopped in the middle of: restart immich/, { timeout: 30_000 });
  await telegram.waitFor(/immich started – healthy/, { timeout: 60_000 });
  expect((await lab.podman('ps', '--format', '{{.Names}}')).split('\n')).toEqual(
    expect.arrayContaining(['immich-postgres', 'immich-redis', 'immich-ml', 'immich-server']),
  );
});

test('/check finds a newer image of a running tag and a release without its image, and pulls nothing', async () => {
  const { telegram, lab, github } = house;
  github.releases.set('immich-app/immich', [{ tag: 'v2.6.0', body: '## Breaking changes\n- Much' }]);
  await publishNext(lab, 'vaultwarden', { version: '1.33.0' });
  const images = await lab.podman('images', '--quiet', '--no-trunc');
  await telegram.send('/check');
  const { text } = await telegram.waitFor('1 update', { timeout: 30_000 });
  expect(text).toMatch(/vaultwarden 1\.32\.0 → 1\.33\.0 · \d+ \w+ old · \d+ B/);
  expect(text).toContain('immich – v2.6.0 is out; its image is not there yet');
  expect(text).toMatch(/✅ uptime-kuma 1\.23\.16 · copyparty 1\.15\.0 · archivebox 0\.7\.3/);
  expect(await lab.podman('images', '--quiet', '--no-trunc')).toBe(images);

  await telegram.send('/status');
  expect((await telegram.waitFor('available')).text).toContain('vaultwarden – 1.32.0 → 1.33.0 available');
});

const versionOf = async () => (await fetch(`http://${house.lab.address}:8222/version`)).text();

test('/update does what it has planned, at the tap', async () => {
  const { telegram } = house;
  await telegram.send('/update vaultwarden');
  const plan = await telegram.waitFor('Update vaultwarden');
  expect(await versionOf()).toBe('1.32.0\n');
  telegram.tap('Update', { message: plan.id });
  await telegram.waitFor('✅ vaultwarden runs 1.33.0', { timeout: 60_000 });
  expect(await versionOf()).toBe('1.33.0\n');
});

test('/update to an image that dies says why, with the old version back and healthy', async () => {
  const { telegram, lab } = house;
  await publishNext(lab, 'vaultwarden', { version: '1.34.0', kind: 'crash' });
  await telegram.send('/update vaultwarden');
  telegram.tap('Update', { message: (await telegram.waitFor('Update vaultwarden')).id });
  const { text } = await telegram.waitFor('is back and healthy', { timeout: 40_000 });
  expect(text).toContain('migration failed');
  expect(await versionOf()).toBe('1.33.0\n');
});

test('/rollback goes back to the version before', async () => {
  const { telegram } = house;
  await telegram.send('/rollback vaultwarden');
  const plan = await telegram.waitFor('vaultwarden');
  telegram.tap('Roll back', { message: plan.id });
  await telegram.waitFor('vaultwarden is back on 1.32.0', { timeout: 60_000 });
  expect(await versionOf()).toBe('1.32.0\n');
});

test('a bot that is killed in the middle of an update finishes it and says so, once', async () => {
  const { telegram, lab } = house;
  await publishNext(lab, 'vaultwarden', { version: '1.35.0' });
  await telegram.send('/update vaultwarden');
  telegram.tap('Update', { message: (await telegram.waitFor('Update vaultwarden')).id });
  await telegram.waitFor(/✅ Stop/, { timeout: 30_000 });
  bot.kill();
  await telegram.waitFor(/vaultwarden (?:runs 1\.35\.0|was not updated)/, { timeout: 60_000 });
  expect(['1.35.0\n', '1.32.0\n']).toContain(await versionOf());
});
