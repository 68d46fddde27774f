/** What every systemd must do for the client, the stand-in and the real one alike. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createSystemd, type Systemd, type UnitState } from '../../src/clients/systemd.ts';
import { RefusedError } from '../../src/errors.ts';
import { waitFor } from '../wait.ts';

export type SystemdTarget = {
  systemctl: readonly string[];
  journalctl: readonly string[];
  /** Inactive services, with what they are made to do. */
  units: {
    /** Runs until it is stopped. Writes `hello`, then `a`, the byte 255 and `b` at its start. */
    good: string;
    /** Goes down with `good`, which it needs. */
    dependent: string;
    /** Its program fails with 3 at the start. */
    failing: string;
    /** Never says that it is ready. */
    slow: string;
    /** Takes half a second to start. */
    tardy: string;
    /** Needs `failing`, and nothing starts it while that does not come up. */
    waiting: string;
    /** Needs `mortal`, and goes down with it however that goes. */
    bound: string;
    /** Runs until `end`, and fails then with 4. */
    mortal: string;
    /** Ends with 3 as soon as it runs, and is started again until that is too often. */
    looping: string;
    /** Nothing can start it. */
    masked: string;
    /** Is skipped: `ConditionPathExists=/run/secrets/missing` does not hold. */
    unmet: string;
    /** Runs a container `contract` of the image `localhost/contract:1`, as NixOS writes it. */
    container: string;
  };
  /** Of `mortal`. */
  end(): Promise<void>;
  /** Reads all units anew. */
  reload(): Promise<unknown>;
  close(): Promise<void>;
};

