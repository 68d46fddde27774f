/** A guarded deploy and its way back, killed at any moment: what was begun is taken up, and nothing is left half done. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { takeUpUpdates } from '../../jobs/take-up-updates.ts';
import { recallGuarded } from '../../src/operations/update/guarded.ts';
import { lab } from '../lab/index.ts';
import { startPinned, type Pinned } from '../operations/pinned.ts';
import { ourNames, rowsOf, undoneAfterEach } from '../operations/updating.ts';
import { CHILD_ENV } from '../child-env.ts';

const here = lab();
const remove = undoneAfterEach();
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const KILLS = process.env['STEWARD_SOAK'] ? 40 : 4;
const TIMEOUT = 60_000 + KILLS * 20_000;
/** Shares of the time that a whole run takes on this machine, from before it has begun to after its end. */
const MOMENTS = Array.from({ length: KILLS }, (_, index) => 0.2 + (0.9 * index) / (KILLS - 1));

/** As a person on the host does it, and a power cut after so many milliseconds. @returns how long it was at work */
async function cutOff(pinned: Pinned, command: string, after: number): Promise<number> {
  const env = {
    ...CHILD_ENV,
    STEWARD_ENV: '/dev/null',
    SERVICES_FILE: join(pinned.folder, 'services.yaml'),
    STATE_DIR: join(pinned.folder, 'state'),
    PICTURES_DIR: join(pinned.folder, 'pictures'),
    ENGINE_SOCKET: here.socket,
    SYSTEMCTL: here.systemctl,
    JOURNALCTL: here.journalctl,
    CONTAINERS_REGISTRIES_CONF: join(pinned.folder, 'registries.conf'),
    GITHUB_API_URL: pinned.github,
    LOG_LEVEL: 'error',
  };
  const startedAt = performance.now();
  const child = spawn(process.execPath, [MAIN, command, pinned.it.name, '--yes'], { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await Promise.race([pause(after), ended]);
  child.kill('SIGKILL');
  await ended;
  return performance.now() - startedAt;
}

/** What a bot that runs does each minute. @returns how far it is then */
async function takeUp({ app, it, run }: Pinned): Promise<string | undefined> {
  await takeUpUpdates.run(app, undefined, run());
  return recallGuarded(app.store, it.name)?.stage;
}

test(
  'kill -9 at any moment of a preparation leaves it done or not begun, and the service as it was',
  { timeout: TIMEOUT },
  async () => {
    const pinned = await startPinned(here, 'guarded-killed', { kind: 'store' });
    remove.push(pinned.close);
    const { it } = pinned;
    await rowsOf(it, '1');
    const before = await it.ids();
    await pinned.publish('v2.0.0');
    const whole = await cutOff(pinned, 'update', TIMEOUT);
    expect(await takeUp(pinned)).toBe('waiting');
    await pinned.update('stop');
    for (const moment of MOMENTS) {
      await cutOff(pinned, 'update', whole * moment);
      const stage = await takeUp(pinned);
      expect(['waiting', undefined]).toContain(stage);
      expect(await it.ids()).toEqual(before);
      if (stage === 'waiting') await pinned.update('stop');
      expect(await ourNames(here, it.container)).toEqual([]);
    }
  },
);

test(
  'kill -9 at any moment of a way back leaves it at rest with the old data, or not begun',
  { timeout: TIMEOUT },
  async () => {
    const pinned = await startPinned(here, 'left-killed', { kind: 'store' });
    remove.push(pinned.close);
    const { it } = pinned;
    const old = await rowsOf(it, '1');
    await pinned.publish('v2.0.0');
    await pinned.update();
    await pinned.deploy('v2.0.0');
    expect(await pinned.told()).toMatchObject([{ isWell: true, course: 'announced' }]);
    let whole: number | undefined;
    for (const moment of [1, ...MOMENTS]) {
      const took = await cutOff(pinned, 'rollback', whole === undefined ? TIMEOUT : whole * moment);
      whole ??= took;
      const stage = await takeUp(pinned);
      expect(['returning', 'deployed']).toContain(stage);
      const { schema, rows } = await it.rows();
      expect(schema).toBe(stage === 'returning' ? 1 : 2);
      expect(old.filter((row) => !rows.includes(row))).toEqual([]);
      if (stage === 'deployed') continue;
      // As a boot would.
      await here.systemd('start', it.unit);
      expect(await pinned.told()).toMatchObject([{ isWell: true, course: 'again' }]);
    }
    await pinned.rollback();
    await pinned.deploy('v1.0.0');
    expect(await pinned.told()).toMatchObject([{ isWell: true, course: 'back' }]);
    expect(await it.answers()).toBe('1');
  },
);
