/** What an engine can do wrong, by servers that do just that. */
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable, type Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type EngineEvent } from '../../src/clients/engine.ts';
import { UnreachableError } from '../../src/errors.ts';

let folder: string;
let socket: string;
const open: (Server | SocketServer)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-'));
  socket = join(folder, 'engine.sock');
});
afterEach(async () => {
  for (const server of open.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

const address = () => `unix://${socket}`;
const pieces = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
};
const failure = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: Error) => error,
  );

/** An engine that answers the version and leaves the rest to the test. */
async function serve(
  answer: RequestListener,
  { version = '1.41', upgrade }: { version?: string; upgrade?: (socket: Duplex) => void } = {},
): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/_ping') response.setHeader('Api-Version', version).end('OK');
    else answer(request, response);
  });
  if (upgrade !== undefined) {
    server.on('upgrade', (_request, connection) => {
      connection.on('error', () => {});
      connection.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      upgrade(connection);
    });
  }
  open.push(server);
  server.listen(socket);
  await once(server, 'listening');
  return server;
}

const frame = (text: string) =>
  Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);

describe('an engine whose stream says nothing', () => {
  /** Streams begin, and end with a line after five questions whether it lives; where it hangs it answers the first alone. */
  async function beSilent({ hangs }: { hangs: boolean }): Promise<void> {
    let pings = 0;
    const asked = Promise.withResolvers<void>();
    const server = createServer((request, response) => {
      if (request.url !== '/_ping') {
        // The program of an exec is made before its stream begins.
        if (request.url?.endsWith('/exec') === true) response.writeHead(201).end('{"Id":"e"}');
        else response.flushHeaders();
        void asked.promise.then(() => response.end(frame('late\n')));
        return;
      }
      pings += 1;
      if (hangs && pings > 1) return;
      if (pings === 5) asked.resolve();
      response.setHeader('Api-Version', '1.41').end('OK');
    });
    server.on('upgrade', (_request, connection: Duplex) => {
      connection.on('error', () => {});
      connection.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    });
    open.push(server);
    server.listen(socket);
    await once(server, 'listening');
  }

  it.each(['logs', 'exec', 'pull'] as const)('and that hangs is left by %s', async (what) => {
    await beSilent({ hangs: true });
    const engine = createEngine(address(), { timeout: 20 });
    const work = {
      logs: () => pieces(engine.logs('one', { follow: true })),
      exec: () => engine.exec('one', ['true']),
      pull: () => engine.pull('localhost/a:1'),
    }[what];
    const error = await failure(work());
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error.message).toMatch(/did not answer within/);
  });

  it('and that lives is waited for', async () => {
    await beSilent({ hangs: false });
    const engine = createEngine(address(), { timeout: 200 });
    const lines = await pieces(engine.logs('one', { follow: true }));
    expect(lines).toMatchObject([{ text: 'late' }]);
  });
});

