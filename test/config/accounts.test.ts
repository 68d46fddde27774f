import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupIdOf, userOf } from '../../src/config/accounts.ts';

let folder: string;
let passwd: string;
let group: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-accounts-'));
  passwd = join(folder, 'passwd');
  group = join(folder, 'group');
  writeFileSync(passwd, 'root:x:0:0:root:/root:/bin/sh\nagent:x:1000:100::/home/agent:/bin/sh\n');
  writeFileSync(group, 'root:x:0:\nusers:x:100:agent\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['agent', { uid: 1000, gid: 100 }],
  ['1000', { uid: 1000, gid: 100 }],
  ['0', { uid: 0, gid: 0 }],
  ['2000', { uid: 2000, gid: undefined }],
  ['nobody-here', undefined],
  ['4294967295', undefined],
  ['-1', undefined],
])('userOf("%s")', (user, expected) => expect(userOf(user, passwd)).toEqual(expected));

test.each([
  ['users', 100],
  ['100', 100],
  ['4242', 4242],
  ['nobody-here', undefined],
])('groupIdOf("%s")', (name, expected) => expect(groupIdOf(name, group)).toBe(expected));
