/** The command line does on real containers and units what the chat does. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishNext } from '../lab/reference-host.ts';
import { override, startHouse, type House } from './house.ts';

let house: House;

beforeAll(async () => {
  house = await startHouse();
  // Until then a service is told as starting.
  await Promise.all(
    ['immich-postgres', 'immich-server'].map((one) => house.lab.waitForContainer(one, 'healthy')),
  );
});
afterAll(() => house.stop());

const idOf = (container: string) => house.lab.podman('inspect', '--format', '{{.Id}}', container);

test('steward status --json prints the report with its schema', async () => {
  const { code, output } = await house.steward(['status', '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(output) as {
    schema: number;
    kind: string;
    services: { name: string; state: string }[];
  };
  expect(report).toMatchObject({ schema: 1, kind: 'status' });
  expect(report.services.map(({ name, state }) => `${name} ${state}`)).toEqual(
    ['immich', 'uptime-kuma', 'copyparty', 'vaultwarden', 'archivebox', 'anki-sync'].map(
      (name) => `${name} ok`,
    ),
  );
});

test('steward logs of one container shows its lines alone', async () => {
  const { code, output } = await house.steward(['logs', 'immich-server']);
  expect(code).toBe(0);
  expect(output).toContain('📄 immich-server');
  expect(output).toContain('version v2.5.5');
  expect(output).not.toContain('database system');
});

test('steward restart --yes restarts the unit and leaves a silent line for the chat', async () => {
  const before = await idOf('vaultwarden');
  const { code, output } = await house.steward(['restart', 'vaultwarden', '--yes'], { SUDO_USER: 'ada' });
  expect(output).toMatch(/✅ vaultwarden restarted – healthy after \d+ s/);
  expect(code).toBe(0);
  expect(await idOf('vaultwarden')).not.toBe(before);
  const bot = house.startBot();
  const line = await house.telegram.waitFor('restart vaultwarden from the command line, by ada', {
    since: 0,
  });
  expect(line.silent).toBe(true);
  await bot.stop();
});

test('steward restart --dry-run shows the plan and changes nothing', async () => {
  const before = await idOf('vaultwarden');
  const { code, output } = await house.steward(['restart', 'vaultwarden', '--dry-run']);
  expect(output).toContain('Restart vaultwarden? 1 container');
  expect(code).toBe(0);
  expect(await idOf('vaultwarden')).toBe(before);
});

test('steward restart without a terminal asks for --yes and changes nothing', async () => {
  const before = await idOf('vaultwarden');
  const { code, errors } = await house.steward(['restart', 'vaultwarden']);
  expect(code).toBe(2);
  expect(errors).toContain('--yes');
  expect(await idOf('vaultwarden')).toBe(before);
});

test('STEWARD_OBSERVE plans and reports, and changes nothing', async () => {
  const before = await idOf('vaultwarden');
  const { output } = await house.steward(['restart', 'vaultwarden', '--yes'], { STEWARD_OBSERVE: '1' });
  expect(output).toContain('Would have restarted vaultwarden.');
  expect(await idOf('vaultwarden')).toBe(before);
});

test('a restart whose unit fails says why, with the last lines, and exits 1', async () => {
  const { lab } = house;
  const bad = '[Service]\nExecStartPre=/bin/sh -c "echo no disk for me; exit 4"\nRestart=no\n';
  const restore = await override(lab, 'podman-copyparty.service', bad);
  const { code, output } = await house.steward(['restart', 'copyparty', '--yes']);
  await restore();
  await lab.systemd('reset-failed', 'podman-copyparty.service');
  await lab.systemd('start', 'podman-copyparty.service');
  expect(code).toBe(1);
  expect(output).toContain('❌ copyparty: restart failed');
  expect(output).toContain('the unit failed: the program ended with an error');
  expect(output).toContain('no disk for me');
});

test('steward update --dry-run shows the plan, --yes does it, and rollback --yes undoes it', async () => {
  const { lab } = house;
  const version = async () => (await fetch(`http://${lab.address}:8222/version`)).text();
  await publishNext(lab, 'vaultwarden', { version: '1.33.0' });
  const planned = await house.steward(['update', 'vaultwarden', '--dry-run']);
  expect(planned.output).toContain('1.32.0 → 1.33.0');
  expect(planned.code).toBe(0);
  expect(await version()).toBe('1.32.0\n');
  const updated = await house.steward(['update', 'vaultwarden', '--yes', '--json']);
  expect(JSON.parse(updated.output)).toMatchObject({ schema: 1, kind: 'update-outcome', outcome: 'updated' });
  expect(updated.code).toBe(0);
  expect(await version()).toBe('1.33.0\n');
  const back = await house.steward(['rollback', 'vaultwarden', '--yes']);
  expect(back.output).toContain('vaultwarden is back on 1.32.0');
  expect(back.code).toBe(0);
  expect(await version()).toBe('1.32.0\n');
});

test('steward update --yes to an image that dies exits 1, with the old version running', async () => {
  const { lab } = house;
  await publishNext(lab, 'copyparty', { version: '1.16.0', kind: 'crash' });
  const { code, output } = await house.steward(['update', 'copyparty', '--yes']);
  expect(code).toBe(1);
  expect(output).toContain('1.15.0 is back and healthy');
  expect(await (await fetch(`http://${lab.address}:3923/version`)).text()).toBe('1.15.0\n');
});

test.each([
  [['restart', 'nosuch', '--yes'], 2, 'No service is called "nosuch"'],
  [['restrat', 'immich'], 2, 'Did you mean restart'],
  [['status', '--nosuch'], 2, 'Usage: steward'],
  [['logs', 'immich', '0'], 2, 'ask for 1 to 5000'],
])('steward %j exits %i', async (argv, code, message) => {
  const answer = await house.steward(argv);
  expect(answer).toMatchObject({ code, output: '' });
  expect(answer.errors).toContain(message);
});

test('two hosts stand in one status, and one that cannot be asked is a line of it', async () => {
  const { lab } = house;
  await lab.rootless.podman('pull', '--tls-verify=false', lab.image('web', '1'));
  await lab.rootless.addContainerUnit('notes', lab.image('web', '1'), { args: ['--network=none'] });
  await lab.rootless.systemd('start', 'podman-notes.service');
  const file = parse(house.services) as { services: object };
  const { systemctl, journalctl, socket } = lab.rootless;
  const gone = { engine: `unix://${lab.folder}/nobody.sock`, systemctl: 'false', journalctl: 'false' };
  const path = join(lab.folder, 'two-hosts.yaml');
  await writeFile(
    path,
    stringify({
      ...file,
      hosts: { stacks: { engine: socket, systemctl, journalctl }, away: gone },
      services: {
        ...file.services,
        notes: { host: 'stacks', containers: ['notes'] },
        lost: { host: 'away', containers: ['lost'] },
      },
    }),
  );
  const { code, output } = await house.steward(['status'], { SERVICES_FILE: path });
  expect(code).toBe(0);
  expect(output).toContain('🔴 7 of 8 healthy · lost cannot be asked');
  expect(output).toMatch(/🔴 host away cannot be asked: .*nobody\.sock/);
  // Another test may have found something newer for copyparty.
  expect(output).toMatch(/🟢 (?:copyparty · )?notes\n/);
  const restarted = await house.steward(['restart', 'notes', '--yes'], { SERVICES_FILE: path });
  expect(restarted.output).toContain('✅ notes restarted');
  await lab.rootless.removeUnit('podman-notes.service');
});

test('a second bot on one store says so and leaves', async () => {
  const since = house.telegram.calls('getUpdates').at(-1)?.id ?? 0;
  const bot = house.startBot();
  await house.telegram.until(() => house.telegram.calls('getUpdates').some(({ id }) => id > since), 'a poll');
  const { code, errors } = await house.steward([]);
  expect(code).toBe(75);
  expect(errors).toContain('Another bot runs with this store already');
  await bot.stop();
});

test('a configuration with faults ends with code 78, one line each, and tells the owner once', async () => {
  const bad = {
    IMAGE_MAX_EDGE: 'big',
    TELEGRAM_OWNERIDS: '5',
    TELEGRAM_OWNER_IDS: house.env['TELEGRAM_OWNER_IDS'] ?? '',
  };
  const { code, errors } = await house.steward([], bad);
  expect(code).toBe(78);
  expect(errors).toContain('2 faults in the configuration');
  expect(errors).toContain('TELEGRAM_OWNERIDS');
  const told = await house.telegram.waitFor('Not started: 2 faults', { since: 0 });
  expect(told.text).toContain('IMAGE_MAX_EDGE');
  const again = await house.steward([], bad);
  expect(again.code).toBe(78);
  expect(house.telegram.messages().filter(({ text }) => text.includes('Not started'))).toHaveLength(1);
  const check = await house.steward(['check-config'], bad);
  expect(check.code).toBe(78);
  expect((await house.steward(['check-config'])).output).toContain('The configuration is good.');
});
