import { expect, test } from 'vitest';
import { mentionOf } from '../../../src/operations/prune/mentions.ts';

const ID = `sha256:0123456789abcdef${'0'.repeat(48)}`;
const HASH = 'f'.repeat(64);

const means = (tag: string, text: string): boolean =>
  mentionOf({ id: ID, tags: tag === '' ? [] : [tag], digests: [], digestNames: [] })(text);

const SERVER = 'ghcr.io/immich-app/immich-server:v2.6.1';

test.each([
  [SERVER, 'podman run --name x ghcr.io/immich-app/immich-server:v2.6.1 start'],
  [SERVER, 'image: "ghcr.io/immich-app/immich-server:v2.6.1"'],
  [SERVER, 'ExecStart=docker run docker://ghcr.io/immich-app/immich-server:v2.6.1'],
  [SERVER, 'podman run immich-app/immich-server:v2.6.1'],
  [SERVER, 'ghcr.io/immich-app/immich-server:v2.6.1@sha256:abc'],
  [SERVER, 'image: ghcr.io/immich-app/immich-server:${IMMICH_VERSION:-release}'],
  [SERVER, 'podman run ghcr.io/immich-app/immich-server:%i'],
  [SERVER, 'REPO=ghcr.io/immich-app/immich-server\npodman run "$REPO:$TAG"'],
  [SERVER, 'podman run $MIRROR/immich-app/immich-server:v2.6.1'],
  [SERVER, 'It uses ghcr.io/immich-app/immich-server.'],
  ['docker.io/library/postgres:16', 'podman run postgres:16'],
  ['docker.io/library/postgres:16', 'image: library/postgres:16'],
  ['docker.io/library/postgres:16', 'image: docker.io/postgres:16'],
  ['docker.io/library/postgres:16', 'podman run postgres:$VERSION'],
  ['docker.io/library/redis:latest', 'podman run --rm redis'],
  ['postgres:16', 'podman run "postgres:16"'],
  ['127.0.0.1:5000/app:1', 'run 127.0.0.1:5000/app:1'],
])('mentionOf %s is in %j', (tag, text) => expect(means(tag, text)).toBe(true));

test.each([
  [SERVER, 'podman run ghcr.io/immich-app/immich-server:v2.6.3'],
  [SERVER, 'podman run ghcr.io/immich-app/immich-server:v2.6.10'],
  [SERVER, 'podman run ghcr.io/immich-app/immich-server-extra:v2.6.1'],
  [SERVER, 'podman run ghcr.io/immich-app/immich-server/deep:v2.6.1'],
  [SERVER, 'podman run my-immich-app/immich-server:v2.6.1'],
  [SERVER, 'podman run quay.io/immich-app/immich-server:v2.6.1'],
  ['docker.io/louislam/uptime-kuma:1.23', 'Documentation=https://github.com/louislam/uptime-kuma'],
  ['docker.io/library/postgres:16', 'User=postgres\nReadWritePaths=/var/lib/postgres'],
  ['docker.io/library/postgres:16', 'podman run postgres:15'],
  ['docker.io/library/redis:latest', 'ExecStart=/usr/bin/redis-server /etc/redis/redis.conf'],
  ['', 'anything'],
])('mentionOf %s is not in %j', (tag, text) => expect(means(tag, text)).toBe(false));

test('mentionOf an image is also its id, as people copy it, and any of its digests', () => {
  const isMeant = mentionOf({
    id: ID,
    tags: [],
    digests: [`ghcr.io/a/b@sha256:${HASH}`],
    digestNames: [],
  });
  expect(isMeant('podman run 0123456789ab')).toBe(true);
  expect(isMeant(`podman run other/name@sha256:${HASH}`)).toBe(true);
  expect(isMeant('podman run 0123456789aa')).toBe(false);
});