describe('an engine that cannot be reached', () => {
  it('is a missing socket, said in one sentence', async () => {
    const error = await failure(createEngine(address()).list());
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error.message).toMatch(
      /^Cannot reach the engine at "\S+": the socket does not exist\. Start the engine/,
    );
  });

  it('is a socket that nobody listens at', async () => {
    const server = createSocketServer();
    server.listen(socket);
    await once(server, 'listening');
    // Closing would take it away under its own name.
    renameSync(socket, `${socket}.kept`);
    server.close();
    await once(server, 'close');
    renameSync(`${socket}.kept`, socket);
    const error = await failure(createEngine(address()).ping());
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error.message).toContain('nothing listens there');
  });

  it('is a file that is no socket, and a path too long for one', async () => {
    writeFileSync(socket, '');
    expect(await failure(createEngine(address()).ping())).toBeInstanceOf(UnreachableError);
    const long = await failure(createEngine(`unix:///tmp/${'x'.repeat(200)}`).ping());
    expect(long).toBeInstanceOf(UnreachableError);
    expect(long.message).toContain('too long for a socket');
  });

  it('is one that takes connections and says nothing, for each kind of call', async () => {
    const server = createSocketServer(() => {});
    open.push(server);
    server.listen(socket);
    await once(server, 'listening');
    const engine = createEngine(address(), { timeout: 50 });
    const calls = [
      engine.ping(),
      engine.version(),
      engine.list(),
      engine.inspect('one'),
      engine.stats('one'),
      engine.image('one'),
      pieces(engine.logs('one')),
      engine.exec('one', ['true']),
    ];
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error).toBeInstanceOf(UnreachableError);
      expect(error.message).toMatch(/did not answer within 0\.05 s/);
    }
    await engine.close();
  });

  it('is one that hangs after it has told its version', async () => {
    await serve(() => {});
    const error = await failure(createEngine(address(), { timeout: 50 }).inspect('one'));
    expect(error).toBeInstanceOf(UnreachableError);
  });

  it('is one that hangs in the middle of its answer, or of its refusal', async () => {
    for (const status of [200, 500]) {
      const server = await serve((_request, response) => {
        response.statusCode = status;
        response.setHeader('Content-Type', 'application/json').write('{"Id":');
      });
      const engine = createEngine(address(), { timeout: 50 });
      for (const error of await Promise.all([engine.inspect('one'), engine.list()].map(failure))) {
        expect(error).toBeInstanceOf(UnreachableError);
      }
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });

  it('is one that hangs while it changes something', async () => {
    await serve((request, response) => {
      if (request.method === 'GET') response.end('{"Id":"sha256:a"}');
    });
    const engine = createEngine(address(), { change: 50 });
    const calls = [
      engine.tag('sha256:a', 'localhost/a:1'),
      engine.create('one', {}),
      engine.rename('one', 'two'),
      engine.remove('one'),
      engine.start('one', { timeout: 50 }),
      engine.stop('one', { timeout: 50 }),
    ];
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error.message).toContain('did not answer within 0.05 s');
    }
  });

  it('is one that drops the connection instead of answering', async () => {
    await serve((request) => request.socket.destroy());
    const error = await failure(createEngine(address()).inspect('one'));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error.message).toContain('broke the connection off');
  });

  it('is asked anew once it is there', async () => {
    const engine = createEngine(address());
    await failure(engine.list());
    await serve((_request, response) => response.end('[]'));
    expect(await engine.list()).toEqual([]);
  });

  it('leaves at once with the caller’s signal', async () => {
    await serve(() => {});
    const stop = new AbortController();
    const asked = createEngine(address()).inspect('one', { signal: stop.signal });
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(asked).rejects.toThrow('enough');
  });

  it('leaves at once with the caller’s signal while it is still connecting', async () => {
    const server = createSocketServer(() => {});
    open.push(server);
    server.listen(socket);
    await once(server, 'listening');
    const engine = createEngine(address());
    const stop = new AbortController();
    const asked = engine.inspect('one', { signal: stop.signal });
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(asked).rejects.toThrow('enough');
    await engine.close();
  });

  it('lets go of what runs when it is closed', async () => {
    await serve(() => {});
    const engine = createEngine(address());
    const asked = engine.inspect('one');
    setImmediate(() => void engine.close());
    await expect(asked).rejects.toThrow('was closed');
  });
});

describe('versions', () => {
  it.each([
    ['1.41', '/v1.41/'],
    ['1.44', '/v1.44/'],
    ['1.99', '/v1.51/'],
    ['2.0', '/v1.51/'],
  ])('an engine of %s is asked at %s', async (version, path) => {
    const asked: string[] = [];
    await serve(
      (request, response) => {
        asked.push(request.url ?? '');
        response.end('[]');
      },
      { version },
    );
    await createEngine(address()).list();
    expect(asked[0]).toContain(path);
  });

  it.each(['1.24', '', 'x'])('an engine of version "%s" is refused with what is needed', async (version) => {
    await serve((_request, response) => response.end('[]'), { version });
    await expect(createEngine(address()).list()).rejects.toThrow('1.40 or newer is needed');
  });

  it('an address other than a Unix socket is refused', () => {
    expect(() => createEngine('tcp://127.0.0.1:2375')).toThrow('unix:///path is expected');
  });
});

