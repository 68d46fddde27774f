import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PLAIN, SECRETS } from '../../src/config.ts';
import { LIMITS } from '../../src/http.ts';
import { STATUS } from '../../src/http/problem.ts';
import { PERMISSIONS } from '../inbox/place.ts';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const phone = read('phone.md');
const inbox = read('inbox.md');

test('every variable that the guides set is known', () => {
  const known = new Set<string>([...PLAIN, ...SECRETS, ...SECRETS.map((name) => `${name}_FILE`)]);
  const set = [...`${phone}\n${inbox}`.matchAll(/(?:^|`)([A-Z]+_[A-Z_]+)=/gm)].map(([, name = '']) => name);
  expect(set).toContain('HTTP_TOKEN_FILE');
  expect(set.filter((name) => !known.has(name))).toEqual([]);
});

test('the limits and every status for pictures are those of the server', () => {
  const { file, total, files, patience } = LIMITS;
  expect(phone).toContain(
    `over ${file / 1e6} MB for a file, ${total / 1e6} MB or ${files} files for a request`,
  );
  expect(phone).toContain(`it took over ${patience / 1000} s`);
  // An address or a method that is not there, an error of our own.
  const unsaid = [404, 405, 500];
  const missing = Object.values(STATUS).filter(
    (status) => !unsaid.includes(status) && !phone.includes(`${status}`),
  );
  expect(missing).toEqual([]);
});

test("the permissions for the owner's key are those that do", () => {
  for (const permission of PERMISSIONS) expect(inbox).toContain(`\`${permission}\``);
});

test("Termux's program sends what it is given, and puts the answer on the clipboard", () => {
  const script = /^cat > ~\/bin\/termux-file-editor <<'END'\n([\s\S]*?)^END$/m.exec(phone)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'steward-termux-'));
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  };
  program('curl', '#!/bin/sh\nprintf "%s\\n" "$@" > "$HOME/sent"\nprintf /var/lib/steward-pictures/p1.png\n');
  program('termux-clipboard-set', '#!/bin/sh\ncat > "$HOME/clipboard"\n');
  program('termux-toast', '#!/bin/sh\nprintf %s "$1" > "$HOME/toast"\n');
  const env = { HOME: folder, PATH: `${folder}:/usr/bin:/bin` };
  execFileSync('/bin/sh', ['-c', script, 'termux-file-editor', '/sdcard/my shot.png'], { env });
  const written = (name: string) => readFileSync(join(folder, name), 'utf8');
  expect(written('clipboard')).toBe('/var/lib/steward-pictures/p1.png');
  expect(written('toast')).toBe('/var/lib/steward-pictures/p1.png');
  expect(written('sent').split('\n')).toEqual([
    '-sS',
    '-H',
    `@${folder}/.steward-header`,
    '--data-binary',
    '@/sdcard/my shot.png',
    'https://steward.example.dev/pictures',
    '',
  ]);
  rmSync(folder, { recursive: true });
});
