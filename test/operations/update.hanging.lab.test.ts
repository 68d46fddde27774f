/** Updates whose engine or systemd takes a question and never answers, from any step and any question of them on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { rollback } from '../../commands/rollback.ts';
import type { Host } from '../../src/hosts.ts';
import type { UpdateReport } from '../../src/report/updates.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable, type Updatable } from '../lab/updatable.ts';
import {
  disturbed,
  makeDoor,
  makeHanging,
  openUpdating,
  rowsOf,
  update,
  type Door,
  type HangingProgram,
  type Updating,
} from './updating.ts';
import { waitFor } from '../wait.ts';

const here = lab();

/** Milliseconds: here nobody waits for a busy engine, or for systemd. */
const LIMITS = { timeout: 1000, change: 1200, silence: 1200 };
const STOP_LIMIT = 2000;
/** Longer than any limit of these, and shorter than an update tries to go back. */
const AWAY = 2200;

let it: Updatable;
let folder: string;
let door: Door;
let systemctl: HangingProgram;
let updating: Updating;
let version = 1;

beforeAll(async () => {
  it = await startUpdatable(here, 'hanging', { kind: 'store', health: { timeout: '4s' } });
  folder = mkdtempSync(join(tmpdir(), 'hanging-'));
  door = await makeDoor(folder, here.socket);
  systemctl = makeHanging(folder, here.systemctl);
  updating = openUpdating(here, [it], {
    socket: door.socket,
    systemctl: systemctl.command,
    limits: LIMITS,
    host: withShortStop,
  });
  // The first call loads what later ones have.
  await waitFor(() => updating.app.hosts.all[0]?.engine.list());
});
afterAll(async () => {
  await updating.close();
  door.shut();
  rmSync(folder, { recursive: true });
  await it.remove();
});

const withShortStop = (host: Host) =>
  disturbed(
    host,
    'systemd',
    'stop',
    (real) => (name, options) => real(name, { ...options, timeout: STOP_LIMIT }),
  );

/** The next version, which ends badly where it shall come to the way back. */
async function publish({ isGood }: { isGood: boolean }): Promise<void> {
  version += 1;
  await it.publish(String(version), { args: [String(version), ...(isGood ? [] : ['0'])] });
}

type At = Readonly<Record<string, () => void>>;

/** Published, begun, and ended in one whole version on its own data, in which is all that the old one has written. */
async function updateWhole(isGood: boolean, at: At): Promise<UpdateReport> {
  const before = await it.answers();
  await rowsOf(it, before);
  await publish({ isGood });
  const report = await update(updating.app, it.name, updating.run({ at }));
  await expectWhole(before, report);
  return report;
}

async function expectWhole(before: string, { outcome }: UpdateReport): Promise<void> {
  expect(['updated', 'rolled-back', 'unchanged']).toContain(outcome);
  const now = outcome === 'updated' ? String(version) : before;
  expect(await it.answers()).toBe(now);
  const old = (await it.witnessed()).filter((row) => Number.parseInt(row, 10) <= Number(before));
  const { schema, rows } = await it.rows();
  expect(String(schema)).toBe(now);
  const found = new Set(rows);
  expect(old.filter((row) => !found.has(row))).toEqual([]);
  expect(updating.app.store.updates.open(it.name)).toBeUndefined();
  const names = await here.podman('ps', '--format={{.Names}}', '--all', `--filter=name=^${it.container}$`);
  expect(names.trim()).toBe(it.container);
}

/** The engine hangs for a while from each of these steps on. */
const hangingFrom = (...steps: string[]): At => once(steps, hang);

function hang(): void {
  door.stall();
  hangs.push(pause(AWAY).then(door.open));
}

/** systemctl hangs at the first question of each of these steps. */
const systemctlHangingAt = (...steps: string[]): At => once(steps, () => systemctl.hang());

function once(steps: readonly string[], work: () => void): At {
  const left = new Set(steps);
  return Object.fromEntries(steps.map((step) => [step, () => void (left.delete(step) && work())]));
}

const hangs: Promise<void>[] = [];
afterEach(async () => {
  await Promise.all(hangs.splice(0));
});

