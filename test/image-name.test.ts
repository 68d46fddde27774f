import { expect, test } from 'vitest';
import { digestsOf, parseImageName, type ImageName } from '../src/image-name.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const name = (registry: string, repository: string, tag?: string, digest?: string): ImageName => ({
  registry,
  repository,
  tag,
  digest,
});

test.each([
  ['ghcr.io/immich-app/immich-server:v2.6.1', name('ghcr.io', 'immich-app/immich-server', 'v2.6.1')],
  ['docker.io/library/postgres:16', name('docker.io', 'library/postgres', '16')],
  ['docker.io/postgres', name('docker.io', 'library/postgres', 'latest')],
  ['index.docker.io/vaultwarden/server', name('docker.io', 'vaultwarden/server', 'latest')],
  ['127.0.0.1:5000/web:1', name('127.0.0.1:5000', 'web', '1')],
  ['registry:5000/a/b/c', name('registry:5000', 'a/b/c', 'latest')],
  [`ghcr.io/a/b@${DIGEST}`, name('ghcr.io', 'a/b', undefined, DIGEST)],
  [`ghcr.io/a/b:1.2@${DIGEST}`, name('ghcr.io', 'a/b', '1.2', DIGEST)],
  ['localhost/built:latest', 'local'],
  ['postgres:16', 'short'],
  ['vaultwarden/server', 'short'],
  [DIGEST, 'id'],
  ['a'.repeat(64), 'id'],
  ['ghcr.io/Upper/case', 'invalid'],
  ['ghcr.io/a/b:', 'invalid'],
  ['ghcr.io/a/b@sha256:12', 'invalid'],
  ['ghcr.io/a/../b', 'invalid'],
  ['', 'invalid'],
])('parseImageName of %s', (text, expected) => {
  expect(parseImageName(text)).toEqual(expected);
});

test('a short name is Docker Hub’s where Docker runs', () => {
  expect(parseImageName('postgres:16', { hub: true })).toEqual(name('docker.io', 'library/postgres', '16'));
  expect(parseImageName('vaultwarden/server', { hub: true })).toEqual(
    name('docker.io', 'vaultwarden/server', 'latest'),
  );
});

test('digestsOf takes the entries of the right repository, as Podman and as Docker write them', () => {
  const image = name('docker.io', 'vaultwarden/server', 'latest');
  expect(
    digestsOf(
      [
        `docker.io/vaultwarden/server@${DIGEST}`,
        `vaultwarden/server@${OTHER}`,
        `ghcr.io/vaultwarden/server@sha256:${'c'.repeat(64)}`,
      ],
      image,
    ),
  ).toEqual([DIGEST, OTHER]);
});
