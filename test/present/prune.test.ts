import { expect, test } from 'vitest';
import type { PrunedHost, PruneReport } from '../../src/report/prune.ts';
import { plain } from '../../src/rich.ts';
import { textsOf } from '../../src/texts/index.ts';
import { present } from './present.ts';

const DAY = 86_400_000;
const at = Date.parse('2026-11-20T14:40:00Z');
const image = (names: readonly string[], trouble?: string) => ({
  id: `sha256:${'4f1a'.repeat(16)}`,
  names,
  size: 612_000_000,
  createdAt: at - 21 * DAY,
  trouble,
});
const host = (more: Partial<PrunedHost> = {}): PrunedHost => ({
  name: 'local',
  refused: undefined,
  images: [image(['ghcr.io/immich-app/immich-server:v2.5.5']), image([])],
  cache: undefined,
  kept: { used: 9, named: 2 },
  won: undefined,
  cacheTrouble: undefined,
  ...more,
});
const show = (report: Omit<PruneReport, 'kind' | 'at'>) => {
  const { blocks, buttons } = present({ kind: 'prune', at, ...report }, textsOf('en'));
  const lines = blocks.map((block) =>
    'quote' in block ? block.quote.map((line) => `> ${plain(line)}`).join('\n') : plain(block),
  );
  return { text: lines.join('\n'), buttons: buttons?.flat().map(({ label }) => label) };
};

test('presentPrune of a plan tells each image, the room at most, and what stays', () => {
  expect(show({ stage: 'plan', hosts: [host({ cache: 300_000_000 })] })).toEqual({
    text: `🧹 Remove 2 images that nothing uses? 1.5 GB at most: images share layers.

• ghcr.io/immich-app/immich-server:v2.5.5 – 612 MB, built 21 days ago
• 4f1a4f1a4f1a (lost its name) – 612 MB, built 21 days ago
• Cache of builds – 300 MB

Kept: 9 in use by containers, 2 named by a unit, a script or a compose file. Volumes are never touched.`,
    buttons: ['Remove', 'Cancel'],
  });
});

test('presentPrune of what was done tells the room that was won, and what stayed after all', () => {
  const images = [image(['ghcr.io/a/b:1']), image([], 'a container uses it by now')];
  expect(show({ stage: 'done', hosts: [host({ images, won: 410_000_000 })] })).toEqual({
    text: `🧹 1 unused image removed – 410 MB won

• ghcr.io/a/b:1 – 612 MB, built 21 days ago
⏭ 4f1a4f1a4f1a (lost its name) – 612 MB, built 21 days ago; stays: a container uses it by now

Kept: 9 in use by containers, 2 named by a unit, a script or a compose file. Volumes are never touched.`,
    buttons: undefined,
  });
});

test('presentPrune folds a long list, names each host of several, and says why one is left alone', () => {
  const many = Array.from({ length: 6 }, (_, n) => image([`ghcr.io/a/b:${n}`]));
  const refused = { kind: 'unread', cause: '"/etc/x" cannot be read: permission denied' } as const;
  const { text } = show({
    stage: 'observed',
    hosts: [host({ images: many, kept: {} }), host({ name: 'stacks', images: [], refused, kept: {} })],
  });
  expect(text).toContain('👁 Would have removed 6 images, 3.7 GB at most.');
  expect(text).toContain('local\n> • ghcr.io/a/b:0');
  expect(text).toContain(
    'stacks\n⚠️ Nothing of this host is pruned: what its units name is not known for sure: "/etc/x" cannot be read: permission denied.',
  );
});

test('presentPrune with nothing to do asks nothing', () => {
  expect(show({ stage: 'plan', hosts: [host({ images: [], kept: { used: 3 } })] })).toEqual({
    text: '🧹 Nothing to prune.\n\nKept: 3 in use by containers. Volumes are never touched.',
    buttons: undefined,
  });
});
