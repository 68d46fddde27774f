import { describe, expect, test } from 'vitest';
import { compareVersions, parseVersion, stepOf, tagCovers, tagKind } from '../src/versions.ts';

const opposite = { newer: 'older', older: 'newer', same: 'same', unknown: 'unknown' } as const;

describe('compareVersions', () => {
  test.each([
    // Numbers, with and without what stands before them.
    ['v2.5.5', 'v2.6.0', 'newer'],
    ['2.5.5', 'v2.6.0', 'newer'],
    ['v2.6.0', '2.6.0', 'same'],
    ['release-1.2.3', '1.2.4', 'newer'],
    ['1.9.0', '1.10.0', 'newer'],
    ['1.23.16', '2.0.0', 'newer'],
    ['1', '2.0.0', 'newer'],
    ['1.2', '1.3.0', 'newer'],
    // Fewer numbers name a line of versions, unless the rest is zeros.
    ['1', '1.23.16', 'unknown'],
    ['1.2', '1.2.5', 'unknown'],
    ['1.2', '1.2.0', 'same'],
    // Pre-releases come before their version, in order.
    ['2.0.0-beta.2', '2.0.0', 'newer'],
    ['2.0.0-rc.1', '2.0.0-rc.2', 'newer'],
    ['2.0.0-rc.2', '2.0.0-rc.10', 'newer'],
    ['2.0.0-alpha', '2.0.0-beta', 'newer'],
    ['2.0.0-rc', '2.0.0-rc.1', 'newer'],
    ['1.0b1', '1.0', 'newer'],
    ['0.7.3', '0.8.5rc51', 'newer'],
    // Build metadata does not count; a variant only beside another.
    ['1.2.3+abc', '1.2.3+def', 'same'],
    ['1.34.3-alpine', '1.34.3', 'same'],
    ['1.34.3-alpine', '1.35.0', 'newer'],
    ['1.34.3-alpine', '1.34.3-bookworm', 'unknown'],
    ['4.0.9-ls120', '4.0.9-ls121', 'newer'],
    ['8-bookworm', '8-bookworm', 'same'],
    // Dates.
    ['2026-11-20', '2026-11-21', 'newer'],
    ['20261120', '2026-11-20', 'same'],
    ['2024.12.1', '2025.1.0', 'newer'],
    ['RELEASE.2024-01-15T10-20-30Z', 'RELEASE.2024-01-15T11-00-00Z', 'newer'],
    // Another scheme: which came first is not in the names.
    ['1.5.0', '2026.11.0', 'unknown'],
    ['2026-11-20', '3.0.0', 'unknown'],
    // No versions at all.
    ['release', 'v2.6.0', 'unknown'],
    ['latest', 'latest', 'unknown'],
    ['', '1.0.0', 'unknown'],
    ['main-4f1a2b3', '1.0.0', 'unknown'],
    ['4f1a2b3', '1.0.0', 'unknown'],
    ['1a2b3c4', '1.0.0', 'unknown'],
    ['1.2.3.4.5.6', '1.2.3', 'unknown'],
  ] as const)('%s → %s is %s', (first, second, expected) => {
    expect(compareVersions(first, second)).toBe(expected);
    expect(compareVersions(second, first)).toBe(opposite[expected]);
  });

  test('versions that are exact have zeros where they say nothing', () => {
    expect(compareVersions('2.0', '2.0.1', { exact: true })).toBe('newer');
    expect(compareVersions('2.0.1', '2.0', { exact: true })).toBe('older');
    expect(compareVersions('2', '2.0.0', { exact: true })).toBe('same');
  });
});

test.each([
  ['v2.5.5', 'v3.0.0', 'major'],
  ['v2.5.5', 'v2.6.0', 'minor'],
  ['v2.5.5', 'v2.5.6', 'patch'],
  ['0.7.3', '0.8.0', 'major'],
  ['0.7.3', '0.7.4', 'minor'],
  ['0.7.3', '1.0.0', 'major'],
  ['2.0.0-rc.1', '2.0.0', 'patch'],
  ['2025.12.1', '2026.1.0', 'minor'],
  ['2026-11-20', '2026-11-21', 'patch'],
  ['v2.6.0', 'v2.5.0', undefined],
  ['release', 'v2.6.0', undefined],
])('stepOf %s → %s is %s', (first, second, expected) => {
  expect(stepOf(first, second)).toBe(expected);
});

test.each([
  ['v2.6.1', 'v2.6.3', 'fixed'],
  ['1', '2.1.0', 'within'],
  ['1.23', '2.1.0', 'within'],
  ['1.23.16', undefined, 'fixed'],
  ['2', undefined, 'within'],
  // A project whose releases have two numbers.
  ['1.19', 'v1.20', 'fixed'],
  ['2026.11', '2026.11.2', 'within'],
  ['release', 'v2.6.3', 'moving'],
  ['latest', undefined, 'moving'],
  ['16-alpine', '16.4', 'within'],
])('tagKind of %s, where releases are like %s, is %s', (tag, like, expected) => {
  expect(tagKind(tag, like)).toBe(expected);
});

test('tagCovers what the tag can give', () => {
  expect(tagCovers('1', '1.24.0')).toBe(true);
  expect(tagCovers('1', '2.0.0')).toBe(false);
  expect(tagCovers('v2.1', '2.1.7')).toBe(true);
  expect(tagCovers('v2.1', '2.2.0')).toBe(false);
  expect(tagCovers('release', 'v3.0.0')).toBe(true);
});

test.each(['release', 'stable', 'v', 'e4f1a2b', '12ab34c', 'bookworm', 'sha-1234567'])(
  'parseVersion takes "%s" for no version',
  (text) => {
    expect(parseVersion(text)).toBeUndefined();
  },
);
