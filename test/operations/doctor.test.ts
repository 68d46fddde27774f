import { afterEach, beforeEach, expect, test } from 'vitest';
import { doctor as command } from '../../commands/doctor.ts';
import type { App } from '../../src/app.ts';
import { createHttps } from '../../src/clients/https.ts';
import { UserError } from '../../src/errors.ts';
import { doctor } from '../../src/operations/doctor/doctor.ts';
import { readConfig } from '../../src/config.ts';
import type { DoctorReport } from '../../src/report/doctor.ts';
import { TOKEN_SHARED } from '../../src/token-shared.ts';
import { openBox, type Box } from './box.ts';

let box: Box;
let app: App;
beforeEach(async () => {
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
  const { config } = readConfig({ env: { TZ: 'UTC' }, root: '/nowhere', system: '/nowhere/env' });
  app = {
    ...box.app,
    config: { ...config, engine: { socket: box.socket } },
    https: createHttps(),
    immich: undefined,
  } as unknown as App;
});
afterEach(() => box.close());

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

test('doctor tells of a token that somebody else polls with', async () => {
  expect((await ask('token-shared')).diagnoses).toEqual([]);
  app.store.facts.put(TOKEN_SHARED, true);
  expect((await ask('token-shared')).diagnoses).toHaveLength(1);
});
