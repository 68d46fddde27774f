import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/hosts.ts';
import { configuredIn, imageNamed, isNamed } from '../../../src/operations/update/configured.ts';

const folder = mkdtempSync(join(tmpdir(), 'steward-configured-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hostWith = (execStart: string | undefined, name = 'local'): Host =>
  ({
    name,
    systemd: { definition: () => Promise.resolve(execStart === undefined ? undefined : { execStart }) },
  }) as unknown as Host;

/** As NixOS writes the start of a container. */
const SCRIPT = `#!/nix/store/bash/bin/bash
set -e
exec podman run \\
  --name='immich-server' \\
  -d --pull missing \\
  ghcr.io/immich-app/immich-server:v2.6.1 \\
  start.sh "$@"
`;

describe('configuredIn', () => {
  const script = join(folder, 'podman-immich-server-start');
  writeFileSync(script, SCRIPT);
  chmodSync(script, 0o755);

  it('reads the script that a unit starts', async () => {
    const text = await configuredIn(hostWith(script), 'podman-immich-server.service');
    expect(imageNamed(text, 'ghcr.io/immich-app/immich-server:v2.5.0')).toBe(
      'ghcr.io/immich-app/immich-server:v2.6.1',
    );
  });

  it('reads no script of another machine, no program, and nothing that is not there', async () => {
    expect(await configuredIn(hostWith(script, 'attic'), 'x.service')).toBe(script);
    expect((await configuredIn(hostWith(process.execPath), 'x.service')).trim()).toBe(process.execPath);
    expect((await configuredIn(hostWith(join(folder, 'gone')), 'x.service')).trim()).toMatch(/gone$/);
    expect(await configuredIn(hostWith(undefined), 'x.service')).toBe('');
  });
});

describe('imageNamed', () => {
  it('finds the name of the same repository as a word, with its tag and digest', () => {
    const digest = `@sha256:${'1'.repeat(64)}`;
    expect(imageNamed(`podman run "ghcr.io/x/y:v2${digest}" serve`, 'ghcr.io/x/y:v1')).toBe(
      `ghcr.io/x/y:v2${digest}`,
    );
    expect(imageNamed('podman run ghcr.io/x/y', 'ghcr.io/x/y:v1')).toBe('ghcr.io/x/y');
  });

  it('takes neither a longer repository nor one of two for it', () => {
    expect(imageNamed('podman run ghcr.io/x/y-worker:v2', 'ghcr.io/x/y:v1')).toBeUndefined();
    expect(imageNamed('run ghcr.io/x/y:v1 || run ghcr.io/x/y:v2', 'ghcr.io/x/y:v1')).toBeUndefined();
  });
});

it('isNamed does not take the beginning of a version for the version', () => {
  expect(isNamed('podman run ghcr.io/x/y:v2.6.10', 'ghcr.io/x/y:v2.6.1')).toBe(false);
  expect(isNamed('podman run ghcr.io/x/y:v2.6.1', 'ghcr.io/x/y:v2.6.1')).toBe(true);
});
