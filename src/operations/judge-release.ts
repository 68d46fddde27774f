/** What was looked up → how a service stands to what is published for it. Nothing is asked here, nothing guessed. */
import type { Release } from '../clients/releases.ts';
import type { ImageName } from '../image-name.ts';
import type { ReleaseState, ReleaseTrouble, ReleaseVerdict } from '../report/releases.ts';
import type { Service } from '../services.ts';
import { compareVersions, parseVersion, tagCovers, tagKind } from '../versions.ts';
import type { ImageCheck } from './check-images.ts';
import type { ReleaseMemory } from './release-memory.ts';

export type Found = {
  service: Pick<Service, 'name' | 'title' | 'containers' | 'release'>;
  /** The version that runs. */
  running: string | undefined;
  images: readonly ImageCheck[];
  /** The images of all containers, those that are never updated included. */
  allImages: readonly string[];
  release: Release | undefined;
  troubles: readonly ReleaseTrouble[];
  memory: Pick<ReleaseMemory, 'skipped' | 'failed'> | undefined;
  at: number;
};

/** How the release stands to what runs, and whether the tag can give it. */
export type Standing = {
  isNewer: boolean;
  /** It can be told from the version that runs. */
  isKnown: boolean;
  kind: 'fixed' | 'within' | 'moving';
  /** The tag gives it, now or when its image is there. */
  isCovered: boolean;
};

/** The application itself: by rule the last container that updates may change. */
export const mainOf = (images: readonly ImageCheck[]): ImageCheck | undefined => images.at(-1);

export function standingOf({
  running,
  release,
  service,
  images,
}: Pick<Found, 'running' | 'release' | 'service' | 'images'>): Standing {
  const name = mainOf(images)?.name;
  const tag = name?.tag;
  const kind =
    name?.digest !== undefined ? 'fixed' : tag === undefined ? 'moving' : tagKind(tag, release?.tag);
  if (release === undefined) return { isNewer: false, isKnown: true, kind, isCovered: true };
  // A tag with fewer numbers than releases have says only where to stay.
  const exact = service.release?.version !== 'tag' || kind === 'fixed';
  const byVersion = running === undefined ? 'unknown' : compareVersions(running, release.tag, { exact });
  const byTag = tag === undefined || kind !== 'within' ? 'unknown' : compareVersions(tag, release.tag);
  return {
    isNewer: byVersion === 'newer' || (byVersion === 'unknown' && byTag === 'newer'),
    isKnown: byVersion !== 'unknown' || byTag !== 'unknown',
    kind,
    isCovered: tag === undefined || kind !== 'within' || tagCovers(tag, release.tag),
  };
}

/** What a pinned tag would be, and what is known of its images. */
export type Successor = {
  tag: string;
  isThere: boolean;
  images: ReleaseState['images'];
  /** Bytes that are not here. */
  size: number | undefined;
};

