import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGithub, type GithubStandIn } from '../../sandbox/github.ts';
import { createReleases, type Releases } from '../../src/clients/releases.ts';
import { RateLimitedError, UnreachableError } from '../../src/errors.ts';
import { openStore, type Store } from '../../src/store.ts';

const REPOSITORY = 'immich-app/immich';
const PUBLISHED = Date.UTC(2026, 10, 18, 9);

let folder: string;
let store: Store;
let github: GithubStandIn;
let client: Releases;
let now = Date.now();
const clock = { now: () => now };
const open = (token?: string, patience = 5000) =>
  createReleases({ url: github.url, token, facts: store.facts, clock, patience });
const statuses = () => github.requests.map(({ status }) => status);

beforeEach(async () => {
  now = Date.now();
  folder = mkdtempSync(join(tmpdir(), 'steward-releases-'));
  store = openStore(folder, clock);
  github = await startGithub({
    [REPOSITORY]: [
      { tag: 'v2.8.0', draft: true },
      { tag: 'v2.7.0-rc.1', prerelease: true },
      { tag: 'v2.6.0', body: '## Breaking\n- One', publishedAt: PUBLISHED },
      { tag: 'v2.5.5', body: 'Older' },
    ],
    'some/tags-only': [],
  });
  client = open();
});
afterEach(async () => {
  await client.close();
  await github.close();
  store.close();
  rmSync(folder, { recursive: true });
});

test('latest is the newest that is neither a draft nor a pre-release', async () => {
  expect(await client.latest(REPOSITORY)).toEqual({
    tag: 'v2.6.0',
    title: 'v2.6.0',
    notes: '## Breaking\n- One',
    publishedAt: PUBLISHED,
    url: `https://github.com/${REPOSITORY}/releases/tag/v2.6.0`,
  });
});

test('recent lists those before it, without drafts and pre-releases', async () => {
  expect((await client.recent(REPOSITORY)).map(({ tag }) => tag)).toEqual(['v2.6.0', 'v2.5.5']);
});

test('an unchanged answer is asked for with its ETag, by the next process too', async () => {
  const first = await client.latest(REPOSITORY);
  await client.close();
  client = open();
  expect(await client.latest(REPOSITORY)).toEqual(first);
  expect(statuses()).toEqual([200, 304]);
  github.releases.get(REPOSITORY)?.unshift({ tag: 'v2.6.1' });
  expect((await client.latest(REPOSITORY))?.tag).toBe('v2.6.1');
});

test('a repository without releases, or that does not exist, has none', async () => {
  expect(await client.latest('some/tags-only')).toBeUndefined();
  expect(await client.latest('not/there')).toBeUndefined();
});

test('a token is sent where there is one', async () => {
  await client.latest(REPOSITORY);
  await client.close();
  client = open('ghp_test');
  await client.latest(REPOSITORY);
  expect(github.requests.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer ghp_test']);
});

test('at the limit nobody is asked until it is over', async () => {
  const resetAt = Math.ceil(now / 1000) * 1000 + 600_000;
  github.limit(1, resetAt);
  expect((await client.latest(REPOSITORY))?.tag).toBe('v2.6.0');
  const error = await client.recent(REPOSITORY).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RateLimitedError);
  expect((error as RateLimitedError).until).toBe(resetAt);
  expect(github.requests).toHaveLength(1);
  now = resetAt;
  github.limit(60, resetAt + 3_600_000);
  expect(await client.recent(REPOSITORY)).toHaveLength(2);
});

test('a limit that somebody else has used up is understood from the refusal', async () => {
  github.limit(0, Math.ceil(now / 1000) * 1000 + 600_000);
  await expect(client.latest(REPOSITORY)).rejects.toThrow(RateLimitedError);
  expect(statuses()).toEqual([403]);
});

test('a refusal of another kind is no limit', async () => {
  github.fail(403);
  await expect(client.latest(REPOSITORY)).rejects.toThrow('status 403');
  github.fail(503);
  await expect(client.latest(REPOSITORY)).rejects.toThrow('status 503');
});

test('a connection that breaks is asked again, once', async () => {
  github.breakOff(1);
  expect((await client.latest(REPOSITORY))?.tag).toBe('v2.6.0');
  github.breakOff(2);
  await expect(client.recent(REPOSITORY)).rejects.toThrow(UnreachableError);
  expect(await client.recent(REPOSITORY)).toHaveLength(2);
});

test('nothing listens: the host is named', async () => {
  await github.close();
  await expect(client.latest(REPOSITORY)).rejects.toThrow(UnreachableError);
  github = await startGithub();
});
