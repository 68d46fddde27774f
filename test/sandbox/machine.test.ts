/** The machine in a box, seen with the clients that the bot uses. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEngineSandbox, type EngineSandbox } from '../../sandbox/engine.ts';
import { createEngine, type Engine } from '../../src/clients/engine.ts';
import { createSystemd, type Systemd } from '../../src/clients/systemd.ts';

let folder: string;
let box: EngineSandbox;
let engine: Engine;
let systemd: Systemd;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'box-'));
  box = await startEngineSandbox({ socket: join(folder, 'engine.sock'), pace: 10, chatter: 5 });
  engine = createEngine(box.socket, { timeout: 5000 });
  systemd = createSystemd(box.systemctl, box.journalctl);
});
afterEach(async () => {
  await engine.close();
  await box.close();
  rmSync(folder, { recursive: true });
});

const urlOf = (name: string) => box.services.find((service) => service.name === name)?.healthUrl ?? '';
const statusOf = async (name: string) => (await fetch(urlOf(name), { redirect: 'manual' })).status;

describe('the machine in a box', () => {
  it('runs the services of the reference host, each healthy and under its unit', async () => {
    const running = new Set((await engine.list()).map((one) => one.name));
    for (const { name, containers, units, healthUrl } of box.services) {
      for (const container of containers) {
        expect(running).toContain(container);
        expect((await engine.inspect(container))?.labels.PODMAN_SYSTEMD_UNIT).toBe(
          `podman-${container}.service`,
        );
      }
      const all = [...containers.map((container) => `podman-${container}.service`), ...units];
      expect((await systemd.units(all)).map(({ active }) => active)).toEqual(all.map(() => 'active'));
      const status = healthUrl === undefined ? 200 : await statusOf(name);
      expect(status).toBeLessThan(400);
    }
    expect(await engine.inspect('immich-server')).toMatchObject({
      health: { status: 'healthy' },
      networkMode: 'immich-network',
    });
  });

  it('removes a container with its unit and makes it anew', async () => {
    const before = await engine.inspect('vaultwarden');
    await systemd.stop('podman-vaultwarden.service');
    expect(await engine.inspect('vaultwarden')).toBeUndefined();
    await expect(fetch(urlOf('vaultwarden'))).rejects.toThrow();
    await systemd.start('podman-vaultwarden.service');
    expect((await engine.inspect('vaultwarden'))?.id).not.toBe(before?.id);
    expect(await statusOf('vaultwarden')).toBe(200);
  });

  it('takes down with a database what needs it, and brings it back with a restart', async () => {
    await systemd.stop('podman-immich-postgres.service');
    expect(box.runs('immich-server')).toBe(false);
    await systemd.start('podman-immich-server.service');
    expect(box.runs('immich-postgres')).toBe(true);
    await systemd.restart('podman-immich-postgres.service');
    expect(box.runs('immich-server')).toBe(true);
  });

  it('starts a container again that was killed for its memory', async () => {
    const since = Date.now();
    await box.kill('immich-ml', { oom: true });
    const [unit] = await systemd.units(['podman-immich-ml.service']);
    expect(unit).toMatchObject({ active: 'active', restarts: 1, exitCode: 137 });
    expect(box.runs('immich-ml')).toBe(true);
    const stop = new AbortController();
    const told: string[] = [];
    for await (const { action, name, exitCode } of engine.events({ signal: stop.signal, since })) {
      // What Podman does on the way has no container's name.
      if (name !== 'immich-ml') continue;
      told.push(`${name} ${action} ${exitCode ?? ''}`.trim());
      if (told.length === 5) stop.abort();
    }
    expect(told).toEqual(['die 137', 'remove', 'create', 'init', 'start'].map((what) => `immich-ml ${what}`));
  });

  it('gives up on a container that dies again and again, and leaves one down that is to stay so', async () => {
    for (let death = 0; death < 6; death++) await box.kill('copyparty', { code: 1 });
    await box.kill('archivebox', { oom: true, stay: true });
    const [copyparty, archivebox] = await systemd.units([
      'podman-copyparty.service',
      'podman-archivebox.service',
    ]);
    expect(copyparty).toMatchObject({ active: 'failed', result: 'exit-code', restarts: 6 });
    expect(archivebox).toMatchObject({ active: 'failed', result: 'exit-code', exitCode: 137 });
    expect((await systemd.failed()).toSorted()).toEqual([
      'podman-archivebox.service',
      'podman-copyparty.service',
    ]);
    await systemd.start('podman-archivebox.service');
    expect(box.runs('archivebox')).toBe(true);
  });

  it('becomes unhealthy and recovers', async () => {
    box.setHealth('archivebox', 'unhealthy', 'curl: (28) Operation timed out');
    expect(await engine.inspect('archivebox')).toMatchObject({
      health: {
        status: 'unhealthy',
        failingSince: expect.any(Number),
        lastOutput: 'curl: (28) Operation timed out',
      },
    });
    expect(await statusOf('archivebox')).toBe(503);
    box.setHealth('archivebox', 'healthy');
    expect(await statusOf('archivebox')).toBe(302);
  });

  it('goes on writing logs, of containers and of native units', async () => {
    const stop = new AbortController();
    let lines = 0;
    const read = (async () => {
      for await (const _ of engine.logs('archivebox', { follow: true, tail: 0, signal: stop.signal })) {
        if (++lines === 3) stop.abort(new Error('enough'));
      }
    })();
    await expect(read).rejects.toThrow('enough');
    const texts = [];
    for await (const { text } of systemd.logs('caddy.service', { tail: 3 })) texts.push(text);
    expect(texts).toHaveLength(3);
  });

  it('has an engine that goes away, refuses, hangs and comes back, while systemd goes on', async () => {
    const said = async () =>
      engine.ping().then(
        () => 'answers',
        (error: Error) => error.message,
      );
    await box.down();
    expect(await said()).toContain('the socket does not exist');
    expect((await systemd.units(['caddy.service']))[0]?.active).toBe('active');
    await box.up();
    await box.down('refusing');
    expect(await said()).toContain('nothing listens there');
    await box.up();
    box.hang();
    const quick = createEngine(box.socket, { timeout: 100 });
    await expect(quick.list()).rejects.toThrow('did not answer');
    await box.up();
    expect(await said()).toBe('answers');
  });
});