describe('answers', () => {
  it('of failure are told in the engine’s words', async () => {
    await serve((_request, response) => {
      response
        .writeHead(500, { 'content-type': 'application/json' })
        .end('{"message":"database is locked","cause":"x"}');
    });
    const engine = createEngine(address());
    await expect(engine.inspect('one')).rejects.toThrow('Cannot inspect "one": database is locked');
    await expect(pieces(engine.logs('one'))).rejects.toThrow(
      'Cannot read the log of "one": database is locked',
    );
  });

  it('of what went away while it was looked at are as if it had not been there', async () => {
    await serve((_request, response) => {
      response
        .writeHead(500, { 'content-type': 'application/json' })
        .end(
          '{"message":"container 1 does not exist in database: no such container","cause":"no such container"}',
        );
    });
    const engine = createEngine(address());
    expect(await engine.inspect('one')).toBeUndefined();
    await engine.remove('one');
    await expect(engine.start('one')).rejects.toThrow('does not exist in database');
  });

  it('that fail as a whole because one container went away are asked for again, a few times', async () => {
    let asked = 0;
    let failures = 2;
    await serve((_request, response) => {
      asked += 1;
      failures -= 1;
      if (failures < 0) return response.end('[]');
      return response
        .writeHead(500, { 'content-type': 'application/json' })
        .end(
          '{"message":"getting container from store \\"1\\": container not known","cause":"container not known"}',
        );
    });
    const engine = createEngine(address());
    expect(await engine.list()).toEqual([]);
    expect(asked).toBe(3);
    failures = 3;
    await expect(engine.list()).rejects.toThrow('Cannot list the containers: getting container from store');
  });

  it('of Docker: a version, a health of none, memory without the cache', async () => {
    await serve((request, response) => {
      const path = request.url ?? '';
      if (path.endsWith('/version'))
        response.end('{"Version":"28.1.1","ApiVersion":"1.49","Components":[{"Name":"Engine"}]}');
      else if (path.includes('/stats')) {
        response.end(
          '{"id":"1","read":"2026-11-20T14:37:10.5Z","cpu_stats":{"cpu_usage":{"total_usage":5250000000}},"memory_stats":{"usage":900,"limit":1000,"stats":{"inactive_file":400}}}',
        );
      } else {
        response.end(
          '{"Id":"1","Created":"2026-11-20T14:00:00Z","Name":"/one","Image":"abc","State":{"Status":"running","Running":true,"StartedAt":"2026-11-20T14:37:00Z","FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"none"}},"HostConfig":{"Memory":0},"Config":{"Image":"one:1","Labels":null},"Mounts":[]}',
        );
      }
    });
    const engine = createEngine(address());
    expect(await engine.version()).toEqual({ name: 'Docker', version: '28.1.1', apiVersion: '1.49' });
    expect(await engine.inspect('one')).toMatchObject({
      name: 'one',
      imageId: 'sha256:abc',
      labels: {},
      health: undefined,
      finishedAt: undefined,
      startedAt: Date.parse('2026-11-20T14:37:00Z'),
    });
    // 5.25 s of work in 10.5 s.
    expect(await engine.stats('one')).toEqual({ memoryUsed: 500, memoryLimit: 1000, cpu: 50 });
  });

  it('of measuring: the share of a core since the look before, if that was long enough ago', async () => {
    const looks = [
      ['2026-11-20T14:37:10Z', 1e9],
      ['2026-11-20T14:37:10.5Z', 1.1e9],
      ['2026-11-20T14:37:12Z', 2e9],
    ] as const;
    let look = 0;
    await serve((request, response) => {
      if (!(request.url ?? '').includes('/stats'))
        return void response.writeHead(404).end('{"message":"none"}');
      const [read, used] = looks[look++] ?? ['', 0];
      response.end(JSON.stringify({ Id: '1', read, cpu_stats: { cpu_usage: { total_usage: used } } }));
    });
    const engine = createEngine(address());
    const cpu = [];
    for (const _ of looks) cpu.push((await engine.stats('one'))?.cpu);
    expect(cpu).toEqual([undefined, undefined, 50]);
  });
});

