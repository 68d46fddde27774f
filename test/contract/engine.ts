/** What every engine must do for the client, the stand-in and the real one alike. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine, type EngineEvent, type LogLine } from '../../src/clients/engine.ts';
import { waitFor } from '../wait.ts';

export type EngineTarget = {
  /** `unix:///…` */
  socket: string;
  /** Runs; busybox's programs can be run in it. Has written `first` and `third` to stdout, `second` to stderr. */
  container: string;
  image: string;
  /** Runs with a terminal; has written a bold `ready`. */
  terminal: string;
  /** Runs; has written a line of 10 000 000 `x`, then `a`, the byte 255, `b`, then `last`. */
  odd: string;
  /** Tags `1` and `2` of a repository in a registry, not on the engine: each tag's digest, and the id of the image. */
  published: { repository: string; one: PublishedTag; two: PublishedTag };
  /** Image and login of a registry that wants one. */
  locked: { image: string; credentials: { username: string; password: string } };
  /** Two of them. */
  networks: readonly string[];
  /** A `--rm` container starts, writes `working`, ends with the code when told, and is gone. */
  begin(name: string): Promise<{ end(code: number): Promise<void> }>;
  /** A container starts whose health check fails, and is checked until the engine calls it unhealthy. */
  fallIll(name: string): Promise<void>;
  /** The service behind the socket is killed, `meanwhile` happens, and it is back. */
  breakOff(meanwhile?: () => Promise<void>): Promise<void>;
  /** Names of all volumes. */
  volumes(): Promise<string[]>;
  /** Where they outlive the test. */
  removeVolume?(name: string): Promise<unknown>;
  /** Its containers have no cgroup of their own, so their figures are those of everything: rootless without cgroup v2. */
  sharesCgroup?: boolean;
  close(): Promise<void>;
};

export type PublishedTag = { digest: string; id: string };

