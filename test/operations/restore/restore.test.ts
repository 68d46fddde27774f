import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  cpSync,
  chmodSync,
  mkdirSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { restore as command } from '../../../commands/restore.ts';
import { UserError } from '../../../src/errors.ts';
import { dropOldAside } from '../../../src/operations/restore/drop-aside.ts';
import { resumeRestore } from '../../../src/operations/restore/restore.ts';
import { makeDatabase, treeOf } from '../../backup/place.ts';
import { openRestoring, restore, UNIT, type Restoring, type RestoringOptions } from './place.ts';

const ONE = '2026-11-20T14-40-00Z';
const TWO = '2026-11-21T02-00-00Z';

let place: Restoring;
let refused: string | undefined;
const path = (name: string) => join(place.data, name);
const rows = (file = path('one.db')): unknown[] => {
  const database = new DatabaseSync(file);
  try {
    return database
      .prepare('select x from t order by 1')
      .all()
      .map(({ x }) => x);
  } finally {
    database.close();
  }
};

function open(options: RestoringOptions = {}): void {
  place = openRestoring({ refuses: () => refused, ...options });
  makeDatabase(path('one.db'), 'create table t (x); insert into t values (1), (2)');
  place.write('sub/a.txt', 'then');
  place.write('cache/x', 'cached');
}

/** What came after the backup; the application was killed, so a journal holds the last rows. */
function goOn(): void {
  const application = new DatabaseSync(path('one.db'));
  application.exec('pragma journal_mode = wal; insert into t values (3), (4)');
  const kept = join(place.folder, 'kept');
  cpSync(place.data, kept, { recursive: true });
  application.close();
  rmSync(place.data, { recursive: true });
  cpSync(kept, place.data, { recursive: true });
  rmSync(kept, { recursive: true });
  place.write('sub/a.txt', 'now');
  place.write('sub/b.txt', 'new');
}

beforeEach(() => {
  refused = undefined;
});
afterEach(() => place.close());

/** All data but what SQLite and Steward keep beside it. */
const contents = () =>
  treeOf(place.data)
    .filter(({ name, type }) => type === 'f' && !/\.db|\.steward-aside/.test(name))
    .map(({ name, contents: text, mode, owner }) => [name, text, mode, owner]);

