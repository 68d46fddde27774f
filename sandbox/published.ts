/** What is published for the services of the machine in a box: releases and images, some newer than what runs. */
import { createHash } from 'node:crypto';
import { FLEET } from './engine/fleet.ts';
import { imageId } from './engine/images.ts';
import type { GithubRelease, GithubStandIn } from './github.ts';
import type { RegistryStandIn } from './registry.ts';

const DAY = 86_400_000;
const MB = 1e6;

/** Where each service is released. */
export const REPOSITORIES: Readonly<Record<string, string>> = {
  immich: 'immich-app/immich',
  'uptime-kuma': 'louislam/uptime-kuma',
  copyparty: '9001/copyparty',
  vaultwarden: 'dani-garcia/vaultwarden',
  archivebox: 'ArchiveBox/ArchiveBox',
};

const releases = (now: number): Record<string, GithubRelease[]> => ({
  'immich-app/immich': [
    { tag: 'v2.7.0-rc.1', prerelease: true, publishedAt: now - DAY },
    {
      tag: 'v2.6.0',
      publishedAt: now - 2 * DAY,
      body: [
        '# v2.6.0',
        '',
        '## Breaking changes',
        '- The machine learning container needs a CPU with AVX2. See the [requirements](https://example.org).',
        '',
        '## Highlights',
        '- **Faster** timeline on large libraries',
        '- Albums can be pinned to the top of the sidebar',
        '- Fewer wake-ups of the phone while it uploads',
        '',
        '## Bug fixes',
        '* fix: thumbnails of rotated videos by @somebody in https://github.com/immich-app/immich/pull/1',
        '',
        '## New Contributors',
        '* @somebody made their first contribution',
      ].join('\n'),
    },
    { tag: 'v2.5.5', publishedAt: now - 20 * DAY, body: '## Bug fixes\n* fix: shared links' },
  ],
  'louislam/uptime-kuma': [
    {
      tag: '2.1.0',
      publishedAt: now - 9 * DAY,
      body: '### 🆕 New\n- Monitors can be grouped\n\n### ⚠️ Breaking changes from 1.x\n- The database is converted at the first start; this can take hours.',
    },
  ],
  '9001/copyparty': [{ tag: 'v1.19.20', publishedAt: now - 30 * DAY }],
  'dani-garcia/vaultwarden': [{ tag: '1.34.3', publishedAt: now - 60 * DAY }],
  'ArchiveBox/ArchiveBox': [
    { tag: 'v0.8.5rc51', prerelease: true, publishedAt: now - 40 * DAY },
    { tag: 'v0.7.3', publishedAt: now - 400 * DAY },
  ],
});

/** Everything that runs is there under its own digest; Immich and Uptime Kuma have something newer. */
export function publishAll(github: GithubStandIn, registry: RegistryStandIn, now = Date.now()): void {
  for (const [repository, list] of Object.entries(releases(now))) github.releases.set(repository, list);
  for (const { containers } of FLEET) {
    for (const { image, version } of containers) registry.publish(image, { version, digest: imageId(image) });
  }
  const newer = (name: string, version: string, age: number, size: number) =>
    registry.publish(name, {
      version,
      createdAt: now - age,
      isList: true,
      layers: { [`sha256:${'1'.repeat(64)}`]: 48 * MB, [`sha256:${'2'.repeat(64)}`]: size },
    });
  newer('ghcr.io/immich-app/immich-server:v2.6.0', 'v2.6.0', 2 * DAY, 620 * MB);
  newer('ghcr.io/immich-app/immich-machine-learning:v2.6.0', 'v2.6.0', 2 * DAY, 410 * MB);
  newer('docker.io/louislam/uptime-kuma:1', '1.23.17', 5 * DAY, 140 * MB);
}

/** A release that comes while somebody looks. */
export function publishVaultwarden(github: GithubStandIn, registry: RegistryStandIn): void {
  const list = github.releases.get('dani-garcia/vaultwarden') ?? [];
  if (list[0]?.tag === '1.35.0') return;
  const publishedAt = Date.now();
  list.unshift({
    tag: '1.35.0',
    publishedAt,
    body: '## Security\n- Fixes two vulnerabilities in attachments',
  });
  registry.publish('docker.io/vaultwarden/server:1.35.0', {
    version: '1.35.0',
    createdAt: publishedAt,
    layers: { [`sha256:${'3'.repeat(64)}`]: 74 * MB },
  });
}

/**
 * What Uptime Kuma's tag gives from now on, one version newer each time.
 * @param command what its program does, as {@link RegistryStandIn.publish} takes it
 */
export function publishUptimeKuma(registry: RegistryStandIn, command?: readonly string[]): void {
  const tag = 'docker.io/louislam/uptime-kuma:1';
  const patch = Number(registry.versionOf(tag)?.split('.').at(-1) ?? 16) + 1;
  const version = `1.23.${patch}`;
  registry.publish(tag, {
    version,
    createdAt: Date.now(),
    isList: true,
    layers: {
      [`sha256:${'1'.repeat(64)}`]: 48 * MB,
      [`sha256:${createHash('sha256').update(version).digest('hex')}`]: 140 * MB,
    },
    ...(command === undefined ? {} : { command }),
  });
}
