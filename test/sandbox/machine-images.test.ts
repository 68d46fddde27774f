/** Images of the machine in a box as an update meets them: good ones, bad ones, and pulls that go wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEngineSandbox, type EngineSandbox } from '../../sandbox/engine.ts';
import { startRegistry, type PublishedImage, type RegistryStandIn } from '../../sandbox/registry.ts';
import { createEngine, type Engine } from '../../src/clients/engine.ts';
import { createSystemd, type Systemd } from '../../src/clients/systemd.ts';
import { waitFor } from '../wait.ts';

const UNIT = 'podman-uptime-kuma.service';
const NAME = 'uptime-kuma';
const IMAGE = 'docker.io/louislam/uptime-kuma:1';

let folder: string;
let box: EngineSandbox;
let registry: RegistryStandIn;
let engine: Engine;
let systemd: Systemd;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'box-'));
  registry = await startRegistry();
  box = await startEngineSandbox({
    socket: join(folder, 'engine.sock'),
    pace: 10,
    chatter: 0,
    registry: registry.host,
    bandwidth: 1e9,
    units: [
      {
        name: 'pulling.service',
        pull: 'always',
        container: { name: 'pulling', image: 'example.org/pulling:1', version: '1', memory: 1e6, cpu: 0.01 },
      },
    ],
  });
  engine = createEngine(box.socket, { timeout: 5000 });
  systemd = createSystemd(box.systemctl, box.journalctl);
});
afterEach(async () => {
  await engine.close();
  await box.close();
  await registry.close();
  rmSync(folder, { recursive: true });
});

const url = () => box.services.find((service) => service.name === NAME)?.healthUrl ?? '';
const status = async () =>
  (await fetch(url(), { redirect: 'manual', signal: AbortSignal.timeout(300) })).status;
const publish = (more: PublishedImage = {}, name = IMAGE) =>
  registry.publish(name, { version: '2', layers: { [`sha256:${'7'.repeat(64)}`]: 5e8 }, ...more });
const version = async () => (await engine.inspect(NAME))?.labels['org.opencontainers.image.version'];

it('a unit starts the image that its name gives at that moment, another container each time', async () => {
  const { id } = publish();
  const before = await engine.inspect(NAME);
  expect((await engine.pull(IMAGE)).id).toBe(id);
  expect(await engine.inspect(NAME)).toMatchObject({ id: before?.id, imageId: before?.imageId });
  await systemd.restart(UNIT);
  expect(await engine.inspect(NAME)).toMatchObject({ imageId: id, image: IMAGE });
  expect(await version()).toBe('2');
  await engine.tag(before?.imageId ?? '', IMAGE);
  await systemd.restart(UNIT);
  expect(await version()).toBe('1.23.16');
  expect((await engine.inspect(NAME))?.id).not.toBe(before?.id);
});

it('a pull tells bytes on their way, and none of a layer that is here', async () => {
  publish({ layers: { [`sha256:${'7'.repeat(64)}`]: 15e8, [`sha256:${'1'.repeat(64)}`]: 5e8 } });
  const told: unknown[] = [];
  await engine.pull(IMAGE, { progress: (...amounts) => told.push(amounts) });
  expect(told).toEqual([
    [1e9, 15e8],
    [15e8, 15e8],
  ]);
});

it('a start pulls what is missing, and fails as Podman does where that cannot be had', async () => {
  const { id } = publish({}, 'docker.io/louislam/uptime-kuma:2');
  await box.deploy(NAME, 'docker.io/louislam/uptime-kuma:2');
  expect(await engine.inspect(NAME)).toMatchObject({ imageId: id });
  await box.deploy(NAME, 'docker.io/louislam/uptime-kuma:3');
  expect((await systemd.units([UNIT]))[0]).toMatchObject({ active: 'failed', exitCode: 125 });
  const lines = await Array.fromAsync(systemd.logs(UNIT));
  expect(lines.some(({ text }) => text.includes('manifest unknown'))).toBe(true);
});

it('a unit that pulls always takes what the registry has', async () => {
  const { id } = publish({ version: '2' }, 'example.org/pulling:1');
  await systemd.start('pulling.service');
  expect((await engine.inspect('pulling'))?.imageId).toBe(id);
  expect((await systemd.definition('pulling.service'))?.execStart).toContain('--pull always');
});

it('an image that dies is started again, and says why', async () => {
  publish({ command: ['dies', '0'] });
  await engine.pull(IMAGE);
  await systemd.restart(UNIT);
  await waitFor(async () => expect((await systemd.units([UNIT]))[0]?.restarts).toBeGreaterThan(1));
  const lines = await Array.fromAsync(systemd.logs(UNIT));
  expect(lines.some(({ text }) => text.includes('migration 1763 failed'))).toBe(true);
});

it('an image that hangs runs, answers nobody and is found unhealthy', async () => {
  expect(await status()).toBe(302);
  publish({ command: ['hangs'] });
  await engine.pull(IMAGE);
  await systemd.restart(UNIT);
  expect(box.runs(NAME)).toBe(true);
  await expect(status()).rejects.toThrow('timeout');
  await waitFor(async () => expect((await engine.inspect(NAME))?.health?.status).toBe('unhealthy'));
});

it('pulls fail, break off and hang when told, and leave the name where it was', async () => {
  const before = (await engine.image(IMAGE))?.id;
  publish();
  box.failPulls('error');
  await expect(engine.pull(IMAGE)).rejects.toThrow('no space left on the disk');
  box.failPulls('cut');
  await expect(engine.pull(IMAGE)).rejects.toThrow('broke off its answer');
  box.failPulls('hang');
  await expect(engine.pull(IMAGE, { timeout: 700 })).rejects.toThrow('told no progress for 0.7 s');
  expect((await engine.image(IMAGE))?.id).toBe(before);
  box.failPulls(undefined);
  expect((await engine.pull(IMAGE)).id).not.toBe(before);
});
