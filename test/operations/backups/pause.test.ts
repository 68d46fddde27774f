import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { takeUpBackups } from '../../../jobs/take-up-backups.ts';
import { isLeftPaused, NotStartedError, whilePaused } from '../../../src/operations/backups/pause.ts';
import { takeBackup } from '../../../src/operations/backups/take.ts';
import { fill, openTaking, type Taking, type TakingOptions } from './taking.ts';

const opened: Taking[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});
const open = ({ backup, ...options }: TakingOptions = {}): Taking => {
  const it = openTaking({ backup: { pause: true, ...backup }, ...options });
  opened.push(it);
  fill(it);
  return it;
};
const take = (it: Taking, reason: 'asked' | 'scheduled' = 'asked', signal?: AbortSignal) =>
  takeBackup(it.app, it.service(), it.run(signal === undefined ? {} : { signal }), { reason });

const STOP_START = ['stop notes.service', 'start notes.service'];

test('takeBackup stops a service with a pause for its copy alone, and starts it before the proof', async () => {
  const it = open();
  const run = it.run();
  const steps: string[] = [];
  const progress = { ...run.progress };
  run.progress.begin = (step, subject) => (
    steps.push([step, subject].filter(Boolean).join(' ')),
    progress.begin(step, subject)
  );
  const taken = await takeBackup(it.app, it.service(), run, { reason: 'asked' });
  expect(steps).toEqual(['stop notes', 'copy-databases', 'copy-files', 'start notes', 'prove']);
  expect(it.told).toEqual(STOP_START);
  expect(taken.away).toBeGreaterThanOrEqual(0);
  expect(isLeftPaused(it.app, it.service())).toBe(false);
});

test('takeBackup starts the service when its copy fails', async () => {
  const it = open();
  rmSync(join(it.data, 'files'), { recursive: true });
  await expect(take(it)).rejects.toThrow(/files/);
  // It is measured before anything is stopped.
  expect(it.told).toEqual([]);
  const late = open({
    onUnit: (act) => act.startsWith('stop') && rmSync(join(late.data, 'files'), { recursive: true }),
  });
  await expect(take(late)).rejects.toThrow(/files/);
  expect(late.told).toEqual(STOP_START);
  expect(late.running).toContain('notes.service');
});

test('takeBackup leaves a service alone that somebody has stopped', async () => {
  const it = open();
  it.running.clear();
  await take(it);
  expect(it.told).toEqual([]);
});

test('takeBackup stops nothing while Steward only observes', async () => {
  const it = open({ observe: true });
  await expect(take(it)).rejects.toThrow('observes');
  expect(it.told).toEqual([]);
});

test('whilePaused ends work at its limit, and starts the service', async () => {
  const it = open({ backup: { pause: { most: '1s' } } });
  const forEver = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  await expect(whilePaused(it.app, it.service(), it.run(), forEver)).rejects.toThrow(/all that it may be/);
  expect(it.told).toEqual(STOP_START);
});

test('whilePaused starts the service before it leaves at its signal', async () => {
  const it = open();
  const leaving = new AbortController();
  const work = (signal: AbortSignal) => {
    leaving.abort(new Error('Steward is stopping'));
    signal.throwIfAborted();
    return Promise.resolve();
  };
  const run = it.run({ signal: leaving.signal });
  await expect(whilePaused(it.app, it.service(), run, work)).rejects.toThrow('Steward is stopping');
  expect(it.told).toEqual(STOP_START);
});

test('a service that does not start again is told as down, tried each minute, and told again when it runs', async () => {
  let fails = true;
  let now = Date.parse('2026-11-20T04:30:00Z');
  const it = open({
    now: () => now,
    onUnit(act) {
      if (fails && act.startsWith('start')) throw new Error('Job for notes.service failed.');
    },
  });
  await expect(take(it)).rejects.toThrow(NotStartedError);
  const look = () => takeUpBackups.run(it.app, undefined, it.run());
  now += 60_000;
  expect(await look()).toBeUndefined();
  now += 3_600_000;
  expect(await look()).toMatchObject({ kind: 'unpaused', lost: 'Job for notes.service failed.' });
  fails = false;
  expect(await look()).toMatchObject({ kind: 'unpaused', lost: undefined });
  expect(it.running).toContain('notes.service');
  expect(await look()).toBeUndefined();
});

test('a scheduled backup waits while a client is connected, one that is asked for does not', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const it = open({ backup: { pause: { busy: `tcp:${port}` } } });
  await take(it, 'scheduled');
  expect(it.told).toEqual(STOP_START);
  const accepted = once(server, 'connection');
  const client = connect(port, '127.0.0.1');
  const [connection] = (await accepted) as [{ destroy(): void }];
  try {
    await expect(take(it, 'scheduled')).rejects.toThrow('client is connected');
    expect(it.told).toEqual(STOP_START);
    await take(it, 'asked');
    expect(it.told).toHaveLength(4);
  } finally {
    client.destroy();
    connection.destroy();
    server.close();
  }
});
