import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { doctor as command } from '../../commands/doctor.ts';
import { startImmich } from '../../sandbox/immich.ts';
import type { App } from '../../src/app.ts';
import { createEngine, type Engine } from '../../src/clients/engine.ts';
import { createHttps } from '../../src/clients/https.ts';
import { createImmich } from '../../src/clients/immich.ts';
import { createSystemd } from '../../src/clients/systemd.ts';
import { UserError } from '../../src/errors.ts';
import { createHosts } from '../../src/hosts.ts';
import { doctor } from '../../src/operations/doctor/doctor.ts';
import { readConfig } from '../../src/config.ts';
import type { DoctorReport } from '../../src/report/doctor.ts';
import { TOKEN_SHARED } from '../../src/token-shared.ts';
import { openBox, type Box } from './box.ts';

let box: Box;
let app: App;
let folder: string;
let engine: Engine;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  box = await openBox({
    containers: [
      {
        name: 'adminer',
        image: 'docker.io/library/adminer:latest',
        version: '5',
        memory: 1e6,
        cpu: 0.01,
        keep: true,
        body: {
          Env: ['PGPASSWORD=of-the-test', 'TZ=UTC'],
          HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '', HostPort: '8081' }] } },
        },
      },
    ],
  });
  // The box's own gives up after a second, which so many questions at once can take.
  engine = createEngine(box.socket);
  const { config } = readConfig({ env: { TZ: 'UTC' }, root: '/nowhere', system: '/nowhere/env' });
  app = {
    ...box.app,
    hosts: createHosts([{ name: 'local', engine, systemd: createSystemd(box.systemctl, box.journalctl) }]),
    config: { ...config, engine: { socket: box.socket } },
    https: createHttps(),
    immich: undefined,
  } as unknown as App;
});
afterEach(async () => {
  await engine.close();
  await box.close();
  rmSync(folder, { recursive: true });
});

const ask = (asked?: string) => doctor(app, asked, { signal: AbortSignal.timeout(60_000) });
const run = async (...args: string[]) => (await command.run(app, args, box.run())) as DoctorReport;

test('doctor finds a panel that is open to everybody, and says no secret', async () => {
  const report = await ask('open-database');
  expect(report).toMatchObject({
    scope: { check: 'open-database' },
    checks: 1,
    findings: [],
    unseen: [],
    diagnoses: [{ subject: 'adminer', severity: 'critical', fix: '--publish=127.0.0.1:8081:8080' }],
  });
  expect(JSON.stringify(await ask())).not.toContain('of-the-test');
});

test('doctor of everything is worst first, and offers the checks that found something', async () => {
  const report = await run();
  const { diagnoses, actions = [] } = report;
  expect(diagnoses[0]).toMatchObject({ check: 'open-database' });
  expect(diagnoses.map(({ check }) => check)).toContain('unlisted');
  expect(actions.flat()).toHaveLength(4);
  expect(actions[0]?.[0]).toEqual({
    label: 'pick',
    subject: 'open-database',
    command: 'doctor',
    args: ['open-database'],
  });
});

test('doctor of a service tells of that service alone', async () => {
  const { diagnoses, scope } = await run('vault');
  expect(scope).toEqual({ service: 'vaultwarden' });
  expect(new Set(diagnoses.map(({ service }) => service))).toEqual(new Set(['vaultwarden']));
});

test.each([
  ['a part of one check', 'newuidmap', { check: 'no-newuidmap' }],
  ['a whole name', 'root', { check: 'root' }],
])('doctor takes %s', async (_what, asked, scope) => {
  expect((await ask(asked)).scope).toEqual(scope);
});

test.each([
  ['nothing', 'blub', 'No service and no check is called "blub". Without a word doctor looks at everything.'],
  [
    'a slip of a check',
    'privilegd',
    'No service and no check is called "privilegd". Did you mean privileged?',
  ],
  ['several checks', 'immich-key', 'Did you mean immich-key-lacks or immich-key-excess or immich-key-owner'],
])('doctor refuses what means %s', async (_what, asked, message) => {
  await expect(run(asked)).rejects.toThrow(UserError);
  await expect(run(asked)).rejects.toThrow(message);
});

test('doctor refuses two at a time', async () => {
  await expect(run('root', 'privileged')).rejects.toThrow(
    'One service or check at a time: "root privileged".',
  );
});

test('doctor with an engine that is away looks at the rest, and says what it could not look at', async () => {
  await box.down();
  const { diagnoses, unseen } = await ask('no-restart');
  expect(diagnoses).toEqual([]);
  expect(unseen).toEqual([{ what: ['no-restart'], why: expect.stringContaining('local: ') }]);
});

test.each([
  ['lacks permissions, which it need not be allowed to ask', ['asset.upload'], 'immich-key-lacks'],
  ['may all', ['all'], 'immich-key-excess'],
])('doctor tells of an Immich key that %s', async (_what, permissions, check) => {
  const server = await startImmich({ folder: join(folder, 'immich') });
  onTestFinished(() => server.close());
  const immich = createImmich(server.url, server.addKey(server.user, permissions));
  onTestFinished(() => immich.close());
  app = { ...app, immich };
  const found = (await ask(check)).diagnoses;
  expect(found).toMatchObject([{ check, subject: 'IMMICH_API_KEY' }]);
  const names = String(found[0]?.values['names']);
  expect(names).toContain(check === 'immich-key-lacks' ? 'user.read' : 'all');
});

test('doctor tells of a store that cannot save, until its log says that it could', async () => {
  box.write('immich-redis', "1:M # Can't save in background: fork: Out of memory\n");
  box.write('immich-server', 'ReplyError: MISCONF Redis is configured to save RDB snapshots\n');
  const subjects = async () => (await ask('cannot-save')).diagnoses.map(({ subject }) => subject);
  expect(await subjects()).toEqual(['immich-redis', 'immich-server']);
  box.write('immich-redis', '1:M * Background saving terminated with success\n');
  expect(await subjects()).toEqual(['immich-server']);
});

test('doctor tells of a heartbeat that leads to this machine', async () => {
  const { config } = app;
  const heartbeatUrl = 'http://127.0.0.1:3001/api/push/secret-of-the-monitor';
  app = { ...app, config: { ...config, heartbeatUrl } };
  const report = await ask('heartbeat-here');
  expect(report.diagnoses).toMatchObject([{ subject: 'HEARTBEAT_URL', values: { name: '127.0.0.1' } }]);
  expect(JSON.stringify(report)).not.toContain('secret-of-the-monitor');
});

test('doctor tells of a token that somebody else polls with', async () => {
  expect((await ask('token-shared')).diagnoses).toEqual([]);
  app.store.facts.put(TOKEN_SHARED, true);
  expect((await ask('token-shared')).diagnoses).toHaveLength(1);
});
