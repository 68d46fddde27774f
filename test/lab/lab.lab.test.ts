import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { request, type IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readServices } from '../../src/services.ts';
import { run, words } from './exec.ts';
import { lab, type LabFacts } from './index.ts';
import { lives, parseStat } from './processes.ts';
import { startReferenceHost } from './reference-host.ts';
import { endStaleLabs } from './stale.ts';
import { startLab } from './start.ts';
import { execWord } from './systemd.ts';
import { openLab } from './tools.ts';

const here = lab();
const remove: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of remove.splice(0).toReversed()) await undo();
});

/** A container under a unit that is gone after the test. */
async function addWeb(host: typeof here | typeof here.rootless, name: string, options = {}) {
  const unit = await host.addContainerUnit(name, here.image('web', '1'), options);
  remove.push(() => host.removeUnit(unit));
  return unit;
}

async function getJson(socket: string, path: string): Promise<unknown> {
  const ask = request({ socketPath: socket.replace('unix://', ''), path }).end();
  const [response] = (await once(ask, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

describe.each([
  { kind: 'first', host: here },
  { kind: 'rootless', host: here.rootless },
])('$kind host', ({ kind, host }) => {
  const name = `units-${kind}`;

  it('starts, restarts and stops a container by its unit', async () => {
    const unit = await addWeb(host, name, { command: ['/bin/lab', 'http', '8011'] });
    await host.systemd('start', unit);
    await host.waitForContainer(name, 'running');
    const before = (await host.podman('inspect', '--format', '{{.Id}}', name)).trim();
    await host.systemd('restart', unit);
    const after = (await host.podman('inspect', '--format', '{{.Id}}', name)).trim();
    expect(after).not.toBe(before);
    await host.systemd('stop', unit);
    expect(await host.podman('ps', '--all', '--format', '{{.Names}}')).not.toContain(name);
  });

  it('starts a container again that dies', async () => {
    const unit = await addWeb(host, name, { command: ['/bin/lab', 'sleep'] });
    await host.systemd('start', unit);
    await host.waitForLog(name, /sleeping/);
    await host.crash(name, 3);
    await host.waitForJournal(/Scheduled restart job/, `--unit=${unit}`);
    await host.waitForUnit(unit, 'active');
    expect((await host.systemd('show', '--property=NRestarts', '--value', unit)).trim()).toBe('1');
    expect(await host.journal(`--unit=${unit}`)).toContain('status=3');
  });

  it('keeps the journal of a unit', async () => {
    const unit = `speaker-${kind}.service`;
    // It stays: who ends at once is gone before the journal has looked up the unit of a user's process.
    const speak = `echo spoken by ${kind}; exec sleep infinity`;
    await host.addUnit(unit, `[Service]\nExecStart=/bin/sh -c '${speak}'\n`);
    remove.push(() => host.removeUnit(unit));
    await host.systemd('start', unit);
    await host.waitForJournal(new RegExp(`spoken by ${kind}`), `--unit=${unit}`);
    const field = kind === 'first' ? '_SYSTEMD_UNIT' : '_SYSTEMD_USER_UNIT';
    expect(await host.journal('--output=cat', `${field}=${unit}`)).toBe(`spoken by ${kind}\n`);
  });

  it('ends systemctl inside when it is ended outside', async () => {
    const unit = `endless-${kind}.service`;
    await host.addUnit(unit, '[Service]\nType=oneshot\nExecStart=sleep infinity\n');
    remove.push(() => host.removeUnit(unit));
    const start = spawn(...words(host.systemctl, 'start', unit));
    await host.waitForUnit(unit, 'activating');
    const waiting = () => here.inside('pgrep', '--full', `systemctl.* start ${unit}`);
    expect(await waiting()).not.toBe('');
    start.kill();
    await expect.poll(() => waiting().catch(() => 'none')).toBe('none');
  });

  it('answers the engine API', async () => {
    const version = await getJson(host.socket, '/v1.41/version');
    expect(version).toMatchObject({
      Components: expect.arrayContaining([expect.objectContaining({ Name: 'Podman Engine' })]),
    });
  });
});

describe('first host', () => {
  it('logs a container into the journal of its unit', async () => {
    const unit = await addWeb(here, 'journaled', { command: ['/bin/lab', 'sleep'] });
    await here.systemd('start', unit);
    await here.waitForLog('journaled', /sleeping/);
    expect(await here.journal('--output=cat', `--unit=${unit}`)).toContain('sleeping');
  });

  it('runs health checks by its own timers', async () => {
    const image = await here.addImage('checked', '1', { healthcheck: true, port: 8012 });
    const unit = await here.addContainerUnit('checked', image);
    remove.push(() => here.removeUnit(unit));
    await here.systemd('start', unit);
    await here.waitForContainer('checked', 'healthy');
    await here.podman('exec', 'checked', 'lab', 'break');
    expect(await here.healthcheck('checked')).toBe(false);
    await here.waitForContainer('checked', 'unhealthy');
    await here.podman('exec', 'checked', 'lab', 'mend');
    expect(await here.healthcheck('checked')).toBe(true);
  });

  it('ends a container that exceeds its memory limit', async () => {
    const name = 'hungry';
    remove.push(() => here.podman('rm', '--force', name));
    await here.podman('run', '--detach', `--name=${name}`, '--memory=32m', here.image('sleeper', '1'));
    await here.waitForLog(name, /sleeping/);
    await here.exhaust(name);
    await here.waitForContainer(name, 'exited');
    expect((await here.podman('inspect', '--format', '{{.State.ExitCode}}', name)).trim()).toBe('137');
  });

  it('answers published ports at its address, and refuses when nothing listens', async () => {
    const unit = await addWeb(here, 'published', { args: ['--publish=8013:8080'] });
    await here.systemd('start', unit);
    await here.waitForLog('published', /version 1 on port/);
    const answer = await fetch(`http://${here.address}:8013/version`);
    expect((await answer.text()).trim()).toBe('1');
    const socket = connect(8014, here.address);
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('gives an image to the registry and takes it back with the same digest', async () => {
    const image = await here.addImage('pushed', '7');
    const head = await fetch(`http://${here.registry}/v2/pushed/manifests/7`, {
      method: 'HEAD',
      headers: {
        accept:
          'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json',
      },
    });
    const digest = head.headers.get('docker-content-digest') ?? 'none';
    await here.podman('rmi', image);
    await here.podman('pull', image);
    expect(await here.podman('inspect', '--format', '{{.RepoDigests}}', image)).toContain(digest);
  });

  it('addImage with keep leaves the engine on the old image', async () => {
    const image = await here.addImage('moving', '1', { tag: 'release' });
    const old = await here.podman('images', '--quiet', '--no-trunc', image);
    await here.addImage('moving', '2', { tag: 'release', keep: true });
    expect(await here.podman('images', '--quiet', '--no-trunc', image)).toBe(old);
    await here.podman('pull', image);
    expect(await here.podman('images', '--quiet', '--no-trunc', image)).not.toBe(old);
  });

  it('answers a query of PostgreSQL by exec', async () => {
    remove.push(() => here.podman('rm', '--force', '--volumes', 'database'));
    const env = ['--env=POSTGRES_USER=immich', '--env=POSTGRES_DB=immich'];
    await here.podman('run', '--detach', '--name=database', ...env, here.image('postgres', '15'));
    await here.waitForLog('database', /ready to accept connections/);
    const psql = [
      'exec',
      'database',
      'psql',
      '--username=immich',
      '--tuples-only',
      '--no-align',
      '--command',
    ];
    expect((await here.podman(...psql, 'select 6 * 7')).trim()).toBe('42');
  });

  it('gives the rootless host an image by the registry', async () => {
    const image = await here.addImage('shared', '3');
    await here.rootless.podman('pull', '--quiet', image);
    const version = await here.rootless.podman('run', '--rm', image, 'cat', '/etc/version');
    expect(version).toBe('3\n');
  });

  it('is a machine of its own inside', async () => {
    expect(await here.inside('hostname')).toBe('minipc\n');
    expect(await here.inside('cat', '/proc/1/comm')).toBe('systemd\n');
    await expect(here.inside('touch', '/etc/written')).rejects.toThrow(/Read-only/);
  });

  it('gives `podman` by hand through its environment', async () => {
    const names = await run('podman', ['images', '--format', '{{.Names}}'], { env: here.env });
    expect(names).toContain(here.image('web', '1'));
  });
});

it('execWord gives systemd back the word as it was', async () => {
  const odd = `a "b" $HOME \${HOME} 100% \\n it's`;
  await here.addUnit(
    'odd.service',
    `[Service]\nType=oneshot\nExecStart=${['/usr/bin/printf', '%s', odd].map(execWord).join(' ')}\n`,
  );
  remove.push(() => here.removeUnit('odd.service'));
  await here.systemd('start', 'odd.service');
  const seen = await here.waitForJournal(/\n/, '--output=cat', '_SYSTEMD_UNIT=odd.service');
  expect(seen).toBe(`${odd}\n`);
});

/** What a lab could leave behind outside its folder. */
async function traces(facts: LabFacts) {
  const name = basename(facts.folder);
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const inside = pids.filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(name) ||
        readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(facts.folder)
      );
    } catch {
      return false; // ended while we looked
    }
  });
  const cgroups = execFileSync('find', ['/sys/fs/cgroup', '-name', name]).toString();
  const links = execFileSync('ip', ['-oneline', 'link']).toString();
  return {
    folder: existsSync(facts.folder),
    processes: inside.length > 0,
    cgroups: cgroups !== '',
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').includes(facts.folder),
    link: links.includes(`lab-${name.slice(-6)}`),
  };
}

const nothing = { folder: false, processes: false, cgroups: false, mounts: false, link: false };

describe('a second lab', () => {
  it('carries the reference host: nine units that answer', async () => {
    const { facts, stop } = await startLab();
    remove.push(stop);
    const { units, servicesFile } = await startReferenceHost(openLab(facts));
    expect(units).toHaveLength(9);
    await openLab(facts).systemd('is-active', ...units);
    const ping = await fetch(`http://${facts.address}:2283/api/server/ping`);
    expect(ping.status).toBe(200);
    const kuma = await fetch(`http://${facts.address}:3002/dashboard`, { redirect: 'manual' });
    expect(kuma.status).toBe(302);
    expect(readServices(servicesFile).faults).toEqual([]);
  });

  it('runs beside the first and leaves nothing when it is stopped', async () => {
    const { facts, stop } = await startLab();
    const second = openLab(facts);
    await second.podman('run', '--detach', '--name=twin', second.image('sleeper', '1'));
    await second.rootless.podman('run', '--detach', '--name=twin', second.image('web', '1'));
    expect(await here.podman('ps', '--format', '{{.Names}}')).not.toContain('twin');
    expect(await traces(facts)).toMatchObject({
      folder: true,
      processes: true,
      cgroups: true,
      mounts: false,
      link: true,
    });
    await stop();
    expect(await traces(facts)).toEqual(nothing);
    expect(lives(parseStat(readFileSync(join(here.folder, 'init.stat'), 'utf8')))).toBe(true);
  });

  it('ends with its process, and the next start clears its folder away', async () => {
    const script = `import { startLab } from '${join(import.meta.dirname, 'start.ts')}';
      console.log(JSON.stringify((await startLab()).facts)); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const facts = JSON.parse(line.toString()) as LabFacts;
    await openLab(facts).podman('run', '--detach', '--name=orphan', `${facts.registry}/sleeper:1`);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(await endStaleLabs(dirname(facts.folder))).toContain(facts.folder);
    expect(await traces(facts)).toEqual(nothing);
  });
});