/** A cause that an owner understands, with a limit that was kept. */
const SILENT = {
  cause: expect.stringMatching(/^(The engine|systemd|Cannot) .*within [\d.]+ s\.$/) as string,
};

test.each([
  { step: 'download', outcome: 'unchanged', why: SILENT },
  { step: 'switch', outcome: 'rolled-back', why: SILENT },
  { step: 'health', outcome: 'updated', why: undefined },
])('update whose engine hangs from "$step" on for a while ends as "$outcome"', async ({ step, ...end }) => {
  expect(await updateWhole(true, hangingFrom(step))).toMatchObject(end);
});

test('update whose engine hangs on the way back, twice, is back in the end', async () => {
  const report = await updateWhole(false, hangingFrom('back-images', 'back-health'));
  expect(report).toMatchObject({ outcome: 'rolled-back', why: { kind: 'restarting' } });
});

test.each([
  { step: 'download', outcome: 'unchanged', why: SILENT },
  { step: 'stop', outcome: 'unchanged', why: SILENT },
])('update at whose "$step" systemctl hangs ends as "$outcome"', async ({ step, ...end }) => {
  expect(await updateWhole(true, systemctlHangingAt(step))).toMatchObject(end);
  expect(systemctl.hasHung()).toBe(true);
});

test('update at whose start systemctl hangs, and on the way back again and again, is back in the end', async () => {
  const report = await updateWhole(
    true,
    systemctlHangingAt('start', 'back-stop', 'back-start', 'back-health'),
  );
  expect(report).toMatchObject({ outcome: 'rolled-back', why: SILENT });
});

test('update whose engine hangs for good says what to do, and that does it', async () => {
  const before = await it.answers();
  const old = await rowsOf(it, before);
  await publish({ isGood: true });
  const { app, run } = updating;
  const report = await update(app, it.name, run({ at: { switch: door.stall } }));
  expect(report).toMatchObject({ outcome: 'down', why: { kind: 'step', step: 'switch', ...SILENT } });
  expect(report.lost?.command).toBe(`steward rollback ${it.name} --to ${report.id}`);
  await door.open();
  const args = [it.name, '--to', report.id];
  const plan = await rollback.plan?.(app, args);
  expect(await rollback.run(app, args, { ...run(), plan })).toMatchObject({ outcome: 'rolled-back' });
  expect(await it.answers()).toBe(before);
  expect((await it.rows()).rows).toEqual(expect.arrayContaining(old));
});

test('update that ends well takes away what those before it could not', async () => {
  // With all the time that an engine usually has.
  const patient = openUpdating(here, [it], { folder: updating.folder });
  await publish({ isGood: true });
  try {
    expect(await update(patient.app, it.name, patient.run())).toMatchObject({ outcome: 'updated' });
  } finally {
    await patient.close();
  }
  const format = '{{.Id}}';
  const images = await here.podman(
    'images',
    '--all',
    '--no-trunc',
    '--filter=reference=*/*hanging',
    '--format',
    format,
  );
  expect(new Set(images.trim().split('\n')).size).toBe(2);
});

/** All of them take an hour. */
const goodAndBad = process.env['STEWARD_SOAK'] ? [true, false] : [];

test.each(goodAndBad)(
  'update (to a good version: %s) ends whole, whichever question hangs',
  { timeout: 2 * 3_600_000 },
  async (isGood) => {
    const count = async (questions: () => number) => {
      const before = questions();
      await updateWhole(isGood, {});
      return questions() - before;
    };
    const sweep = async (who: string, questions: () => number, hangAt: (question: number) => void) => {
      const all = await count(questions);
      for (let at = 1; at <= all; at += 1) {
        hangAt(questions() + at);
        const ended = updateWhole(isGood, {});
        await expect(ended, `${who} hung at question ${at} of ${all}`).resolves.toBeDefined();
        await Promise.all(hangs.splice(0));
      }
    };
    await sweep('The engine', door.passed, (question) => {
      door.onPassing((passed) => {
        if (passed === question) hang();
      });
    });
    door.onPassing(() => {});
    await sweep('systemctl', systemctl.called, systemctl.hang);
  },
);