describe('restore', () => {
  test('puts the data of the backup in its place, with a stale journal there, and keeps what it replaces', async () => {
    open();
    const before = contents();
    await place.back(ONE);
    goOn();
    expect(existsSync(path('one.db-wal'))).toBe(true);

    const report = await restore(place, place.run(), 'web');

    expect(report.plan).toMatchObject({
      typed: 'web',
      report: {
        kind: 'restore-plan',
        backup: { id: ONE, level: 'restored', trouble: undefined },
        present: 'readable',
        changed: { files: 2 },
        stops: ['web'],
        missing: [],
      },
    });
    expect(report.plan.report).toMatchObject({
      newer: [
        { source: path('one.db'), table: 't', before: 2, after: 4 },
        { source: place.data, table: 'files', before: 1, after: 2 },
      ],
    });
    expect(report).toMatchObject({ outcome: 'restored', verb: 'restore', data: 'backup', warnings: [] });
    expect(place.asked).toEqual([`stop ${UNIT}`, `start ${UNIT}`]);
    expect(rows()).toEqual([1, 2]);
    expect(contents()).toEqual(before);
    expect(existsSync(path('one.db-wal'))).toBe(false);
    const [files = '', database = ''] = report.aside?.places ?? [];
    expect(readFileSync(join(files, 'sub/b.txt'), 'utf8')).toBe('new');
    expect(rows(join(database, 'one.db'))).toEqual([1, 2, 3, 4]);
    expect(place.app.store.restores.open('web')).toBeUndefined();
  });

  test('stops nothing before all is read and made ready', async () => {
    open();
    const folder = await place.back(ONE);
    goOn();
    const after = contents();
    writeFileSync(join(folder, '1-files/sub/a.txt'), 'This was not written.');

    const report = await restore(place, place.run(), 'web');

    expect(report).toMatchObject({
      outcome: 'unchanged',
      why: { kind: 'step', step: 'verify' },
      down: undefined,
    });
    expect(place.asked).toEqual([]);
    expect(contents()).toEqual(after);
    expect(readdirSync(place.folder)).not.toContain('.steward-aside');
  });

  test('gives the data back that it replaced, journal and all, where the service does not come up', async () => {
    open();
    await place.back(ONE);
    goOn();
    chmodSync(path('sub'), 0o750);
    const after = treeOf(place.data).filter(({ name }) => !name.endsWith('-shm'));
    refused = 'cannot read this old data';
    const run = place.run({ at: { 'back-start': () => (refused = undefined) } });

    const report = await restore(place, run, 'web');

    expect(report).toMatchObject({
      outcome: 'rolled-back',
      data: 'before',
      why: { kind: 'unit-failed', unit: UNIT },
    });
    expect(place.state()).toBe('active');
    const now = treeOf(place.data).filter(({ name }) => !/-shm$|\.steward-aside/.test(name));
    // A folder that something was moved out of and in again has the time of that.
    const timeless = (tree: typeof after) =>
      tree.map((leaf) => (leaf.type === 'd' ? { ...leaf, time: 0 } : leaf));
    expect(timeless(now)).toEqual(timeless(after));
    expect(rows()).toEqual([1, 2, 3, 4]);
    // What had come is kept, too.
    const [database = '', files = ''] = report.aside?.places ?? [];
    expect(rows(join(database, 'one.db'))).toEqual([1, 2]);
    expect(readFileSync(join(files, 'sub/a.txt'), 'utf8')).toBe('then');
  });

  test('takes databases away that came after the backup, and gives them back on the way back', async () => {
    open();
    await place.back(ONE);
    makeDatabase(path('two.db'), 'create table t (x); insert into t values (7)');
    refused = 'no';
    const run = place.run({ at: { 'back-start': () => (refused = undefined) } });
    let during: boolean | undefined;
    const { progress } = run;
    const begin = progress.begin.bind(progress);
    progress.begin = (step, subject) => {
      if (step === 'start') during = existsSync(path('two.db'));
      begin(step, subject);
    };
    expect(await restore(place, run, 'web')).toMatchObject({ outcome: 'rolled-back' });
    expect(during).toBe(false);
    expect(rows(path('two.db'))).toEqual([7]);
  });

  test('says that it is down where the data of before does not come up either, and back tries that again', async () => {
    open();
    await place.back(ONE);
    goOn();
    refused = 'its secret is missing';
    const report = await restore(place, place.run(), 'web');
    expect(report).toMatchObject({ outcome: 'down', lost: { command: 'steward restore web back' } });
    expect(rows()).toEqual([1, 2, 3, 4]);
    refused = undefined;
    expect(await restore(place, place.run(), 'web', 'back')).toMatchObject({ outcome: 'rolled-back' });
    expect(place.state()).toBe('active');
  });

  test('on a machine without data makes folders and files, and keeps them where the service does not come up', async () => {
    open();
    const before = contents();
    await place.back(ONE);
    rmSync(place.data, { recursive: true });
    place.setState('inactive');
    const { report } = (await command.plan?.(place.app, ['web'])) ?? {};
    expect(report).toMatchObject({ present: 'none', newer: [], changed: { files: 0 } });
    refused = 'its secret is missing';
    expect(await restore(place, place.run(), 'web')).toMatchObject({
      outcome: 'down',
      data: 'backup',
      lost: undefined,
    });
    expect(contents()).toEqual(before.filter(([name]) => !name?.startsWith('cache')));
    expect(rows()).toEqual([1, 2]);
    await expect(command.plan?.(place.app, ['web', 'back'])).rejects.toThrow(
      /There was no data of web before/,
    );
  });

  test('places the data of a service that is not deployed yet, and starts nothing', async () => {
    open({ isThere: false });
    await place.back(ONE);
    goOn();
    const report = await restore(place, place.run(), 'web');
    expect(report).toMatchObject({ outcome: 'placed', missing: ['web'] });
    expect(place.asked).toEqual([]);
    expect(rows()).toEqual([1, 2]);
  });

  test('changes nothing under STEWARD_OBSERVE', async () => {
    open({ observe: true });
    await place.back(ONE);
    goOn();
    const after = contents();
    expect(await restore(place, place.run(), 'web')).toMatchObject({ outcome: 'observed' });
    expect(contents()).toEqual(after);
    expect(place.asked).toEqual([]);
  });

  test('ends before the stop when Steward is stopped, with nothing left over', async () => {
    open();
    await place.back(ONE);
    goOn();
    const ending = new AbortController();
    const run = place.run({ signal: ending.signal, at: { ready: () => ending.abort(new Error('stopped')) } });
    const report = await restore(place, run, 'web');
    expect(report).toMatchObject({ outcome: 'unchanged', why: { kind: 'cut-off' } });
    expect(place.asked).toEqual([]);
    expect(readdirSync(place.folder)).not.toContain('.steward-aside');
  });

  test('restores a backup again after it was restored, and after it was taken back', async () => {
    open();
    await place.back(ONE);
    for (const round of [1, 2]) {
      goOn();
      expect(await restore(place, place.run(), 'web'), `round ${round}`).toMatchObject({
        outcome: 'restored',
      });
      expect(rows()).toEqual([1, 2]);
    }
  });
});

