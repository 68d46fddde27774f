/** The doctor on a real Podman and systemd: what was made badly here is found, and nothing of a secret is said. */
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECK_NAMES } from '../../src/doctor/names.ts';
import type { DoctorReport } from '../../src/report/doctor.ts';
import { lab } from '../lab/index.ts';

const here = lab();
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const folder = join(here.folder, 'doctor');
const at = (name: string) => join(folder, name);
const SECRET = 'hunter2-of-the-lab';
const ODD = 33;

let env: Record<string, string>;
let report: DoctorReport;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  // Others may pass, as through /srv.
  await chmod(folder, 0o755);
  for (const [name, owner] of [
    ['panel-data', ODD],
    ['stack-data', here.rootless.uid],
    ['fine-data', 0],
  ] as const) {
    await mkdir(at(name));
    await chown(at(name), owner, owner);
  }
  await writeFile(at('panel.env'), `ADMIN_TOKEN=${SECRET}\n`, { mode: 0o644 });
  await writeFile(at('bare.env'), `${SECRET}\n`, { mode: 0o600 });
  const adminer = await here.addImage('adminer', 'latest');
  const web = here.image('web', '1');
  await here.addContainerUnit('doctor-panel', adminer, {
    args: [
      '--privileged',
      '--publish=18081:8080',
      '--env=PUID=1000',
      `--env=DB_PASSWORD=${SECRET}`,
      '--env=TZ=Pacific/Apia',
      `--env-file=${at('panel.env')}`,
      `--volume=${at('panel-data')}:/data`,
      `--volume=${here.socket.replace('unix://', '')}:/run/podman.sock:ro`,
    ],
    serviceLines: [`EnvironmentFile=${at('bare.env')}`, 'Restart=no'],
  });
  await here.addContainerUnit('doctor-fine', web, {
    args: [
      '--memory=64m',
      '--publish=127.0.0.1:18082:80',
      '--user=0:0',
      '--env=TZ=UTC',
      '--health-cmd=true',
      `--volume=${at('fine-data')}:/data`,
    ],
  });
  await here.addUnit(
    'doctor-prune.service',
    '[Service]\nType=oneshot\nExecStart=/bin/sh -c "podman system prune -af"\n',
  );
  await here.addUnit('doctor-prune.timer', '[Timer]\nOnCalendar=*-01-01\n');
  await here.addUnit('doctor-panel-backup.service', '[Service]\nType=oneshot\nExecStart=/bin/true\n');
  await here.addUnit('doctor-panel-backup.timer', '[Timer]\nOnCalendar=*-01-01\n');
  await here.addUnit(
    'doctor-native.service',
    '[Service]\nExecStart=/bin/busybox httpd -f -p 0.0.0.0:18083 -h /\nRestart=always\n',
  );
  // Only made: as whom it would write follows from /etc/subuid.
  await here.rootless.podman(
    'create',
    '--name=doctor-stack',
    '--network=none',
    '--user=1000',
    `--volume=${at('stack-data')}:/data`,
    web,
  );
  await here.systemd(
    'start',
    'podman-doctor-panel.service',
    'podman-doctor-fine.service',
    'doctor-native.service',
    'doctor-prune.timer',
    'doctor-panel-backup.timer',
  );
  await writeFile(
    at('services.yaml'),
    stringify({
      hosts: {
        stacks: {
          engine: here.rootless.socket,
          systemctl: `setpriv --reuid=${here.rootless.uid} --regid=${here.rootless.uid} --clear-groups env HOME=/ XDG_RUNTIME_DIR=/run/user/${here.rootless.uid} systemctl --user`,
          journalctl: 'journalctl --user',
        },
      },
      backups: { folder: at('backups') },
      // What stands for the VPN here: nothing else is to be listened on.
      checks: { vpn: { interface: 'lo' }, doctor: { ignore: ['privileged doctor-panel'] } },
      services: {
        panel: {
          containers: ['doctor-panel'],
          backup: { at: '04:00', sources: [{ kind: 'files', folder: at('panel-data') }] },
        },
        fine: { containers: ['doctor-fine'] },
        native: { units: ['doctor-native.service'] },
        lost: { containers: [{ name: 'doctor-lost', unit: 'none' }], units: ['doctor-lost.service'] },
        stack: { host: 'stacks', containers: [{ name: 'doctor-stack', unit: 'none' }] },
      },
    }),
  );
  env = {
    STEWARD_ENV: '/dev/null',
    SERVICES_FILE: at('services.yaml'),
    STATE_DIR: at('state'),
    PICTURES_DIR: at('pictures'),
    ENGINE_SOCKET: here.socket,
    TZ: 'UTC',
  };
  report = JSON.parse(await steward('doctor', '--json')) as DoctorReport;
});

