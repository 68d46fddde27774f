import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Setup } from '../../../src/clients/systemd.ts';
import { createSight } from '../../../src/operations/doctor/sight.ts';
import { acmeOf, dataFolders, formOf, secretFile } from '../../../src/operations/doctor/files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string, mode = 0o600) => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
  return join(folder, name);
};
const asked = { reader: 'blog', service: 'blog', as: 'lines' } as const;

test.each([
  ['', 'empty'],
  ['# nothing\n\n', 'empty'],
  ['s3cret\n', 'bare'],
  ['c2VjcmV0Cg==\n', 'bare'],
  ['A=b\nB="c d"\n', 'lines'],
  ['# why\nexport A=b\n', 'exported'],
  ['A=b\r\n', 'windows'],
  ['A=b\nplain words\n', 'bare'],
] as const)('formOf(%j) is %s', (text, form) => {
  expect(formOf(text)).toBe(form);
});

test.each([
  ['secrets that everybody can read', 'TOKEN=x\n', 0o644, true],
  ['a bare value that everybody can read', 'x\n', 0o604, true],
  ['secrets of a group', 'TOKEN=x\n', 0o640, false],
  ['settings without a secret', 'PORT=80\n', 0o644, false],
] as const)('secretFile of %s', async (_what, text, mode, isOpen) => {
  const file = await secretFile({ path: write('env', text, mode), ...asked });
  expect(file).toMatchObject({ isOpen, reader: 'blog', as: 'lines' });
  expect(JSON.stringify(file)).not.toContain(text.trim().split('=').at(-1) === 'x' ? '"x"' : '80\n');
});

test('secretFile of one in a closed folder is open to nobody', async () => {
  mkdirSync(join(folder, 'closed'), { mode: 0o700 });
  const path = write('closed/env', 'TOKEN=x\n', 0o644);
  expect(await secretFile({ path, ...asked })).toMatchObject({ isOpen: false, form: 'lines' });
});

test('secretFile of one that is not there', async () => {
  expect(await secretFile({ path: join(folder, 'gone'), ...asked })).toMatchObject({
    form: 'missing',
    mode: undefined,
  });
});

test('dataFolders are what a container may write: no system folder, no socket, nothing on the network', async () => {
  const mount = (source: string, more = {}) => ({
    type: 'bind',
    source,
    destination: '/x',
    readOnly: false,
    chown: false,
    ...more,
  });
  mkdirSync(join(folder, 'data'), { mode: 0o750 });
  const found = await dataFolders(
    { host: 'local', container: 'blog' },
    [
      mount(join(folder, 'data')),
      mount(join(folder, 'gone')),
      mount(folder, { readOnly: true }),
      mount('/mnt/nas/x'),
      mount('/etc'),
      mount('volume', { type: 'volume' }),
    ],
    { isOnNetwork: (path) => path.startsWith('/mnt/nas'), sight: createSight(AbortSignal.timeout(10_000)) },
  );
  expect(found).toEqual([
    expect.objectContaining({ host: 'local', container: 'blog', path: join(folder, 'data'), mode: 0o40750 }),
  ]);
});

test('acmeOf tells the secrets that a Caddyfile names and nobody gives, and files that are not there', async () => {
  const config = write(
    'Caddyfile',
    '*.example.dev {\n tls {\n dns cloudflare {env.CF_API_TOKEN}\n }\n basic_auth {$ADMIN_PASSWORD:none}\n header {$MAIL_TOKEN} {env.HOME}\n}\n',
  );
  const setup: Setup = {
    load: 'loaded',
    active: 'active',
    type: 'notify',
    restart: 'always',
    fragment: undefined,
    execStart: `/usr/bin/caddy run --config ${config}`,
    execStartPre: '',
    after: [],
    variables: [],
    environmentFiles: [{ path: write('env', 'MAIL_TOKEN=x\nCF_API_TOKEN=\n'), optional: false }],
    starts: [],
  };
  expect(await acmeOf('caddy.service', 'caddy', setup)).toEqual({
    unit: 'caddy.service',
    service: 'caddy',
    missing: ['CF_API_TOKEN'],
  });
  const gone = join(folder, 'gone');
  const without = {
    ...setup,
    variables: ['CF_API_TOKEN'],
    environmentFiles: [
      { path: gone, optional: false },
      { path: `${gone}2`, optional: true },
    ],
  };
  expect((await acmeOf('caddy.service', undefined, without)).missing).toEqual([gone, 'MAIL_TOKEN']);
});
