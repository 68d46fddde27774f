import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/hosts.ts';
import { hazardsOf } from '../../../src/operations/update/hazards.ts';
import type { Service } from '../../../src/services.ts';

const folder = mkdtempSync(join(tmpdir(), 'steward-hazards-'));
afterAll(() => rmSync(folder, { recursive: true }));

const service = {
  containers: [{ name: 'web', unit: 'podman-web.service', update: true }],
  units: [],
} as unknown as Service;
const fresh = { verdict: { kind: 'newer-image' as const } };

type HostOf = { execStart?: string; execStartPre?: string; labels?: Record<string, string>; name?: string };

const hostOf = ({ execStart = '', execStartPre = '', labels = {}, name = 'local' }: HostOf): Host =>
  ({
    name,
    engine: { inspect: () => Promise.resolve({ labels }) },
    systemd: {
      units: (names: readonly string[]) =>
        Promise.resolve(names.map((one) => ({ name: one, active: 'inactive' }))),
      dependencies: () => Promise.resolve({ takesDown: [] }),
      definition: () => Promise.resolve({ execStart, execStartPre }),
    },
  }) as unknown as Host;

describe('hazardsOf', () => {
  it.each([
    ['podman run --pull=always x', 'always'],
    ['podman run -d --pull newer x', 'newer'],
    ['podman run --pull missing x', undefined],
    ['podman run --pull=never x', undefined],
    ['podman run --name=--pull=always-not x', undefined],
  ])('tells of %s', async (execStart, policy) => {
    const found = await hazardsOf(hostOf({ execStart }), service, fresh);
    expect(found).toEqual(
      policy === undefined ? [] : [{ kind: 'pull', unit: 'podman-web.service', how: `--pull=${policy}` }],
    );
  });

  it.each([
    ['/usr/bin/podman pull ghcr.io/x/web:latest', 'podman pull'],
    ['/usr/bin/docker image pull ghcr.io/x/web:latest', 'docker pull'],
    ['podman --log-level error pull -q ghcr.io/x/web:latest', 'podman pull'],
    ['/bin/sh -c "podman pull ghcr.io/x/web || true"', 'podman pull'],
    ['podman rm -f pull', undefined],
    ['podman run --name pull x', undefined],
    ['/usr/bin/git pull', undefined],
  ])('tells of a unit that runs %s before its start', async (execStartPre, how) => {
    const host = hostOf({ execStart: 'podman run x', execStartPre: `podman rm -f web\n${execStartPre}` });
    const found = await hazardsOf(host, service, fresh);
    expect(found).toEqual(how === undefined ? [] : [{ kind: 'pull', unit: 'podman-web.service', how }]);
  });

  it('tells of a pull in the script that a unit runs before its start', async () => {
    const script = join(folder, 'pre-start');
    writeFileSync(script, '#!/bin/sh\nset -e\npodman rm -f web\npodman pull ghcr.io/x/web:latest\n');
    const found = await hazardsOf(hostOf({ execStartPre: script }), service, fresh);
    expect(found).toEqual([{ kind: 'pull', unit: 'podman-web.service', how: 'podman pull' }]);
  });

  it.each([
    ['pull_policy: always', 'always'],
    ['pull_policy: daily', 'daily'],
    ['pull_policy: missing', undefined],
    ['image: x', undefined],
    ['pull_policy: [', undefined],
  ])('tells of a compose file with %s', async (line, policy) => {
    writeFileSync(join(folder, 'compose.yml'), `services:\n  app:\n    ${line}\n`);
    const labels = {
      'com.docker.compose.service': 'app',
      'com.docker.compose.project.working_dir': folder,
      'com.docker.compose.project.config_files': 'compose.yml',
    };
    const found = await hazardsOf(hostOf({ labels }), service, fresh);
    expect(found).toEqual(policy === undefined ? [] : [{ kind: 'compose-pull', container: 'web', policy }]);
  });

  it('takes the last compose file that says something, and reads none of another machine', async () => {
    writeFileSync(join(folder, 'one.yml'), 'services: { app: { pull_policy: always } }\n');
    writeFileSync(join(folder, 'two.yml'), 'services: { app: { pull_policy: missing } }\n');
    const labels = {
      'com.docker.compose.service': 'app',
      'com.docker.compose.project.config_files': ['one', 'two', 'gone']
        .map((name) => join(folder, `${name}.yml`))
        .join(','),
    };
    expect(await hazardsOf(hostOf({ labels }), service, fresh)).toEqual([]);
    const only = { ...labels, 'com.docker.compose.project.config_files': join(folder, 'one.yml') };
    expect(await hazardsOf(hostOf({ labels: only }), service, fresh)).toHaveLength(1);
    expect(await hazardsOf(hostOf({ labels: only, name: 'attic' }), service, fresh)).toEqual([]);
  });
});