afterAll(async () => {
  for (const unit of [
    'podman-doctor-panel.service',
    'podman-doctor-fine.service',
    'doctor-native.service',
    'doctor-prune.timer',
    'doctor-prune.service',
    'doctor-panel-backup.timer',
    'doctor-panel-backup.service',
  ]) {
    await here.removeUnit(unit);
  }
  await here.rootless.podman('rm', '--force', '--time=0', 'doctor-stack');
});

/** As on the machine itself. */
const steward = (...argv: string[]) =>
  here.inside(
    'env',
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    process.execPath,
    MAIN,
    ...argv,
  );

/** Whatever else the machine has, others' tests have made. */
const found = () =>
  report.diagnoses
    .filter(
      ({ subject, service }) =>
        service !== undefined || /^stacks$|doctor-/.test(subject) || subject.startsWith(folder),
    )
    .map(({ check, subject }) => `${check} ${subject.replace(`${folder}/`, '')}`)
    .toSorted();

test('the doctor finds what was made badly, and nothing else of it', () => {
  expect(found()).toMatchInlineSnapshot(`
    [
      "backup-same-disk panel",
      "data-owner doctor-panel",
      "data-owner doctor-stack",
      "engine-socket doctor-panel",
      "latest-tag doctor-panel",
      "missing doctor-lost",
      "missing doctor-lost.service",
      "no-health-check doctor-panel",
      "no-health-check doctor-stack",
      "no-lingering stacks",
      "no-memory-limit doctor-panel",
      "no-memory-limit doctor-stack",
      "no-off-site backups",
      "no-restart doctor-stack",
      "no-restart podman-doctor-panel.service",
      "old-timer doctor-panel-backup.timer",
      "open-database doctor-panel",
      "prune-timer doctor-prune.timer",
      "root doctor-fine",
      "root doctor-panel",
      "secret-form bare.env",
      "secret-in-environment doctor-panel",
      "secret-readable panel.env",
      "time-zone doctor-panel",
      "wide-address doctor-native.service",
    ]
  `);
});

test('the doctor says what it could not look at', () => {
  const own = report.unseen.filter(({ what }) =>
    what.some((name) => CHECK_NAMES.some((check) => check === name)),
  );
  expect(own).toEqual([]);
});

test('the doctor gives the lines to change, and counts what its owner has decided', () => {
  const fixOf = (check: string, subject: string) =>
    report.diagnoses.find((one) => one.check === check && one.subject === subject)?.fix;
  expect(fixOf('open-database', 'doctor-panel')).toBe('--publish=127.0.0.1:18081:8080');
  expect(fixOf('data-owner', 'doctor-panel')).toBe(`chown 1000:0 ${at('panel-data')}`);
  expect(fixOf('data-owner', 'doctor-stack')).toBe(`chown 1000999:${here.rootless.uid} ${at('stack-data')}`);
  expect(fixOf('secret-readable', at('panel.env'))).toBe(`chmod o-rwx ${at('panel.env')}`);
  expect(report.ignored).toBe(1);
});

test('the doctor says nothing of a secret but its name', async () => {
  const text = await steward('doctor');
  expect(JSON.stringify(report) + text).not.toContain(SECRET);
  expect(JSON.stringify(report)).toContain('DB_PASSWORD');
});