/** @param open called once, before the first test */
export function engineContract(open: () => Promise<EngineTarget>): void {
  let target: EngineTarget;
  let engine: Engine;
  beforeAll(async () => {
    target = await open();
    engine = createEngine(target.socket);
  });
  afterAll(async () => {
    await engine.close();
    await target.close();
  });

  const logOf = async (name: string, options: Parameters<Engine['logs']>[1] = {}) => {
    const lines: LogLine[] = [];
    for await (const line of engine.logs(name, options)) lines.push(line);
    return lines;
  };
  const textsOf = (lines: readonly LogLine[]) => lines.map((line) => line.text);

  it('ping and version answer', async () => {
    await engine.ping();
    expect(await engine.version()).toMatchObject({
      name: 'Podman',
      version: expect.stringMatching(/^\d+\.\d+/),
    });
  });

  it('list gives names without a slash and the image that runs', async () => {
    const image = await engine.image(target.image);
    const found = (await engine.list()).find((one) => one.name === target.container);
    expect(found).toMatchObject({ state: 'running', image: target.image, imageId: image?.id });
  });

  it('inspect tells times, state and terminal', async () => {
    const found = await engine.inspect(target.container);
    expect(found).toMatchObject({ name: target.container, running: true, restarting: false, tty: false });
    expect(found?.health).toBeUndefined();
    expect(found?.finishedAt).toBeUndefined();
    expect(found?.startedAt).toBeLessThanOrEqual(Date.now());
    expect(await engine.inspect(target.terminal)).toMatchObject({ tty: true });
  });

  it('inspect, stats and image are undefined for what does not exist, whatever its name', async () => {
    for (const name of ['nothing-of-the-kind', '', '..', '../images', 'a?all=1', '한글', '-x', 'a b']) {
      expect(await engine.inspect(name)).toBeUndefined();
      expect(await engine.stats(name)).toBeUndefined();
    }
    for (const name of ['localhost/nothing-of-the-kind:1', '', '..', 'a/../b', 'a//b', 'a:', '한글', 'a b']) {
      expect(await engine.image(name)).toBeUndefined();
    }
    await expect(logOf('..')).rejects.toThrow('Cannot read the log of "..": no such container');
    await expect(engine.exec('', ['true'])).rejects.toThrow('Cannot run "true" in "": no such container');
  });

  it('image tells tags and an id that finds it again', async () => {
    const image = await engine.image(target.image);
    expect(image?.tags).toContain(target.image);
    expect(image?.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await engine.image(image?.id ?? ''))?.id).toBe(image?.id);
  });

  describe('images', () => {
    const ours = (tag: string) => `steward.local/contract/web:${tag}`;
    const nameOf = (tag: string) => `${target.published.repository}:${tag}`;
    const pinned = ({ digest }: PublishedTag) => `${target.published.repository}@${digest}`;
    const summaryOf = async ({ id }: PublishedTag) => (await engine.images()).find((one) => one.id === id);
    afterEach(async () => {
      const { one, two } = target.published;
      for (const tag of ['a', 'b']) await engine.untag(ours(tag), { removes: true });
      for (const tag of ['1', '2']) await engine.untag(nameOf(tag), { removes: true });
      for (const tag of [one, two]) await engine.untag(pinned(tag), { removes: true });
      expect(await engine.image(one.id)).toBeUndefined();
      expect(await engine.image(two.id)).toBeUndefined();
    });

    it('pull of a digest gives the image under no tag', async () => {
      const { one } = target.published;
      const image = await engine.pull(pinned(one));
      expect(image).toMatchObject({ id: one.id, tags: [] });
      expect(image.digests).toContain(pinned(one));
      expect(await engine.image(nameOf('1'))).toBeUndefined();
      expect(await summaryOf(one)).toMatchObject({
        tags: [],
        size: expect.any(Number),
        labels: image.labels,
        createdAt: expect.any(Number),
      });
    });

    it('pull of a tag moves it, and of a digest leaves it', async () => {
      const { one, two } = target.published;
      expect((await engine.pull(nameOf('1'))).id).toBe(one.id);
      await engine.tag(one.id, nameOf('2'));
      await engine.pull(pinned(two));
      expect((await engine.image(nameOf('2')))?.id).toBe(one.id);
      expect((await engine.pull(nameOf('2'))).id).toBe(two.id);
      expect((await engine.image(nameOf('2')))?.id).toBe(two.id);
      expect((await engine.image(one.id))?.tags).toEqual([nameOf('1')]);
    });

    it('pull of what is here already succeeds', async () => {
      const { one } = target.published;
      await engine.pull(nameOf('1'));
      expect((await engine.pull(nameOf('1'))).id).toBe(one.id);
    });

    it('pull of what the registry lacks, or of no registry, throws the engine’s words', async () => {
      const { repository } = target.published;
      const missing = `${repository}@sha256:${'0'.repeat(64)}`;
      await expect(engine.pull(missing)).rejects.toThrow(`Cannot pull "${missing}": `);
      await expect(engine.pull(missing)).rejects.toThrow('manifest unknown');
      await expect(engine.pull('127.0.0.1:1/web:1')).rejects.toThrow('connection refused');
    });

    it('pull that fails leaves a tag of that name alone', async () => {
      await engine.pull(nameOf('1'));
      await engine.tag(nameOf('1'), `${target.published.repository}:nothing`);
      await expect(engine.pull(`${target.published.repository}:nothing`)).rejects.toThrow('manifest unknown');
      await engine.untag(`${target.published.repository}:nothing`);
    });

    it('pull from a registry with a login needs it', async () => {
      const { image, credentials } = target.locked;
      const wrong = { ...credentials, password: 'wrong' };
      await expect(engine.pull(image)).rejects.toThrow('unauthorized');
      await expect(engine.pull(image, { credentials: wrong })).rejects.toThrow('unauthorized');
      expect((await engine.pull(image, { credentials })).tags).toContain(image);
      await engine.untag(image, { removes: true });
    });

    it('pull ends with its signal', async () => {
      const stop = new AbortController();
      const pulling = engine.pull(nameOf('1'), { signal: stop.signal });
      setImmediate(() => stop.abort(new Error('enough')));
      await expect(pulling).rejects.toThrow('enough');
    });

    it('pull, tag and untag take only names that are fully written', async () => {
      for (const name of [
        'web',
        'web:1',
        'a/web:1',
        'example.org/web',
        'example.org/Web:1',
        'x.y/../z:1',
        '',
      ]) {
        for (const refused of [engine.pull(name), engine.tag(target.image, name), engine.untag(name)]) {
          await expect(refused).rejects.toThrow('expected a name with its registry, and a tag or a digest');
        }
      }
    });

    it('tag gives another name, again without a change, and moves one', async () => {
      const { one, two } = target.published;
      await engine.pull(nameOf('1'));
      await engine.pull(pinned(two));
      for (let time = 0; time < 2; time++) await engine.tag(nameOf('1'), ours('a'));
      expect((await engine.image(ours('a')))?.id).toBe(one.id);
      await engine.tag(pinned(two), ours('a'));
      expect((await engine.image(ours('a')))?.id).toBe(two.id);
      expect((await summaryOf(one))?.tags).toEqual([nameOf('1')]);
    });

    it('image that is remembered is as it was last asked for', async () => {
      const { one } = target.published;
      await engine.pull(nameOf('1'));
      await engine.tag(one.id, ours('a'));
      const before = await engine.image(one.id, { remembered: true });
      expect(before?.tags).toEqual([nameOf('1')]);
      const now = await engine.image(one.id);
      expect(now?.tags.toSorted()).toEqual([nameOf('1'), ours('a')].toSorted());
      expect(await engine.image(one.id, { remembered: true })).toEqual(now);
    });

    it('tag of an image that is not here throws', async () => {
      for (const image of ['localhost/nothing-of-the-kind:1', `sha256:${'0'.repeat(64)}`, '..']) {
        await expect(engine.tag(image, ours('a'))).rejects.toThrow(`Cannot name "${image}"`);
      }
      expect(await engine.image(ours('a'))).toBeUndefined();
    });

    it('untag takes one name of several, and leaves one that is not there', async () => {
      const { one } = target.published;
      await engine.pull(nameOf('1'));
      await engine.tag(one.id, ours('a'));
      await engine.untag(nameOf('1'));
      await engine.untag(nameOf('1'));
      expect(await engine.image(nameOf('1'))).toBeUndefined();
      expect((await engine.image(one.id))?.tags).toEqual([ours('a')]);
    });

    it('untag refuses the last name, a pulled digest counting as one, unless the image may go', async () => {
      const { one } = target.published;
      await engine.pull(pinned(one));
      await engine.tag(one.id, ours('a'));
      expect(await summaryOf(one)).toMatchObject({ tags: [ours('a')], digestNames: [pinned(one)] });
      await engine.untag(pinned(one));
      await engine.untag(pinned(one));
      await expect(engine.untag(ours('a'))).rejects.toThrow('it is the image’s last name');
      expect((await engine.image(ours('a')))?.id).toBe(one.id);
      await engine.untag(ours('a'), { removes: true });
      expect(await engine.image(one.id)).toBeUndefined();
    });
  });

  describe('containers that nothing but the engine manages', () => {
    const name = 'contract-made';
    const other = 'contract-made-other';
    // As the first process it has to catch the signal itself.
    const program = ['sh', '-c', "trap 'exit 0' TERM; sleep 1000 & wait"];
    const body = () => ({
      Image: target.image,
      Cmd: program,
      Env: ['GREETING=it is'],
      Labels: { colour: 'blue' },
      HostConfig: { NetworkMode: 'none' },
    });
    afterEach(async () => {
      for (const one of [name, other]) await engine.remove(one, { force: true });
    });

    it('create makes one that start runs and stop ends', async () => {
      const id = await engine.create(name, body());
      expect(await engine.inspect(name)).toMatchObject({ id, running: false, startedAt: undefined });
      await engine.start(name);
      await engine.start(name);
      expect(await engine.inspect(name)).toMatchObject({ id, running: true, labels: { colour: 'blue' } });
      const { stdout, text } = collect();
      await engine.exec(name, ['env'], { stdout });
      expect(text()).toContain('GREETING=it is\n');
      await engine.stop(name, { timeout: 30_000 });
      await engine.stop(name, { timeout: 30_000 });
      expect(await engine.inspect(name)).toMatchObject({ id, running: false });
    });

    it('stop leaves what is not there alone, start does not', async () => {
      await engine.stop('nothing-of-the-kind');
      await expect(engine.start('nothing-of-the-kind')).rejects.toThrow('no such container');
    });

    it('inspectRaw gives what create was given, and undefined for what does not exist', async () => {
      await engine.create(name, body());
      const raw = await engine.inspectRaw(name);
      expect(raw?.Config).toMatchObject({
        Image: target.image,
        Cmd: program,
        Labels: { colour: 'blue' },
      });
      expect(raw?.Config.Env).toContain('GREETING=it is');
      expect(raw?.podman?.Config).toBeDefined();
      for (const none of ['nothing-of-the-kind', '', '..']) {
        expect(await engine.inspectRaw(none)).toBeUndefined();
        expect(await engine.inspectImageRaw(`localhost/${none}`)).toBeUndefined();
      }
      const image = await engine.inspectImageRaw(raw?.Image ?? '');
      expect(image?.Id).toContain(raw?.Image.replace('sha256:', ''));
      expect(image?.podman).toBeDefined();
    });

    it('create refuses a name that is taken and an image that is not here', async () => {
      await engine.create(name, body());
      await expect(engine.create(name, body())).rejects.toThrow(`Cannot create "${name}": `);
      await expect(
        engine.create(other, { ...body(), Image: 'localhost/nothing-of-the-kind:1' }),
      ).rejects.toThrow(/Cannot create ".*": .*image not known/);
      await expect(engine.create('../x', body())).rejects.toThrow('"../x" is no name');
      expect(await engine.inspect(other)).toBeUndefined();
    });

    it('rename keeps the container, running or not, and refuses a name that is taken', async () => {
      const id = await engine.create(name, body());
      await engine.rename(name, other);
      expect(await engine.inspect(name)).toBeUndefined();
      await engine.start(other);
      await engine.rename(other, name);
      expect(await engine.inspect(name)).toMatchObject({ id, name, running: true });
      await engine.create(other, body());
      await expect(engine.rename(name, other)).rejects.toThrow(`Cannot rename "${name}" to "${other}": `);
      await expect(engine.rename('nothing-of-the-kind', other)).rejects.toThrow('no such container');
    });

    it('remove leaves what runs unless it is forced, and what is gone alone', async () => {
      await engine.create(name, body());
      await engine.start(name);
      await expect(engine.remove(name)).rejects.toThrow(`Cannot remove "${name}": `);
      expect(await engine.inspect(name)).toMatchObject({ running: true });
      await engine.remove(name, { force: true });
      await engine.remove(name);
      expect(await engine.inspect(name)).toBeUndefined();
    });

    it('remove takes along volumes that have no name, and only when asked', async () => {
      const volume = 'contract-named';
      for (const volumes of [false, true]) {
        await engine.create(name, {
          ...body(),
          Volumes: { '/own': {} },
          HostConfig: { NetworkMode: 'none', Binds: [`${volume}:/named`] },
        });
        const raw = await engine.inspectRaw(name);
        const own = raw?.Mounts.find(({ Destination: at }) => at === '/own')?.Name ?? '';
        expect(await target.volumes()).toEqual(expect.arrayContaining([own, volume]));
        await engine.remove(name, { volumes });
        const left = await target.volumes();
        expect(left).toContain(volume);
        expect(left.includes(own)).toBe(!volumes);
        if (!volumes) await target.removeVolume?.(own);
      }
      await target.removeVolume?.(volume);
    });

    it('untag never removes an image that one was made from', async () => {
      const { one, repository } = target.published;
      const image = `${repository}:1`;
      await engine.pull(image);
      await engine.create(name, { ...body(), Image: image });
      await expect(engine.untag(image, { removes: true })).rejects.toThrow('in use');
      expect((await engine.image(image))?.id).toBe(one.id);
      await engine.remove(name);
      await engine.untag(image, { removes: true });
    });

    it('connect and disconnect join and leave a network, twice without harm', async () => {
      const [first = '', second = ''] = target.networks;
      await engine.create(name, {
        ...body(),
        HostConfig: { NetworkMode: first },
        NetworkingConfig: { EndpointsConfig: { [first]: { Aliases: ['one'] } } },
      });
      const joined = async () => {
        const found = (await engine.inspectRaw(name))?.NetworkSettings.Networks ?? {};
        return Object.fromEntries(
          Object.entries(found).map(([network, { Aliases: aliases }]) => [network, aliases?.[0]]),
        );
      };
      for (let time = 0; time < 2; time++) await engine.connect(second, name, { Aliases: ['two'] });
      expect(await joined()).toEqual({ [first]: 'one', [second]: 'two' });
      for (let time = 0; time < 2; time++) await engine.disconnect(second, name);
      expect(await joined()).toEqual({ [first]: 'one' });
      await expect(engine.connect('nothing-of-the-kind', name, {})).rejects.toThrow('network not found');
    });
  });

  it('stats tell memory and the share of a core at the first look', async () => {
    const stats = await engine.stats(target.container);
    if (stats === undefined) throw new Error('no statistics');
    const { memoryUsed, memoryLimit, cpu } = stats;
    expect(memoryUsed).toBeGreaterThan(0);
    expect(memoryLimit).toBeUndefined();
    expect(cpu).toBeGreaterThanOrEqual(0);
    expect(cpu).toBeLessThan(target.sharesCgroup === true ? Infinity : 400);
  });

  it('logs are in order, with stream and time', async () => {
    const lines = await logOf(target.container);
    expect(lines.map(({ stream, text }) => `${stream} ${text}`)).toEqual([
      'stdout first',
      'stderr second',
      'stdout third',
    ]);
    for (const { at } of lines) expect(at).toBeLessThanOrEqual(Date.now());
  });

  it('logs honour tail and since', async () => {
    expect(textsOf(await logOf(target.container, { tail: 1 }))).toEqual(['third']);
    expect(await logOf(target.container, { since: Date.now() + 3_600_000 })).toEqual([]);
    expect(await logOf(target.container, { since: Date.now() - 3_600_000 })).toHaveLength(3);
  });

  it('logs of a terminal keep colours and lose carriage returns', async () => {
    expect(textsOf(await logOf(target.terminal))).toEqual(['\u001b[1mready\u001b[0m']);
  });

  it('logs cut a line of 10 MB and replace what is not UTF-8', async () => {
    const [long, wrong, last] = await logOf(target.odd);
    expect(long?.text).toBe(`${'x'.repeat(64 * 1024)}…`);
    expect(wrong?.text).toBe('a\ufffdb');
    expect(last?.text).toBe('last');
  });

  it('logs of what does not exist say so', async () => {
    await expect(logOf('nothing-of-the-kind')).rejects.toThrow(
      /Cannot read the log of "nothing-of-the-kind": .*no such container/,
    );
  });

  it('logs that are followed end with the container', async () => {
    const running = await target.begin('followed');
    const texts: string[] = [];
    for await (const { text } of engine.logs('followed', {
      follow: true,
      signal: AbortSignal.timeout(30_000),
    })) {
      texts.push(text);
      if (text === 'working') await running.end(0);
    }
    expect(texts[0]).toBe('working');
  });

  it('logs that are followed end with the signal', async () => {
    const stop = new AbortController();
    const read = (async () => {
      for await (const { text } of engine.logs(target.container, { follow: true, signal: stop.signal })) {
        if (text === 'third') stop.abort(new Error('enough'));
      }
    })();
    await expect(read).rejects.toThrow('enough');
  });

  it('events tell a container’s life once, with its exit code', async () => {
    const events = await watch(engine, async (until) => {
      await (await target.begin('mortal')).end(7);
      await until((event) => event.action === 'remove' && event.name === 'mortal');
    });
    const life = events.filter((event) => event.name === 'mortal' && event.type === 'container');
    expect(life.filter((event) => event.action === 'start')).toHaveLength(1);
    expect(life.filter((event) => event.action === 'die').map((event) => event.exitCode)).toEqual([7]);
  });

  it('events tell a container’s other name, and its end when it is stopped', async () => {
    const events = await watch(engine, async (until) => {
      await target.begin('named');
      await engine.rename('named', 'renamed');
      await until((event) => event.action === 'rename' && event.name === 'renamed');
      await engine.remove('renamed', { force: true });
      await until((event) => event.action === 'remove' && event.name === 'renamed');
    });
    const ends = events.filter(({ action, name }) => action === 'die' && name === 'renamed');
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([137]);
  });

  it('events tell that a health check has ended, and inspect what came of it', async () => {
    await watch(engine, async (until) => {
      await target.fallIll('ill');
      await until((event) => event.action.startsWith('health_status') && event.name === 'ill');
    });
    expect((await engine.inspect('ill'))?.health).toMatchObject({ status: 'unhealthy' });
    await engine.remove('ill', { force: true });
  });

  it('events that a lost connection missed are told afterwards, none twice', async () => {
    const connection: string[] = [];
    const events = await watch(
      engine,
      async (until) => {
        await (await target.begin('before')).end(1);
        await until((event) => event.action === 'remove' && event.name === 'before');
        const during = await target.begin('during');
        await target.breakOff(() => during.end(2));
        await until((event) => event.action === 'remove' && event.name === 'during');
        await (await target.begin('after')).end(3);
        await until((event) => event.action === 'remove' && event.name === 'after');
      },
      (lost) => connection.push(lost === undefined ? 'back' : 'lost'),
    );
    // Other tests' containers live and die on the same engine.
    const deaths = events
      .filter(({ action, name = '' }) => action === 'die' && ['before', 'during', 'after'].includes(name))
      .map((event) => [event.name, event.exitCode]);
    expect(deaths).toEqual([
      ['before', 1],
      ['during', 2],
      ['after', 3],
    ]);
    expect(connection).toEqual(['lost', 'back']);
    const keys = events.map((event) => `${event.timeNano} ${event.id} ${event.action}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('events since a time replay the past', async () => {
    const since = Date.now();
    await (await target.begin('past')).end(4);
    const events = await watch(
      engine,
      (until) => until((event) => event.action === 'remove' && event.name === 'past'),
      undefined,
      since,
    );
    expect(events.find((event) => event.action === 'die' && event.name === 'past')?.exitCode).toBe(4);
  });

  it('exec gives the exit code and stderr, and stdout byte for byte', async () => {
    const { stdout, text } = collect();
    const result = await engine.exec(target.container, ['sh', '-c', 'echo out; echo err >&2; exit 3'], {
      stdout,
    });
    expect(result).toEqual({ exitCode: 3, stderr: 'err\n' });
    expect(text()).toBe('out\n');
  });

  it('exec passes environment and user', async () => {
    const { stdout, text } = collect();
    await engine.exec(target.container, ['env'], { stdout, env: { GREETING: "it's $HOME; really" } });
    expect(text()).toContain("GREETING=it's $HOME; really\n");
    const who = collect();
    await engine.exec(target.container, ['id', '-u'], { stdout: who.stdout, user: '1234' });
    expect(who.text()).toBe('1234\n');
  });

  it('exec gives 40 MB to a slow reader without keeping them', async () => {
    const last = 5_300_000;
    const expected = createHash('sha256');
    for (let from = 1; from <= last; from += 100_000) {
      let text = '';
      for (let number = from; number < from + 100_000 && number <= last; number++) text += `${number}\n`;
      expected.update(text);
    }
    const hash = createHash('sha256');
    const before = memory();
    let most = 0;
    let size = 0;
    let writes = 0;
    const stdout = new Writable({
      highWaterMark: 64 * 1024,
      write(chunk: Buffer, _encoding, taken) {
        hash.update(chunk);
        size += chunk.length;
        // Each look collects the garbage first.
        if (writes++ % 50 === 0) most = Math.max(most, memory() - before);
        if (writes % 8 === 0) setTimeout(taken, 1);
        else setImmediate(taken);
      },
    });
    const { exitCode } = await engine.exec(target.container, ['seq', String(last)], { stdout });
    expect(exitCode).toBe(0);
    expect(size).toBeGreaterThan(40_000_000);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
    expect(most).toBeLessThan(8_000_000);
  });

  it('exec lends its output: every byte of it, and takes back what has been taken', async () => {
    const last = 300_000;
    const expected = createHash('sha256');
    for (let number = 1; number <= last; number += 1) expected.update(`${number}\n`);
    const hash = createHash('sha256');
    const pieces: Buffer[] = [];
    const stdout = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, taken) {
        setImmediate(() => {
          hash.update(chunk);
          pieces.push(chunk);
          taken();
        });
      },
    });
    const command = ['seq', String(last)];
    const { exitCode } = await engine.exec(target.container, command, { stdout, lent: true });
    expect(exitCode).toBe(0);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
    expect(pieces.filter(({ length }) => length === 0)).not.toEqual([]);
    // What stays came out of memory that others share, and takes none of its own.
    const kept = pieces.filter(({ length }) => length > 0);
    expect(kept.filter(({ buffer }) => buffer.byteLength !== Buffer.poolSize)).toEqual([]);
  });

  it('exec feeds stdin to its end', async () => {
    const { stdout, size } = collect();
    const { exitCode } = await engine.exec(target.container, ['cat'], { stdout, stdin: blocks(100) });
    expect(exitCode).toBe(0);
    expect(size()).toBe(100 * 65_536);
  });

  it('exec does not take a program for well that left its input unread', async () => {
    const reading = engine.exec(target.container, ['head', '-c', '10'], { stdin: blocks(1000) });
    await expect(reading).rejects.toThrow(/output may be cut off/);
  });

  it('exec ends with a source that never comes', async () => {
    const never = async function* (): AsyncGenerator<Uint8Array> {
      await new Promise(() => {});
      yield new Uint8Array();
    };
    expect(await engine.exec(target.container, ['true'], { stdin: never() })).toMatchObject({ exitCode: 0 });
  });

  it('exec fails with its source and with its reader', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new Error('the source broke');
    };
    await expect(engine.exec(target.container, ['cat'], { stdin: broken() })).rejects.toThrow(
      'the source broke',
    );
    const full = new Writable({ write: (_chunk, _encoding, taken) => taken(new Error('the disk is full')) });
    await expect(
      engine.exec(target.container, ['head', '-c', '10000000', '/dev/zero'], { stdout: full }),
    ).rejects.toThrow('the disk is full');
  });

  it('exec tells a program and a container that do not exist', async () => {
    const { exitCode, stderr } = await engine.exec(target.container, ['nothing-of-the-kind']);
    expect(exitCode).toBe(127);
    expect(stderr).toContain('not found');
    await expect(engine.exec('nothing-of-the-kind', ['true'])).rejects.toThrow(
      /Cannot run "true" in "nothing-of-the-kind": .*no such container/,
    );
  });

  it('exec ends with its signal', async () => {
    const stop = new AbortController();
    const running = engine.exec(target.container, ['sleep', '1000'], { signal: stop.signal });
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(running).rejects.toThrow('enough');
  });

  it('exec whose engine is killed in the middle is not taken for complete', async () => {
    let broken: Promise<void> | undefined;
    let go = () => {};
    const stdout = new Writable({
      write(_chunk, _encoding, taken) {
        if (broken !== undefined) return taken();
        // The rest comes after the kill, from what was on its way.
        go = taken;
        broken = target.breakOff().finally(() => go());
      },
    });
    await expect(
      engine.exec(target.container, ['head', '-c', '50000000', '/dev/zero'], { stdout }),
    ).rejects.toThrow();
    await broken;
  });

  it('the engine answers again after it was killed', async () => {
    await target.breakOff();
    await waitFor(() => engine.ping());
    expect(await engine.inspect(target.container)).toMatchObject({ running: true });
  });
}

/** Follow the events while something happens. `until` resolves with the first event that is the one, past or to come. */
async function watch(
  engine: Engine,
  happen: (until: (isIt: (event: EngineEvent) => boolean) => Promise<void>) => Promise<void>,
  onConnection?: (lost: Error | undefined) => void,
  since = Date.now(),
): Promise<EngineEvent[]> {
  const stop = new AbortController();
  const events: EngineEvent[] = [];
  const came = new EventTarget();
  const following = (async () => {
    const options = { signal: stop.signal, since, ...(onConnection === undefined ? {} : { onConnection }) };
    for await (const event of engine.events(options)) {
      events.push(event);
      came.dispatchEvent(new Event('event'));
    }
  })();
  try {
    await happen(async (isIt) => {
      const limit = AbortSignal.timeout(30_000);
      while (!events.some(isIt)) await once(came, 'event', { signal: limit });
    });
    // What would come twice comes at once after the first.
    await pause(0);
  } finally {
    stop.abort();
    await following;
  }
  return events;
}

function collect() {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, taken) {
      chunks.push(chunk);
      taken();
    },
  });
  return {
    stdout,
    text: () => Buffer.concat(chunks).toString(),
    size: () => chunks.reduce((sum, chunk) => sum + chunk.length, 0),
  };
}

async function* blocks(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield new Uint8Array(65_536);
}

/** Bytes that are held, garbage left out. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