describe('pull', () => {
  const name = `example.org/web@sha256:${'a'.repeat(64)}`;
  const words = (...lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  /** An engine that pulls as it is told, and has an image of this id and these digests. */
  const pulling = (answer: RequestListener, image?: { Id: string; RepoDigests?: string[] }) =>
    serve((request, response) => {
      if (request.method === 'POST') answer(request, response);
      else if (image === undefined) response.writeHead(404).end('{"message":"none"}');
      else response.end(JSON.stringify({ RepoTags: [], Created: '2026-11-20T00:00:00Z', Size: 1, ...image }));
    });
  const layer = { id: '111111111111' };

  it('tells bytes as far as they are told, and the sum only when all are known', async () => {
    const id = `sha256:${'b'.repeat(64)}`;
    await pulling(
      (_request, response) =>
        response.end(
          words(
            { status: 'Pulling fs layer', ...layer },
            { status: 'Pulling fs layer', id: '222222222222' },
            { status: 'Downloading', ...layer, progressDetail: { current: 5, total: 10 } },
            { status: 'Downloading', id: '222222222222', progressDetail: { current: 1, total: 4 } },
            { status: 'Download complete', ...layer },
            { status: 'Already exists', id: '333333333333' },
            { status: 'Download complete', id: 'b'.repeat(12) },
          ),
        ),
      { Id: id },
    );
    const told: unknown[] = [];
    await createEngine(address()).pull(name, { progress: (...amounts) => told.push(amounts) });
    expect(told).toEqual([
      [5, undefined],
      [6, 14],
      [11, 14],
    ]);
  });

  it('takes Docker’s word for the digest', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    await pulling(
      (_request, response) =>
        response.end(words({ status: `Digest: ${digest}` }, { status: 'Status: done' })),
      { Id: `sha256:${'b'.repeat(64)}`, RepoDigests: [`example.org/web@${digest}`] },
    );
    expect((await createEngine(address()).pull(name)).digests).toEqual([`example.org/web@${digest}`]);
  });

  it.each([
    ['another image than was told', words({ status: 'Download complete', id: 'c'.repeat(12) })],
    ['an answer without a word', ''],
    ['half a word', '{"status":"Download comp'],
  ])('fails with %s, though an image is there under the name', async (_what, text) => {
    await pulling((_request, response) => response.end(text), { Id: `sha256:${'b'.repeat(64)}` });
    await expect(createEngine(address()).pull(name)).rejects.toThrow('ended before the image was there');
  });

  it('fails with an error inside a stream that began well', async () => {
    await pulling((_request, response) =>
      response.end(words({ status: 'Pulling fs layer', ...layer }, { error: 'no space left on device' })),
    );
    await expect(createEngine(address()).pull(name)).rejects.toThrow(`Cannot pull "${name}": no space left`);
  });

  it('is given up when nothing is told for too long, at the start or later, however long it all takes', async () => {
    await pulling(() => {});
    const silent = await failure(createEngine(address()).pull(name, { timeout: 50 }));
    expect(silent).toBeInstanceOf(UnreachableError);
    expect(silent.message).toContain('told no progress for 0.05 s');
  });

  it('is given up when it falls silent in the middle', async () => {
    await pulling((_request, response) => response.write(words({ status: 'Pulling fs layer', ...layer })));
    const silent = await failure(createEngine(address()).pull(name, { timeout: 50 }));
    expect(silent).toBeInstanceOf(UnreachableError);
    expect(silent.message).toContain('told no progress for 0.05 s');
  });

  it('says that the engine broke off its answer', async () => {
    await pulling((_request, response) => {
      response.write(words({ status: 'Pulling fs layer', ...layer }), () => response.destroy());
    });
    const broken = await failure(createEngine(address()).pull(name));
    expect(broken).toBeInstanceOf(UnreachableError);
    expect(broken.message).toContain('broke off its answer');
  });

  it('hands a login over in a header and nowhere else', async () => {
    const asked: { url: string; auth: string }[] = [];
    await pulling((request, response) => {
      asked.push({ url: request.url ?? '', auth: String(request.headers['x-registry-auth']) });
      response.end(words({ error: 'enough' }));
    });
    const credentials = { username: 'me', password: 'pass:word' };
    await failure(createEngine(address()).pull(name, { credentials }));
    expect(JSON.parse(Buffer.from(asked[0]?.auth ?? '', 'base64url').toString())).toEqual(credentials);
    expect(asked[0]?.url).not.toContain('pass');
  });
});

