import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BusyError } from '../src/errors.ts';
import { createLocks, type Locks } from '../src/locks.ts';

let folder: string;
let locks: Locks;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-locks-'));
  locks = createLocks(folder, { now: () => 1_000 });
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
  rmSync(folder, { recursive: true });
});

/** Another process that takes a lock, says so, and then does nothing. */
async function otherProcess(name: string): Promise<ChildProcess> {
  const script = `
    import { createLocks } from ${JSON.stringify(new URL('../src/locks.ts', import.meta.url).href)};
    const locks = createLocks(${JSON.stringify(folder)});
    locks.take(${JSON.stringify(name)}, { what: 'update', by: 'cli:root' });
    process.stdout.write('taken');
    setInterval(() => locks, 60_000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const busyErrorOf = (act: () => unknown): BusyError => {
  try {
    act();
  } catch (error) {
    if (error instanceof BusyError) return error;
    throw error;
  }
  throw new Error('it was not busy');
};

describe('take', () => {
  test('a second take in the same process is refused with the holder', () => {
    locks.take('photos', { what: 'restart', by: 'telegram:1' });
    const error = busyErrorOf(() => locks.take('photos', { what: 'stop', by: 'telegram:2' }));
    expect(error.service).toBe('photos');
    expect(error.holder).toEqual({ what: 'restart', by: 'telegram:1', since: 1_000 });
  });

  test('two names do not disturb one another', () => {
    locks.take('photos', { what: 'restart', by: 'telegram:1' });
    expect(() => locks.take('notes', { what: 'restart', by: 'telegram:1' })).not.toThrow();
  });

  test('a released lock can be taken again, and releasing twice frees nobody else', () => {
    const first = locks.take('photos', { what: 'restart', by: 'telegram:1' });
    first.release();
    locks.take('photos', { what: 'stop', by: 'telegram:2' });
    first.release();
    expect(busyErrorOf(() => locks.take('photos', { what: 'x', by: 'y' })).holder?.what).toBe('stop');
  });

  test('a lock of another process is refused with its holder, until kill -9 ends that process', async () => {
    const child = await otherProcess('photos');
    const error = busyErrorOf(() => locks.take('photos', { what: 'restart', by: 'telegram:1' }));
    expect(error.holder).toMatchObject({ what: 'update', by: 'cli:root' });
    await end(child);
    const lock = locks.take('photos', { what: 'restart', by: 'telegram:1' });
    expect(busyErrorOf(() => locks.take('photos', { what: 'x', by: 'y' })).holder?.what).toBe('restart');
    lock.release();
  });

  test('a name that no file could have stays inside the folder', () => {
    locks.take('../../etc/passwd', { what: 'restart', by: 'telegram:1' });
    expect(readdirSync(folder)).toContain('..%2F..%2Fetc%2Fpasswd.lock');
  });
});

test('a lock whose handle was dropped outlives the garbage collector', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  locks.take('photos', { what: 'restart', by: 'telegram:1' });
  collect();
  expect(locks.isFree('photos')).toBe(false);
});

describe('isFree', () => {
  test('tells a held lock from a free one, and looking does not take it', () => {
    expect(locks.isFree('photos')).toBe(true);
    const lock = locks.take('photos', { what: 'restart', by: 'telegram:1' });
    expect(locks.isFree('photos')).toBe(false);
    lock.release();
    expect(locks.isFree('photos')).toBe(true);
    expect(() => locks.take('photos', { what: 'stop', by: 'telegram:1' })).not.toThrow();
  });

  test('follows the life of another process', async () => {
    const child = await otherProcess('photos');
    expect(locks.isFree('photos')).toBe(false);
    await end(child);
    expect(locks.isFree('photos')).toBe(true);
  });
});

test('forget leaves no file behind', () => {
  locks.take('process:1', { what: 'run', by: 'schedule' }).release();
  locks.forget('process:1');
  expect(readdirSync(folder)).toEqual([]);
});
