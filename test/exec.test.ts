import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lines, run } from '../src/exec.ts';
import { waitFor } from './wait.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'exec-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const shell = (script: string) => ['sh', '-c', script];
const collect = async (source: AsyncIterable<string>) => {
  const all: string[] = [];
  for await (const line of source) all.push(line);
  return all;
};
/** Gone, or a zombie that nobody has collected. */
const isOver = (pid: string) => {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
};

describe('run', () => {
  it('gives the exit code and both outputs', async () => {
    expect(await run(shell('echo out; echo err >&2; exit 3'))).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('gives no exit code where a signal ended the program', async () => {
    expect((await run(shell('kill -9 $$'))).code).toBeUndefined();
  });

  it('hands arguments over as they are, past any shell', async () => {
    const odd = ['$(id)', '; id', '`id`', "it's", 'a b', '', '*', '한글\n'];
    const { stdout } = await run(['printf', '%s|', ...odd]);
    expect(stdout).toBe(odd.map((arg) => `${arg}|`).join(''));
  });

  it('says which program does not exist or cannot be run', async () => {
    await expect(run(['no-such-program', 'x'])).rejects.toThrow(
      'Cannot run "no-such-program": there is no such program.',
    );
    const file = join(folder, 'plain');
    writeFileSync(file, 'text');
    await expect(run([file])).rejects.toThrow(
      `Cannot run "${file}": it is not an executable file, or permission is denied.`,
    );
    await expect(run([])).rejects.toThrow('none was named');
  });

  it('ends the program and what it started at the time limit', async () => {
    const file = join(folder, 'pid');
    const running = run(shell(`sleep 1000 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`), {
      timeout: 1000,
    });
    await expect(running).rejects.toMatchObject({
      name: 'TimeoutError',
      message: '"sh" did not end within 1 s.',
    });
    await waitFor(() => expect(isOver(readFileSync(file, 'utf8').trim())).toBe(true));
  });

  it('ends a program that ignores being asked', async () => {
    const running = run(shell('trap "" TERM; while :; do sleep 1; done'), { timeout: 300 });
    await expect(running).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('ends with the signal’s reason, before and after the start', async () => {
    const stop = new AbortController();
    const running = run(['sleep', '1000'], { signal: stop.signal });
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(running).rejects.toThrow('enough');
    await expect(run(['true'], { signal: stop.signal })).rejects.toThrow('enough');
  });

  it('keeps the beginning of a large output and the end of large complaints', async () => {
    const { stdout, stderr } = await run(
      shell('head -c 20000000 /dev/zero; head -c 200000 /dev/zero >&2; echo last >&2'),
    );
    expect(stdout.length).toBe(8 * 1024 * 1024);
    expect(stderr.length).toBe(64 * 1024);
    expect(stderr).toMatch(/last\n$/);
  });
});

describe('lines', () => {
  it('gives lines as they come, the last without an end too', async () => {
    expect(await collect(lines(shell(`printf 'a\\n\\nb\\nc'`)))).toEqual(['a', '', 'b', 'c']);
  });

  it('throws what a failing program complained of, after its lines', async () => {
    const seen: string[] = [];
    const read = (async () => {
      for await (const line of lines(shell('echo one; echo broken >&2; exit 2'))) seen.push(line);
    })();
    await expect(read).rejects.toThrow('"sh" failed: broken');
    expect(seen).toEqual(['one']);
  });

  it('cuts a line of any length', async () => {
    const [long, next] = await collect(
      lines(shell(`head -c 5000000 /dev/zero | tr '\\0' x; echo; echo next`)),
    );
    expect(long).toBe('x'.repeat(1024 * 1024));
    expect(next).toBe('next');
  });

  it('ends the program when the loop is left', async () => {
    const file = join(folder, 'endless');
    for await (const line of lines(shell(`echo $$ > ${file}; yes`))) {
      expect(line).toBe('y');
      break;
    }
    await waitFor(() => expect(isOver(readFileSync(file, 'utf8').trim())).toBe(true));
  });

  it('ends with the signal’s reason', async () => {
    const stop = new AbortController();
    const read = (async () => {
      for await (const _ of lines(shell('echo one; sleep 1000'), { signal: stop.signal }))
        stop.abort(new Error('enough'));
    })();
    await expect(read).rejects.toThrow('enough');
  });

  it('says which program does not exist', async () => {
    await expect(collect(lines(['no-such-program']))).rejects.toThrow(
      'Cannot run "no-such-program": there is no such program.',
    );
  });
});