/** @param next undefined where no tag is pinned */
export function judgeRelease(found: Found, next: Successor | undefined): ReleaseState {
  const { service, running, images, release, at } = found;
  const standing = standingOf(found);
  const { isNewer, kind, isCovered } = standing;
  const main = mainOf(images);
  const newer = images.filter((image) => image.state === 'newer');
  const troubles = [
    ...found.troubles,
    ...images.flatMap((image) => (image.state === 'unknown' ? [image.trouble] : [])),
    ...incomparable(found, standing),
  ];
  const base = {
    name: service.name,
    title: service.title,
    from: running,
    to: undefined,
    tag: main?.name?.tag,
    key: undefined,
    images: [],
    size: undefined,
    publishedAt: undefined,
    notes: undefined,
    beyond: undefined,
    troubles,
    at,
  };
  const ofRelease = { to: release?.tag, key: release?.tag, publishedAt: release?.publishedAt };
  const awaited: ReleaseState = { ...base, ...ofRelease, key: undefined, verdict: { kind: 'awaited' } };

  if (images.length === 0 && service.release?.github === undefined) {
    return { ...base, verdict: { kind: 'untracked' } };
  }
  if (main?.state === 'local') {
    return { ...base, verdict: { kind: 'local' }, ...(isNewer ? { to: release?.tag } : {}) };
  }
  if (isNewer && kind === 'fixed' && main !== undefined) {
    const tag = main.name?.tag ?? main.image;
    const nextTag = next?.tag ?? ofRelease.to ?? '';
    const pinned: ReleaseVerdict = { kind: 'pinned', file: service.release?.file, tag, nextTag };
    if (next?.isThere === false) return awaited;
    return block(found, {
      ...base,
      verdict: pinned,
      ...ofRelease,
      images: next?.images ?? [],
      size: next?.size,
    });
  }
  if (newer.length > 0) {
    const look = main?.state === 'newer' ? main.look : undefined;
    const to = newVersion(running, look?.version);
    return block(found, {
      ...base,
      verdict: { kind: 'newer-image' },
      to,
      key: to ?? (main?.state === 'newer' ? main : newer[0])?.digest,
      images: newer.map(({ container, image, digest }) => ({ container, image, digest })),
      size: newer.reduce((sum, image) => sum + image.look.size, 0),
      publishedAt: look?.createdAt ?? newer[0]?.look.createdAt,
      beyond: isNewer && !isCovered ? release?.tag : undefined,
    });
  }
  if (isNewer && !isCovered) return block(found, { ...base, verdict: { kind: 'major' }, ...ofRelease });
  if (isNewer && main?.state === 'fresh') return awaited;
  return { ...base, verdict: { kind: troubles.length > 0 ? 'unknown' : 'fresh' } };
}

/** The version in the new image's label, where it says anything new. */
function newVersion(running: string | undefined, label: string | undefined): string | undefined {
  if (label === undefined || parseVersion(label) === undefined) return undefined;
  return running !== undefined && compareVersions(running, label, { exact: true }) === 'same'
    ? undefined
    : label;
}

/** A pinned tag of which nobody can say if it is the newest is not fresh. A moving one is, by its image alone. */
function incomparable({ release, running, images }: Found, { isKnown, kind }: Standing): ReleaseTrouble[] {
  const isMoving = images.length > 0 && kind !== 'fixed';
  if (release === undefined || isKnown || isMoving) return [];
  return running === undefined
    ? [{ kind: 'no-version', release: release.tag }]
    : [{ kind: 'versions', from: running, release: release.tag }];
}

/** What is offered, unless there is a reason against it. */
function block({ service, memory, allImages }: Found, state: ReleaseState): ReleaseState {
  const blocked = (reason: (ReleaseVerdict & { kind: 'blocked' })['reason']): ReleaseState => ({
    ...state,
    verdict: { kind: 'blocked', reason },
  });
  const vectors = allImages.find((image) => /\bpgvecto[._-]?rs\b/i.test(image));
  // Immich 3 has no driver for it: the database must be moved first, or the server does not come up.
  if (service.release?.version === 'immich' && vectors !== undefined && crosses(state, 3)) {
    return blocked({ kind: 'vectors', image: vectors });
  }
  const { failed, skipped = [] } = memory ?? {};
  if (failed !== undefined && state.images.some(({ digest }) => digest === failed.digest)) {
    return blocked({ kind: 'failed', at: failed.at, why: failed.why });
  }
  return state.key !== undefined && skipped.includes(state.key) ? blocked({ kind: 'skipped' }) : state;
}

function crosses({ from, to }: ReleaseState, major: number): boolean {
  const [before, after] = [from, to].map((text) =>
    text === undefined ? undefined : parseVersion(text)?.parts[0],
  );
  return before !== undefined && after !== undefined && before < major && after >= major;
}

/** `v2.6.1-rootless` when `2.6.3` is out: `v2.6.3-rootless`. Undefined where the tag does not hold the version. */
export function successorOf({ tag }: Pick<ImageName, 'tag'>, release: string): string | undefined {
  const [, mark = '', numbers, rest = ''] = /^(v?)(\d[\d.]*)(.*)$/i.exec(tag ?? '') ?? [];
  const [, next] = /^[^\d]*?v?(\d.*)$/i.exec(release) ?? [];
  if (numbers === undefined || next === undefined) return undefined;
  const version = parseVersion(tag ?? '');
  const variant = version?.variant === undefined ? '' : rest;
  return `${mark}${next}${variant}`;
}