describe('create', () => {
  it('keeps the configuration out of the address, where logs would have it', async () => {
    const asked: { url: string; body: string }[] = [];
    await serve((request, response) => {
      void (async () => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        asked.push({ url: request.url ?? '', body });
        response.writeHead(201).end('{"Id":"1","Warnings":[]}');
      })();
    });
    const id = await createEngine(address()).create('one', { Image: 'a', Env: ['PASSWORD=secret'] });
    expect(id).toBe('1');
    expect(asked[0]?.url).toBe('/v1.41/containers/create?name=one');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ Image: 'a', Env: ['PASSWORD=secret'] });
  });
});

describe('events', () => {
  const event = (nano: string, action: string, name = 'one') =>
    `{"Type":"container","Action":"${action}","Actor":{"ID":"id-${name}","Attributes":{"name":"${name}","exitCode":"137"}},"timeNano":${nano}}\n`;
  const base = BigInt(Date.now()) * 1_000_000n;
  const since = Number(base / 1_000_000n);
  const nano = (more: number) => String(base + BigInt(more));

  it('are whole however their bytes are split, with every digit of their time', async () => {
    const bytes = Buffer.from(event(nano(1), 'start', '한글') + event(nano(2), 'died'));
    await serve((_request, response) => {
      response.flushHeaders();
      let at = 0;
      const next = () => {
        if (at >= bytes.length) return;
        response.write(bytes.subarray(at, ++at));
        setImmediate(next);
      };
      next();
    });
    const stop = new AbortController();
    const seen: EngineEvent[] = [];
    for await (const one of createEngine(address()).events({ signal: stop.signal, since })) {
      seen.push(one);
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toMatchObject([
      { timeNano: base + 1n, action: 'start', name: '한글', exitCode: undefined },
      { timeNano: base + 2n, action: 'die', name: 'one', exitCode: 137, id: 'id-one' },
    ]);
  });

  it('are given once when a new connection tells them again, and those of before are asked for', async () => {
    const asked: number[] = [];
    const past = [event(nano(1), 'start'), event(nano(1), 'init'), event(nano(2), 'die')];
    const later = event(nano(3), 'start');
    await serve((request, response) => {
      asked.push(Number(new URL(request.url ?? '', 'http://x').searchParams.get('since')));
      response.flushHeaders();
      if (asked.length === 1) response.end(past.slice(0, 2).join(''));
      else response.write([...past, later].join(''));
    });
    const stop = new AbortController();
    const connection: (string | undefined)[] = [];
    const seen: string[] = [];
    for await (const one of createEngine(address()).events({
      signal: stop.signal,
      since,
      onConnection: (lost) => connection.push(lost?.message),
    })) {
      seen.push(`${one.action} ${one.timeNano - base}`);
      if (seen.length === 4) stop.abort();
    }
    expect(seen).toEqual(['start 1', 'init 1', 'die 2', 'start 3']);
    expect(connection).toEqual(['The engine ended its stream of events.', undefined]);
    expect(asked).toEqual([since / 1000, since / 1000]);
  });

  it('wait for an engine that is not there, say so once, and end with the signal', async () => {
    const stop = new AbortController();
    const lost: (string | undefined)[] = [];
    const read = pieces(
      createEngine(address()).events({
        signal: stop.signal,
        onConnection: (error) => {
          lost.push(error?.message);
          setTimeout(() => stop.abort(), 600);
        },
      }),
    );
    expect(await read).toEqual([]);
    expect(lost).toEqual([expect.stringContaining('the socket does not exist')]);
  });

  it('go on after something that is no event', async () => {
    let count = 0;
    await serve((_request, response) => {
      response.flushHeaders();
      if (count++ === 0) response.write('no event\n');
      else response.write(event(nano(1), 'start'));
    });
    const stop = new AbortController();
    for await (const one of createEngine(address()).events({ signal: stop.signal, since })) {
      expect(one.action).toBe('start');
      stop.abort();
    }
  });
});

describe('exec', () => {
  const answerExec =
    (state: () => unknown): RequestListener =>
    (request, response) => {
      if ((request.url ?? '').endsWith('/exec')) response.writeHead(201).end('{"Id":"e1"}');
      else response.end(JSON.stringify(state()));
    };

  it('waits for the exit code, which the engine knows later than the end of the output', async () => {
    let looks = 0;
    await serve(
      answerExec(() => (looks++ < 2 ? { Running: true, ExitCode: 0 } : { Running: false, ExitCode: 4 })),
      { upgrade: (connection) => connection.end(frame('out')) },
    );
    expect((await createEngine(address()).exec('one', ['true'])).exitCode).toBe(4);
  });

  it('does not take an output for complete that ends before its program', async () => {
    await serve(
      answerExec(() => ({ Running: true, ExitCode: 0 })),
      { upgrade: (connection) => connection.end(frame('out')) },
    );
    await expect(createEngine(address()).exec('one', ['true'])).rejects.toThrow(
      'its output ended before the program did',
    );
  });

  it('does not take an output for complete that ends in the middle of a frame', async () => {
    await serve(
      answerExec(() => ({ Running: false, ExitCode: 0 })),
      { upgrade: (connection) => connection.end(frame('out').subarray(0, 9)) },
    );
    const { stdout, ended } = sink();
    await expect(createEngine(address()).exec('one', ['true'], { stdout })).rejects.toThrow('in the middle');
    expect(await ended).toBe('destroyed');
  });

  it('tells the failure of a program that has left its input unread, and its complaint', async () => {
    await serve(
      answerExec(() => ({ Running: false, ExitCode: 1 })),
      {
        upgrade: (connection) => {
          connection.write(Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 6]), Buffer.from('wrong\n')]));
          connection.once('data', () => connection.destroy());
        },
      },
    );
    const stdin = (async function* () {
      for (let index = 0; index < 100; index++) yield new Uint8Array(65_536);
    })();
    expect((await createEngine(address()).exec('one', ['x'], { stdin })).exitCode).toBe(1);
  });

  it('ends its writer when all is there', async () => {
    await serve(
      answerExec(() => ({ Running: false, ExitCode: 0 })),
      { upgrade: (connection) => connection.end(frame('out')) },
    );
    const { stdout, ended } = sink();
    await createEngine(address()).exec('one', ['true'], { stdout });
    expect(await ended).toBe('out');
  });

  function sink() {
    const taken: string[] = [];
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        taken.push(String(chunk));
        done();
      },
      final(done) {
        resolve(taken.join(''));
        done();
      },
      destroy(error, done) {
        if (error !== null) resolve('destroyed');
        done(error);
      },
    });
    return { stdout, ended };
  }
});

