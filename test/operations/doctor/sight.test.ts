import { expect, test } from 'vitest';
import { createSight } from '../../../src/operations/doctor/sight.ts';

const denied = (path: string) =>
  Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: 'EACCES' });

test('a part that cannot be seen says why, and the others are seen', async () => {
  const sight = createSight(new AbortController().signal);
  expect(await sight.part('ports', async () => [1])).toEqual({ known: [1] });
  expect(await sight.part('ports', () => Promise.reject(denied('/proc/1/fd')))).toEqual({
    unknown: 'ports: permission denied',
  });
});

test('things that cannot be seen are told together by their reason', async () => {
  const sight = createSight(new AbortController().signal);
  for (const path of ['/a', '/b', '/c', '/d', '/a']) {
    await sight.one('secretFiles', path, () => Promise.reject(denied(path)));
  }
  await sight.one('logs', 'blog', () => Promise.reject(new Error('it has no log.')));
  expect(await sight.one('logs', 'shop', async () => 'seen')).toBe('seen');
  expect(sight.unseen()).toEqual([
    { part: 'secretFiles', why: '/a, /b, /c and 1 more: permission denied' },
    { part: 'logs', why: 'blog: it has no log' },
  ]);
});

test('a look that was called off is no look', async () => {
  const sight = createSight(AbortSignal.abort(new Error('stopped')));
  await expect(sight.part('ports', () => Promise.reject(new Error('x')))).rejects.toThrow('stopped');
  await expect(sight.one('logs', 'x', () => Promise.reject(new Error('x')))).rejects.toThrow('stopped');
});
