import { expect, test } from 'vitest';
import { hostId, parseIdMap, rootlessIds } from '../../src/doctor/ids.ts';

test('parseIdMap reads what the kernel tells of a rootless container', () => {
  const map = parseIdMap('         0       1000          1\n         1     100000      65536\n');
  expect(map).toEqual([
    { inside: 0, outside: 1000, count: 1 },
    { inside: 1, outside: 100_000, count: 65_536 },
  ]);
  expect([0, 1, 999, 65_536, 65_537].map((id) => hostId(id, map))).toEqual([
    1000,
    100_000,
    100_998,
    165_535,
    undefined,
  ]);
});

test.each(['         0          0 4294967295\n', ''])('parseIdMap(%j) is that ids mean the same', (text) => {
  expect(parseIdMap(text)).toBeUndefined();
  expect(hostId(1000, parseIdMap(text))).toBe(1000);
});

test('rootlessIds puts the ranges of /etc/subuid behind each other, by name and by number', () => {
  const text = 'ada:100000:65536\nstacks:165536:1000\n1000:300000:10\n\n';
  const ids = rootlessIds({ uid: 1000, name: 'stacks' }, text);
  expect([0, 1, 1000, 1001, 1010, 1011].map((id) => hostId(id, ids))).toEqual([
    1000,
    165_536,
    166_535,
    300_000,
    300_009,
    undefined,
  ]);
});