describe('saveImage', () => {
  const image = `sha256:${'a'.repeat(64)}`;
  const end = Buffer.alloc(1024);

  it('gives an archive as it is', async () => {
    await serve((request, response) => {
      if (request.url?.endsWith(`/images/${image}/get`) !== true) response.statusCode = 404;
      response.write('the image');
      response.end(end);
    });
    const archive = Buffer.concat(await pieces(createEngine(address()).saveImage(image)));
    expect(archive).toEqual(Buffer.concat([Buffer.from('the image'), end]));
  });

  it('fails where the answer ends before the archive does', async () => {
    await serve((_request, response) => response.end('half an image'));
    const error = await failure(pieces(createEngine(address()).saveImage(image)));
    expect(error.message).toContain('the engine broke off its answer');
  });
});

describe('loadImage', () => {
  const tar = async function* () {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  };

  it('sends all, and gives the engine’s words for a failure inside its answer', async () => {
    let sent = '';
    await serve((request, response) => {
      request.on('data', (chunk) => (sent += String(chunk)));
      request.on('end', () => response.end('{"stream":"Loading"}\n{"error":"no space left on device"}\n'));
    });
    const error = await failure(createEngine(address()).loadImage(tar()));
    expect(error.message).toBe('Cannot load an image: no space left on device');
    expect(sent).toBe('one two');
  });

  it('ends with the error of what it is to send', async () => {
    await serve((request) => void request.resume());
    const broken = async function* () {
      yield Buffer.from('one');
      throw new Error('the file is damaged');
    };
    const error = await failure(createEngine(address()).loadImage(broken()));
    expect(error.message).toBe('the file is damaged');
  });
});
