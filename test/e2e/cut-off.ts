/** Updates from the command line whose process is ended in the middle, and what must hold when somebody has taken them up. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { takeUpUpdates } from '../../jobs/take-up-updates.ts';
import { systemClock } from '../../src/clock.ts';
import { createLocks } from '../../src/locks.ts';
import type { Report } from '../../src/report.ts';
import { openStore } from '../../src/store.ts';
import type { UpdateStage } from '../../src/store/updates.ts';
import type { Lab } from '../lab/tools.ts';
import type { Updatable } from '../lab/updatable.ts';
import { openUpdating, ourNames, servicesFile, type Updating } from '../operations/updating.ts';
import { CHILD_ENV } from '../child-env.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Milliseconds in which every update has ended. */
const EVER = 10 * 60_000;
/** Updates that are begun to catch one at a stage. */
const TRIES = 3;

export type Moment = { stage: UpdateStage } | { after: number };

export type CutOff = {
  folder: string;
  /** For another process. */
  env: Readonly<Record<string, string>>;
  /** Of the update that is open in the journal now. */
  stageNow: () => UpdateStage | undefined;
  /**
   * Begins an update or rollback from the command line, and ends its process at a moment of it.
   * @returns false where it has ended before: a stage of milliseconds can pass unseen
   */
  cutOff: (signal: NodeJS.Signals, moment: Moment, command?: 'update' | 'rollback') => Promise<boolean>;
  /** Publishes the next version, begins an update to it and cuts that off. @returns the version that ran before */
  cutOffNext: (signal: NodeJS.Signals, moment: Moment, isGood?: boolean) => Promise<number>;
  /** A number that is the schema of its data, too. @returns it */
  publishNext: (isGood?: boolean) => Promise<number>;
  /** An App of this process on the same store. */
  open: () => Updating;
  /** What a bot that runs does each minute. */
  takeUp: () => Promise<Report | undefined>;
  /**
   * The version before or the newest runs, whole, on data of its own schema, in which is all that it and those before it
   * have committed; nothing is left over.
   */
  expectWhole: (before: number) => Promise<void>;
  /** As often as told, at random moments, with a new version that is bad in three of ten. */
  sweep: (kills: number) => Promise<void>;
  close: () => Promise<void>;
};

/** @param it keeps rows in SQLite @param more environment */
export async function openCutOff(
  lab: Lab,
  it: Updatable,
  more: Readonly<Record<string, string>> = {},
): Promise<CutOff> {
  const folder = await mkdtemp(join(tmpdir(), 'cut-off-'));
  const services = join(folder, 'services.yaml');
  await writeFile(services, servicesFile(folder, [it]));
  const registries = join(folder, 'registries.conf');
  await writeFile(registries, `[[registry]]\nlocation = "${lab.registry}"\ninsecure = true\n`);
  openStore(join(folder, 'state'), systemClock).close();
  const env = {
    STEWARD_ENV: '/dev/null',
    SERVICES_FILE: services,
    STATE_DIR: join(folder, 'state'),
    PICTURES_DIR: join(folder, 'pictures'),
    ENGINE_SOCKET: lab.socket,
    SYSTEMCTL: lab.systemctl,
    JOURNALCTL: lab.journalctl,
    CONTAINERS_REGISTRIES_CONF: registries,
    LOG_LEVEL: 'error',
    ...more,
  };
  let newest = 1;
  let discarded: ReadonlySet<string> = new Set();

  const store = new DatabaseSync(join(folder, 'state/steward.sqlite'), { readOnly: true, timeout: 5000 });
  const openRow = store.prepare('select stage from updates where ended_at is null');
  const stageNow = () => openRow.get()?.['stage'] as UpdateStage | undefined;

  const cutOff: CutOff['cutOff'] = async (signal, moment, command = 'update') => {
    const child = spawn(process.execPath, [MAIN, command, it.name, '--yes'], {
      env: { ...CHILD_ENV, ...env },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    if ('after' in moment) {
      const over = new AbortController();
      const due = pause(moment.after, undefined, { signal: over.signal }).catch(() => undefined);
      await Promise.race([due, ended]);
      over.abort();
    } else {
      while (child.exitCode === null && stageNow() !== moment.stage) await pause(2);
    }
    const isCut = child.kill(signal);
    await ended;
    return isCut;
  };

  const publishNext: CutOff['publishNext'] = async (isGood = true) => {
    newest += 1;
    await it.publish(String(newest), { args: [String(newest), ...(isGood ? [] : ['0'])] });
    return newest;
  };

  const open = () => openUpdating(lab, [it], { folder });

  const opened: CutOff = {
    folder,
    env,
    stageNow,
    cutOff,
    publishNext,
    open,
    async cutOffNext(signal, moment, isGood) {
      for (let tries = 1; ; tries += 1) {
        const before = Number(await it.answers());
        await publishNext(isGood);
        if ((await cutOff(signal, moment)) || 'after' in moment) return before;
        if (tries === TRIES) throw new Error(`${TRIES} updates ended before they were seen ${moment.stage}.`);
      }
    },
    async takeUp() {
      const updating = open();
      try {
        return await takeUpUpdates.run(updating.app, undefined, updating.run());
      } finally {
        await updating.close();
      }
    },
    async expectWhole(before) {
      expect(stageNow()).toBeUndefined();
      const version = Number(await it.answers());
      expect([before, newest]).toContain(version);
      const earlier = (await it.witnessed()).filter(
        (row) => versionOf(row) <= version && !discarded.has(row),
      );
      const { schema, rows } = await it.rows();
      expect(schema).toBe(version);
      const found = new Set(rows);
      expect(earlier.filter((row) => !found.has(row))).toEqual([]);
      expect(rows.filter((row) => versionOf(row) > version)).toEqual([]);
      expect((await ourNames(lab, it.container)).filter((tag) => tag.includes('/next/'))).toEqual([]);
      expect(createLocks(join(folder, 'state/locks')).isFree(it.name)).toBe(true);
      const names = await lab.podman('ps', '--format={{.Names}}', '--all', `--filter=name=^${it.container}$`);
      expect(names.trim()).toBe(it.container);
    },
    async sweep(kills) {
      // What rollbacks have put aside on purpose is not asked for again.
      const witnessed = await it.witnessed();
      const present = new Set((await it.rows()).rows);
      discarded = new Set(witnessed.filter((row) => !present.has(row)));
      // One that is left alone tells how long they take on this machine.
      await publishNext();
      const begun = performance.now();
      await cutOff('SIGKILL', { after: EVER });
      const longest = performance.now() - begun;
      for (let count = 0; count < kills; count += 1) {
        const after = Math.random() * longest;
        const isGood = Math.random() < 0.7;
        try {
          const before = await opened.cutOffNext('SIGKILL', { after }, isGood);
          await opened.takeUp();
          await opened.expectWhole(before);
        } catch (cause) {
          const what = isGood ? 'good' : 'bad';
          throw new Error(`killed after ${after.toFixed()} ms, the new version ${what}`, { cause });
        }
      }
    },
    async close() {
      store.close();
      await rm(folder, { recursive: true });
    },
  };
  return opened;
}

const versionOf = (row: string) => Number.parseInt(row, 10);
