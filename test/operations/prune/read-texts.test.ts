import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Host } from '../../../src/hosts.ts';
import { readTexts } from '../../../src/operations/prune/read-texts.ts';

let folder: string;
const write = (name: string, text: string | Buffer): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'steward-texts-'))));
afterEach(() => rmSync(folder, { recursive: true }));

type Told = Awaited<ReturnType<Host['systemd']['everyService']>>;
const read = async (told: Partial<Told>, stacks: readonly string[] = []): Promise<string> => {
  const systemd = {
    everyService: () => Promise.resolve({ text: '', folders: [], workFolders: [], ...told }),
  };
  const texts = await readTexts({ systemd } as unknown as Host, stacks, AbortSignal.timeout(10_000));
  return texts.join('\n');
};

describe('readTexts', () => {
  test('follows scripts that units run, and scripts that those run', async () => {
    const deepest = write('deepest.sh', 'podman run deepest\n');
    const deep = write('deep.sh', `${deepest}\npodman run deep\n`);
    const script = write('start', `#!/bin/sh\nexec "${deep}" \n`);
    const found = await read({
      text: `ExecStart={ path=${script} ; argv[]=${script} a ; ignore_errors=no }`,
    });
    for (const one of ['run deep\n', 'run deepest']) expect(found).toContain(one);
  });

  test('reads templates and drop-ins in the folders of units, and quadlets beside those of a user', async () => {
    write('home/.config/systemd/user/app@.service', 'podman run template');
    write('home/.config/systemd/user/app.service.d/more.conf', 'podman run drop-in');
    write('home/.config/containers/systemd/app.container', 'Image=quadlet');
    const found = await read({ folders: [join(folder, 'home/.config/systemd/user')] });
    for (const one of ['template', 'drop-in', 'Image=quadlet']) expect(found).toContain(one);
  });

  test('reads compose files and their environments in working folders, and those that labels name', async () => {
    write('stack/docker-compose.yml', 'image: compose');
    write('stack/.env', 'VERSION=environment');
    write('stack/data/config.yaml', 'image: not-this');
    const named = write('other/stack.yaml', 'image: labelled');
    const found = await read({ workFolders: [join(folder, 'stack')] }, [named]);
    for (const one of ['compose', 'environment', 'labelled']) expect(found).toContain(one);
    expect(found).not.toContain('not-this');
  });

  test('passes over what is not there, programs, what is too large, and what would wait for ever', async () => {
    const program = write(
      'program',
      Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, ...Buffer.from('podman run program')]),
    );
    const large = write('large.log', `podman run large\n${'x'.repeat(1024 * 1024)}`);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const text = [program, large, pipe, join(folder, 'gone'), folder, '/proc/kmsg', '/dev/zero'].join(' ');
    const found = await read({ text, folders: [join(folder, 'nothing')] });
    expect(found.trim()).toBe(text);
  });

  test('says so when units lead to more files than a host has', async () => {
    const text = Array.from({ length: 8001 }, (_, n) => `/nothing/${n}`).join(' ');
    await expect(read({ text })).rejects.toThrow('its units lead to more than 8000 files');
  });
});