/** @param open called once, before the first test */
export function systemdContract(open: () => Promise<SystemdTarget>): void {
  let target: SystemdTarget;
  let systemd: Systemd;
  beforeAll(async () => {
    target = await open();
    systemd = createSystemd(target.systemctl, target.journalctl);
  });
  afterEach(async () => {
    const { good, slow } = target.units;
    for (const unit of [good, slow]) await systemd.stop(unit);
  });
  afterAll(() => target.close());

  const unit = async (name: string) => (await systemd.units([name]))[0] as UnitState;

  it('units are told in the order asked, with and without suffix, existing or not', async () => {
    const { good, failing } = target.units;
    const bare = good.replace('.service', '');
    const found = await systemd.units([failing, 'nothing-of-the-kind.service', bare, good]);
    expect(found.map(({ name, load }) => [name, load])).toEqual([
      [failing, 'loaded'],
      ['nothing-of-the-kind.service', 'not-found'],
      [bare, 'loaded'],
      [good, 'loaded'],
    ]);
    expect(await systemd.units([])).toEqual([]);
  });

  it('names that are options, patterns or worse are the names of no unit', async () => {
    const odd = ['--version', '-Hexample.org', '*', 'a b', '$(id)', 'a\nb', '', '../x', 'x'.repeat(300)];
    const found = await systemd.units([...odd, target.units.good]);
    expect(found.map(({ load }) => load)).toEqual([...odd.map(() => 'not-found'), 'loaded']);
    for (const name of odd) await expect(systemd.start(name)).rejects.toThrow('is not the name of a unit');
  });

  it('a unit that was never started has met its conditions and has no exit code', async () => {
    expect(await unit(target.units.dependent)).toMatchObject({
      active: 'inactive',
      result: 'success',
      conditionMet: true,
      unmet: [],
      exitCode: undefined,
      restarts: 0,
    });
  });

  it('start, restart and stop wait until it is done', async () => {
    const { good } = target.units;
    const before = Date.now();
    await systemd.start(good);
    const started = await unit(good);
    expect(started).toMatchObject({ active: 'active', sub: 'running', conditionMet: true });
    // Told in whole seconds.
    expect(started.since).toBeGreaterThan(before - 2000);
    expect(started.since).toBeLessThanOrEqual(Date.now());
    await systemd.restart(good);
    expect(await unit(good)).toMatchObject({ active: 'active' });
    await systemd.stop(good);
    expect(await unit(good)).toMatchObject({ active: 'inactive', sub: 'dead' });
  });

  it('stop lets a unit that is in the middle of its start get through it, and does not wait for ever', async () => {
    const { tardy, slow } = target.units;
    const stopAtStart = async (name: string) => {
      const start = systemd.start(name).then(
        () => 'done',
        (error: Error) => error.message,
      );
      await waitFor(async () => expect((await unit(name)).active).toBe('activating'));
      await systemd.stop(name);
      expect(await unit(name)).toMatchObject({ active: 'inactive' });
      return start;
    };
    expect(await stopAtStart(tardy)).toBe('done');
    expect(await stopAtStart(slow)).toContain('canceled');
  });

  it('start of a unit whose program fails throws systemd’s words, without advice where to look', async () => {
    const { failing } = target.units;
    await expect(systemd.start(failing)).rejects.toThrow(
      `Cannot start "${failing}": Job for ${failing} failed because the control process exited with error code.`,
    );
    const error = await systemd.start(failing).catch((caught: Error) => caught);
    expect(String(error)).not.toMatch(/See |journalctl/);
    expect(await unit(failing)).toMatchObject({ active: 'failed', result: 'exit-code', exitCode: 3 });
    expect(await systemd.failed()).toContain(failing);
  });

  it('start of a unit that does not exist says so', async () => {
    await expect(systemd.start('nothing-of-the-kind.service')).rejects.toThrow(
      new RefusedError(
        'Cannot start "nothing-of-the-kind.service": Unit nothing-of-the-kind.service not found.',
      ),
    );
  });

  it('start that takes longer than its limit is cancelled and says so', async () => {
    const { slow } = target.units;
    await expect(systemd.start(slow, { timeout: 3000 })).rejects.toThrow(
      `Cannot start "${slow}": systemd was not done within 3 s, the job was cancelled.`,
    );
  });

  it('start ends with its signal', async () => {
    const stop = new AbortController();
    const starting = systemd.start(target.units.slow, { signal: stop.signal });
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(starting).rejects.toThrow('enough');
    await expect(systemd.units([target.units.slow], { signal: stop.signal })).rejects.toThrow('enough');
  });

  it('a start that is skipped succeeds, and the unit names the condition, after a reload too', async () => {
    const { unmet } = target.units;
    await systemd.start(unmet);
    const skipped = {
      active: 'inactive',
      result: 'success',
      conditionMet: false,
      unmet: ['ConditionPathExists=/run/secrets/missing'],
    };
    expect(await unit(unmet)).toMatchObject(skipped);
    await target.reload();
    expect(await unit(unmet)).toMatchObject(skipped);
  });

  it('dependencies tell what a unit needs and what it takes down', async () => {
    const { good, dependent } = target.units;
    const needs = await systemd.dependencies(dependent);
    expect(needs.requires).toContain(good);
    expect(needs.after).toContain(good);
    await systemd.start(dependent);
    // systemd knows of it only while the other unit is loaded.
    expect((await systemd.dependencies(good)).takesDown).toContain(dependent);
    expect(await unit(good)).toMatchObject({ active: 'active' });
    await systemd.stop(good);
    expect(await unit(dependent)).toMatchObject({ active: 'inactive' });
  });

  it('definition tells how a unit is written', async () => {
    const { container, failing } = target.units;
    expect(await systemd.definition(container)).toEqual({
      execStart: expect.stringMatching(
        /^podman run .*--pull missing .*--name=contract .*localhost\/contract:1$/,
      ),
      execStartPre: expect.stringContaining('podman rm -f contract'),
      restart: 'always',
      fragment: expect.stringMatching(new RegExp(`/${container}$`)),
      invocation: undefined,
    });
    expect((await systemd.definition(failing))?.execStart).not.toContain('podman');
    expect(await systemd.definition('nothing-of-the-kind.service')).toBeUndefined();
  });

  it('setups tell how units are set up, in the order asked, existing or not', async () => {
    const { container, dependent, good } = target.units;
    const [missing, one, other] = await systemd.setups(['nothing-of-the-kind.service', container, dependent]);
    expect(missing).toMatchObject({ load: 'not-found', environmentFiles: [], variables: [] });
    expect(one).toMatchObject({
      load: 'loaded',
      active: 'inactive',
      type: 'notify',
      restart: 'always',
      variables: ['PODMAN_SYSTEMD_UNIT'],
      environmentFiles: [],
      starts: [],
      execStart: expect.stringContaining('--name=contract'),
      execStartPre: expect.stringContaining('podman rm -f contract'),
    });
    expect(other?.after).toContain(good);
    expect(await systemd.setups([])).toEqual([]);
  });

  it('unitFiles finds the names that fit a pattern, loaded or not', async () => {
    const { good, failing, slow } = target.units;
    const found = await systemd.unitFiles([good, `*${failing.slice(-12)}`]);
    expect(found).toContain(good);
    expect(found).toContain(failing);
    expect(found).not.toContain(slow);
    expect(await systemd.unitFiles(['nothing-of-the-kind-*.service'])).toEqual([]);
  });

  it('definition tells each start by an invocation of its own', async () => {
    const { good } = target.units;
    const invocation = async () => (await systemd.definition(good))?.invocation;
    await systemd.start(good);
    const first = await invocation();
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    await systemd.start(good);
    expect(await invocation()).toBe(first);
    await systemd.restart(good);
    expect(await invocation()).toMatch(/^[0-9a-f]{32}$/);
    expect(await invocation()).not.toBe(first);
  });

  it('logs give what the unit wrote, oldest first, bytes replaced', async () => {
    const { good } = target.units;
    const read = async (options: Parameters<Systemd['logs']>[1] = {}) => {
      const texts: string[] = [];
      for await (const { text, at } of systemd.logs(good, options)) {
        expect(at).toBeLessThanOrEqual(Date.now());
        texts.push(text);
      }
      return texts;
    };
    const since = Date.now();
    await systemd.start(good);
    // The journal takes what is written a moment later.
    await waitFor(async () => expect(await read({ since })).toContain('a\ufffdb'));
    const texts = await read({ since });
    expect(texts.indexOf('hello')).toBeLessThan(texts.indexOf('a\ufffdb'));
    expect(await read({ tail: 1 })).toHaveLength(1);
    expect(await read({ since: Date.now() + 3_600_000 })).toEqual([]);
  });

  it('logs that are followed tell what was and what comes, and end with the signal', async () => {
    const { good } = target.units;
    const stop = new AbortController();
    const since = Date.now();
    await systemd.start(good);
    let starts = 0;
    const read = (async () => {
      for await (const { text } of systemd.logs(good, { since, follow: true, signal: stop.signal })) {
        if (text !== 'hello') continue;
        starts += 1;
        // Each start says it once.
        if (starts === 1) await systemd.restart(good);
        else stop.abort(new Error('enough'));
      }
    })();
    await expect(read).rejects.toThrow('enough');
  });

  it('lastExit tells how a process of a unit failed, and nothing of a unit that did well', async () => {
    const { good, failing } = target.units;
    const before = Date.now();
    await systemd.start(failing).catch(() => {});
    await waitFor(async () => expect(await systemd.lastExit(failing)).toMatchObject({ code: 3 }));
    const exit = await systemd.lastExit(failing);
    expect(exit?.at).toBeGreaterThanOrEqual(before);
    expect(exit?.at).toBeLessThanOrEqual(Date.now());
    await systemd.start(good);
    await systemd.stop(good);
    expect(await systemd.lastExit(good)).toBeUndefined();
    expect(await systemd.lastExit('nothing-of-the-kind.service')).toBeUndefined();
  });

  it('lastJob tells how a start went, also one that another unit has kept from being made', async () => {
    const { good, failing, waiting } = target.units;
    const job = async (name: string) => {
      const found = await systemd.lastJob(name);
      return found === undefined ? undefined : [found.type, found.result];
    };
    const before = Date.now();
    await expect(systemd.start(waiting)).rejects.toThrow(`A dependency job for ${waiting} failed.`);
    await waitFor(async () => expect(await job(waiting)).toEqual(['start', 'dependency']));
    const { at = 0 } = (await systemd.lastJob(waiting)) ?? {};
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
    // By its state it could as well have been stopped.
    expect(await unit(waiting)).toMatchObject({ active: 'inactive', result: 'success', conditionMet: true });
    expect(await unit(failing)).toMatchObject({ active: 'failed' });
    await systemd.start(good);
    await waitFor(async () => expect(await job(good)).toEqual(['start', 'done']));
    await systemd.stop(good);
    await waitFor(async () => expect(await job(good)).toEqual(['stop', 'done']));
    expect(await systemd.lastJob('nothing-of-the-kind.service')).toBeUndefined();
  });

  it('a unit that is bound to another one goes down with it, and looks stopped', async () => {
    const { bound, mortal } = target.units;
    await systemd.start(bound);
    await target.end();
    await waitFor(async () =>
      expect(await unit(bound)).toMatchObject({ active: 'inactive', result: 'success' }),
    );
    const { since: failedAt = 0, ...failed } = await unit(mortal);
    expect(failed).toMatchObject({ active: 'failed', result: 'exit-code', exitCode: 4 });
    await waitFor(async () => expect(await systemd.lastJob(bound)).toMatchObject({ type: 'stop' }));
    const { at = 0 } = (await systemd.lastJob(bound)) ?? {};
    expect(Math.abs(at - failedAt)).toBeLessThan(2000);
  });

  it('a unit that fails again and again is given up with its first result, and starts after resetFailed', async () => {
    const { looping } = target.units;
    await systemd.start(looping).catch(() => {});
    await waitFor(async () => expect(await unit(looping)).toMatchObject({ active: 'failed' }));
    const { restarts, result } = await unit(looping);
    expect(restarts).toBeGreaterThan(1);
    expect(result).toBe('exit-code');
    expect(await systemd.failed()).toContain(looping);
    // Another test's reload makes systemd count its starts anew; then it is soon given up once more.
    await waitFor(() => expect(systemd.start(looping)).rejects.toThrow(`Cannot start "${looping}"`));
    await systemd.resetFailed(looping);
    expect(await unit(looping)).toMatchObject({ active: 'inactive', result: 'success', restarts: 0 });
    await systemd.start(looping);
  });

  it('a unit that is masked says so, and is not started', async () => {
    const { masked } = target.units;
    expect(await unit(masked)).toMatchObject({ load: 'masked', active: 'inactive' });
    await expect(systemd.start(masked)).rejects.toThrow(RefusedError);
    await expect(systemd.start(masked)).rejects.toThrow('is masked');
  });

  it('resetFailed forgets that a unit failed, and takes one that does not exist', async () => {
    const { failing } = target.units;
    await systemd.start(failing).catch(() => {});
    await waitFor(async () => expect(await unit(failing)).toMatchObject({ active: 'failed' }));
    await systemd.resetFailed(failing);
    expect(await unit(failing)).toMatchObject({ active: 'inactive', result: 'success' });
    await systemd.resetFailed('nothing-of-the-kind.service');
  });

  it('everyService tells what each runs, whether it does so now or not', async () => {
    const { good, failing } = target.units;
    await systemd.stop(good);
    const { text, folders, workFolders } = await systemd.everyService();
    for (const one of [good, failing]) expect(text).toContain(`Id=${one}\n`);
    expect(text).toMatch(/^ExecStart=\{ path=\S+ ; argv\[\]=\S+/m);
    expect([...folders, ...workFolders].filter((folder) => !folder.startsWith('/'))).toEqual([]);
  });

  it('logs of a unit that never wrote anything are empty', async () => {
    for await (const line of systemd.logs('nothing-of-the-kind.service')) expect(line).toBeUndefined();
  });
}