describe('restore back', () => {
  test('undoes a restore that went well, and keeps what was written since', async () => {
    open();
    await place.back(ONE);
    goOn();
    const after = contents();
    await restore(place, place.run(), 'web');
    place.write('sub/since.txt', 'since');
    const report = await restore(place, place.run(), 'web', 'back');
    expect(report.plan).toMatchObject({ typed: 'web', report: { kind: 'undo-restore-plan' } });
    expect(report).toMatchObject({ outcome: 'rolled-back', verb: 'undo', why: undefined });
    expect(contents()).toEqual(after);
    expect(rows()).toEqual([1, 2, 3, 4]);
    const files = report.aside?.places.find((one) => existsSync(join(one, 'sub')));
    expect(readFileSync(join(files ?? '', 'sub/since.txt'), 'utf8')).toBe('since');
    await expect(command.plan?.(place.app, ['web', 'back'])).rejects.toThrow(
      'There is no restore of web to undo.',
    );
  });

  test('is over once what was kept is deleted, after seven days', async () => {
    open();
    await place.back(ONE);
    const elsewhere = join(place.folder, 'usb');
    cpSync(join(place.folder, 'backups'), elsewhere, { recursive: true });
    goOn();
    const { aside } = await restore(place, place.run(), 'web', '--from', elsewhere);
    const week = 7 * 24 * 3_600_000;
    const later = (ms: number) => ({ ...place.app, clock: { now: () => Date.now() + ms } });
    await dropOldAside(later(week - 60_000), place.service);
    expect(aside?.places.every((one) => existsSync(one))).toBe(true);
    await dropOldAside(later(week + 60_000), place.service);
    expect(aside?.places.some((one) => existsSync(one))).toBe(false);
    expect(rows()).toEqual([1, 2]);
    await expect(command.plan?.(place.app, ['web', 'back'])).rejects.toThrow(/is not kept any more/);
  });
});

describe('resumeRestore', () => {
  /** Ends the process's work at a step as a kill does: nothing after it is done. */
  async function cutOffAt(step: string): Promise<void> {
    const run = place.run({
      at: {
        [step]: () => {
          throw new Error('killed');
        },
      },
    });
    await expect(restore(place, run, 'web')).rejects.toThrow('killed');
  }

  test.each([
    ['verify', 'unchanged', [1, 2, 3, 4]],
    ['ready', 'unchanged', [1, 2, 3, 4]],
    ['stop', 'unchanged', [1, 2, 3, 4]],
    ['place', 'restored', [1, 2]],
    ['start', 'restored', [1, 2]],
    ['health', 'restored', [1, 2]],
  ])('brings what was cut off at %s to one side: %s', async (step, outcome, expected) => {
    open();
    await place.back(ONE);
    goOn();
    await cutOffAt(step);
    expect(await resumeRestore(place.app, place.service, place.run())).toMatchObject({ outcome });
    expect(rows()).toEqual(expected);
    expect(place.state()).toBe('active');
    expect(await resumeRestore(place.app, place.service, place.run())).toBeUndefined();
  });

  test('stops what a boot has started before it goes on', async () => {
    open();
    await place.back(ONE);
    goOn();
    await cutOffAt('place');
    place.setState('active');
    place.asked.length = 0;
    expect(await resumeRestore(place.app, place.service, place.run())).toMatchObject({ outcome: 'restored' });
    expect(place.asked).toEqual([`stop ${UNIT}`, `start ${UNIT}`]);
  });
});

