/** The smoke test inside a real machine: its mounts, its systemd, its network, and a real Caddy before a name. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../../sandbox/certificate.ts';
import type { CheckFact } from '../../src/report/host-findings.ts';
import { lab } from '../lab/index.ts';

const here = lab();
const CHILD = fileURLToPath(new URL('smoke-child.ts', import.meta.url));
const DAY = 86_400_000;
const CADDY = 'smoke-caddy.service';
const BROKEN = 'smoke-broken.service';
const HANGING = 'smoke-hanging.service';
const folder = join(here.folder, 'smoke');
const disk = join(folder, 'disk');
const trusted = join(folder, 'authorities.pem');
const authority = createAuthority('Authority of the house', { from: 0, to: Date.now() + 3650 * DAY });

type Outcome = {
  open: { key: string; severity: string; fact: CheckFact }[];
  ended: string[];
  notLooked: { key: string; why: string }[];
};

/** Keys of this test: others break units of the same machine meanwhile. */
const look = async (): Promise<Outcome & { keys: string[] }> => {
  const outcome = JSON.parse(await here.inside(process.execPath, CHILD, folder)) as Outcome;
  const own = (keys: string[]) => keys.filter((key) => key !== 'units:local');
  return { ...outcome, keys: own(outcome.open.map(({ key }) => key)).toSorted(), ended: own(outcome.ended) };
};
const mount = () => here.inside('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk);

/** @param left days of the certificate of web.example.dev */
async function serve(left: number): Promise<void> {
  const to = Date.now() + left * DAY;
  const { cert, key } = authority.issue(['web.example.dev'], { from: to - 90 * DAY, to });
  await writeFile(join(folder, 'web.pem'), cert);
  await writeFile(join(folder, 'web.key'), key);
  await here.systemd('restart', CADDY);
}

beforeAll(async () => {
  await mkdir(disk, { recursive: true });
  await writeFile(trusted, authority.pem);
  await writeFile(
    join(folder, 'services.yaml'),
    JSON.stringify({
      checks: {
        disks: [{ path: disk, mount: 'required' }],
        vpn: { interface: 'lo' },
        proxy: { address: '127.0.0.1', names: ['own.example.dev'], authority: trusted },
      },
      services: { 'smoke-web': { units: [CADDY], url: 'https://web.example.dev' } },
    }),
  );
  await writeFile(
    join(folder, 'Caddyfile'),
    `{
      admin off
      skip_install_trust
      auto_https disable_redirects
      storage file_system ${folder}/caddy
    }
    https://web.example.dev {
      bind 127.0.0.1
      tls ${folder}/web.pem ${folder}/web.key
      respond "well"
    }
    https://own.example.dev {
      bind 127.0.0.1
      tls internal
      respond "well"
    }
    `,
  );
  await here.addUnit(
    CADDY,
    `[Service]\nType=notify\nEnvironment=HOME=${folder}\nExecStart=/usr/bin/caddy run --config ${folder}/Caddyfile --adapter caddyfile\n`,
  );
  await here.addUnit(BROKEN, '[Service]\nType=oneshot\nExecStart=/bin/false\n');
  // A file system that nobody answers for: whoever asks about it waits.
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
  await here.addUnit(
    HANGING,
    `[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'exec 3<>/dev/fuse; mount -i -t fuse -o ${options} nobody ${disk} && systemd-notify --ready && exec sleep 1000000'\n`,
  );
  await mount();
  await here.inside('sh', '-c', `echo data > ${disk}/data`);
  await serve(3);
});
afterAll(async () => {
  await here.inside('ip', 'address', 'flush', 'dev', 'lo', 'to', '100.64.7.1/32');
  await here.inside('umount', disk);
  await here.removeUnit(CADDY);
  await here.removeUnit(BROKEN);
  await here.removeUnit(HANGING);
  await rm(folder, { recursive: true });
});

test('each trouble made for real is told, and its end', async () => {
  await here.inside('dd', 'if=/dev/zero', `of=${disk}/large`, 'bs=1k', 'count=3900');
  await here.systemd('start', BROKEN).catch(() => undefined);
  const first = await look();
  expect(first.keys).toEqual([
    `certificate:own.example.dev`,
    'certificate:web.example.dev',
    `disk:${disk}`,
    'vpn:lo',
  ]);
  const fact = (key: string) => first.open.find((one) => one.key === key);
  expect(fact(`disk:${disk}`)).toMatchObject({ severity: 'critical', fact: { of: 'space', level: 'alarm' } });
  expect(fact('certificate:web.example.dev')?.fact).toMatchObject({
    trouble: { kind: 'expiring', level: 'alarm' },
  });
  // Nobody has named the authority that Caddy made for itself.
  expect(fact('certificate:own.example.dev')?.fact).toMatchObject({ trouble: { kind: 'untrusted' } });
  expect(fact('units:local')?.fact).toMatchObject({ units: expect.arrayContaining([BROKEN]) as string[] });
  const unseen = first.notLooked.map(({ key }) => key);
  expect(unseen).toContain('smart:');

  await here.inside('rm', `${disk}/large`);
  await here.systemd('reset-failed', BROKEN);
  await here.inside('ip', 'address', 'add', '100.64.7.1/32', 'dev', 'lo');
  await serve(80);
  const root = await readFile(join(folder, 'caddy/pki/authorities/local/root.crt'), 'utf8');
  await writeFile(trusted, authority.pem + root);
  const second = await look();
  expect(second.keys).toEqual([]);
  expect(second.ended).toEqual(expect.arrayContaining([...first.keys]));
  const failed = second.open.find(({ key }) => key === 'units:local')?.fact;
  expect(failed?.kind === 'failed-units' ? failed.units : []).not.toContain(BROKEN);
});

test('a mount that is gone, one that is empty, and a proxy that is gone are told, and their ends', async () => {
  await here.inside('umount', disk);
  await here.systemd('stop', CADDY);
  const gone = await look();
  expect(gone.keys).toEqual([`mount:${disk}`, 'url:own.example.dev', 'url:smoke-web']);
  expect(gone.open.find(({ key }) => key === `mount:${disk}`)?.fact).toMatchObject({
    trouble: 'not-mounted',
  });
  expect(gone.open.find(({ key }) => key === 'url:smoke-web')?.fact).toMatchObject({
    cause: expect.stringMatching(/ECONNREFUSED/) as string,
  });

  await mount();
  await here.systemd('start', CADDY);
  const empty = await look();
  expect(empty.keys).toEqual([`mount:${disk}`]);
  expect(empty.open.find(({ key }) => key === `mount:${disk}`)?.fact).toMatchObject({ trouble: 'empty' });
  expect(empty.ended).toEqual(expect.arrayContaining(['url:own.example.dev', 'url:smoke-web']));

  await here.inside('sh', '-c', `echo data > ${disk}/data`);
  expect(await look()).toMatchObject({ keys: [], ended: [`mount:${disk}`] });
});

test('a mount that hangs is told within its time, and its end', async () => {
  await here.systemd('start', HANGING);
  const hanging = await look();
  expect(hanging.open.map(({ key, fact }) => [key, fact])).toContainEqual([
    `mount:${disk}`,
    { kind: 'mount', path: disk, trouble: 'silent' },
  ]);
  await here.systemd('stop', HANGING);
  await here.inside('umount', '--lazy', disk);
  expect(await look()).toMatchObject({ keys: [], ended: [`mount:${disk}`] });
});