describe('wrong input', () => {
  const planned = (...args: string[]) => command.plan?.(place.app, args);
  const refusal = async (...args: string[]): Promise<string> => {
    const error = await planned(...args)?.then(
      () => undefined,
      (one: unknown) => one,
    );
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  };

  beforeEach(async () => {
    open({
      others: {
        mail: { units: ['mail.service'], backup: { sources: [{ kind: 'files', folder: '/srv/mail' }] } },
      },
    });
    await place.back(ONE);
    await place.back(TWO);
  });

  test.each([
    [['web', '2025-01-01'], /There is no backup "2025-01-01" of web\. The nearest: 2026-11-20T14-40-00Z/],
    [['web', '2026-11'], /"2026-11" could be 2 backups/],
    [['web', ONE, TWO], /One backup at a time/],
    [['nothing'], /No service is called "nothing"/],
    [['mail'], /There is no backup of mail yet/],
    [['web', '--from'], /Say which folder/],
    [['--from', '/nowhere/at/all'], /There is no folder "\/nowhere\/at\/all"/],
    [['--from', '/usr/lib/tmpfiles.d'], /There is no backup in/],
  ])('restore %j is refused', async (args, message) => {
    expect(await refusal(...args)).toMatch(message);
  });

  test("restore refuses another service's folder", async () => {
    expect(await refusal('mail', '--from', join(place.folder, 'backups/web', ONE))).toMatch(
      /There is no backup of mail in ".*", but of: web/,
    );
  });

  test('restore refuses two names of one backup', async () => {
    expect(await refusal('web', TWO, '--from', join(place.folder, 'backups/web', ONE))).toMatch(
      /is one backup/,
    );
  });

  test('restore refuses a backup of data that is no source any more', async () => {
    const { folder } = place;
    place.app.store.close();
    place = openRestoring({ folder, sources: [{ kind: 'files', folder: '/srv/elsewhere' }] });
    expect(await refusal('web')).toMatch(/which is no source of web/);
  });

  test('restore refuses a backup whose manifest is damaged, and takes the newest that is whole', async () => {
    const manifest = join(place.folder, 'backups/web', TWO, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"takenAt"', '"takenAs"'));
    expect(await refusal('web', TWO)).toMatch(/cannot be restored: .*damaged/);
    expect((await planned('web'))?.report).toMatchObject({ backup: { id: ONE } });
  });
});

describe('restore --from', () => {
  beforeEach(() => open());

  test.each(['backups', 'backups/web', `backups/web/${ONE}`])(
    'finds the backup in %s, wherever that lies',
    async (name) => {
      await place.back(ONE);
      const moved = join(place.folder, 'usb');
      cpSync(join(place.folder, 'backups'), moved, { recursive: true });
      rmSync(join(place.folder, 'backups'), { recursive: true });
      goOn();
      const report = await restore(
        place,
        place.run(),
        '--from',
        join(moved, name.replace(/^backups\/?/, '')),
      );
      expect(report).toMatchObject({ outcome: 'restored', service: 'web' });
      expect(rows()).toEqual([1, 2]);
    },
  );

  test('tells the definition of a service that the services file does not know', async () => {
    const definition = { units: ['gone.service'], backup: { sources: [] } };
    const folder = await place.back(ONE, { header: { definition } });
    const services = { ...place.app.services, get: () => undefined };
    await expect(command.plan?.({ ...place.app, services }, ['--from', folder])).rejects.toThrow(
      /does not know web[\s\S]*gone\.service/,
    );
  });

  test('restores all services of a root, each from its newest proven backup', async () => {
    await place.back(ONE);
    place.write('sub/a.txt', 'later');
    await place.back(TWO, { takenAt: Date.now() + 1000 });
    goOn();
    place.write('sub/a.txt', 'last');
    await place.back('2026-11-22T00-00-00Z', { proof: { level: 'copied' }, takenAt: Date.now() + 2000 });
    const strange = join(place.folder, 'backups/strange', ONE);
    cpSync(join(place.folder, 'backups/web', ONE), strange, { recursive: true });
    rmSync(join(strange, 'manifest.json'));
    mkdirSync(join(place.folder, 'backups/empty'));

    const args = ['all', '--from', join(place.folder, 'backups')];
    const plan = await command.plan?.(place.app, args);
    expect(plan).toMatchObject({
      typed: 'all',
      report: { kind: 'restores-plan', plans: [{ service: 'web', backup: { id: TWO } }], left: [] },
    });
    const report = await command.run(place.app, args, { ...place.run(), plan });
    expect(report).toMatchObject({ kind: 'restores-outcome', done: [{ outcome: 'restored' }], rest: [] });
    expect(readFileSync(path('sub/a.txt'), 'utf8')).toBe('later');
    expect(place.app.store.backups.ofService('web')).toHaveLength(3);
  });
});
