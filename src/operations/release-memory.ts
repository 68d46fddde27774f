/** What is remembered of a service's releases: the last check, what was told, and what people said of it. */
import type { ReleaseState } from '../report/releases.ts';
import type { UpdateFailure } from '../report/updates.ts';
import type { Store } from '../store.ts';

/** What a registry holds under a digest, kept so that an unchanged one costs no second look. */
export type Look = {
  /** The image that runs is this one under another digest. */
  isSame: boolean;
  version: string | undefined;
  createdAt: number | undefined;
  /** Bytes that are not here. */
  size: number;
};

export type ReleaseMemory = {
  firstTriedAt: number;
  /** The last check that learnt something; undefined before the first. */
  succeededAt: number | undefined;
  /** The last check that learnt something. */
  last: ReleaseState | undefined;
  /** The last check, whatever it learnt. */
  tried: ReleaseState | undefined;
  /** Keys that were told, or there when the service was seen for the first time; the newest last. */
  told: readonly string[];
  skipped: readonly string[];
  remind: { key: string; at: number } | undefined;
  /** A digest that did not come up, so that it is not offered as if nothing had been. */
  failed: { digest: string; at: number; why: string } | undefined;
  silenceToldAt: number | undefined;
  looks: Readonly<Record<string, Look>>;
};

/** More than anyone skips. */
const KEPT = 50;

const keyOf = (service: string) => `release:${service}`;

export const recall = ({ facts }: Pick<Store, 'facts'>, service: string): ReleaseMemory | undefined =>
  facts.get<ReleaseMemory>(keyOf(service));

/** Change what is remembered, as one step beside whoever else does. */
export function remember(
  { facts, database }: Pick<Store, 'facts' | 'database'>,
  service: string,
  now: number,
  change: (memory: ReleaseMemory) => Partial<ReleaseMemory>,
): ReleaseMemory {
  return database.transaction(() => {
    const before = facts.get<ReleaseMemory>(keyOf(service)) ?? {
      firstTriedAt: now,
      succeededAt: undefined,
      last: undefined,
      tried: undefined,
      told: [],
      skipped: [],
      remind: undefined,
      failed: undefined,
      silenceToldAt: undefined,
      looks: {},
    };
    const changed = { ...before, ...change(before) };
    const after = { ...changed, told: changed.told.slice(-KEPT), skipped: changed.skipped.slice(-KEPT) };
    facts.put(keyOf(service), after);
    return after;
  });
}

/** With the key at its end, once. */
export const withKey = (keys: readonly string[], key: string): string[] => [
  ...keys.filter((known) => known !== key),
  key,
];

/** It runs now: nothing newer is known until the next look. @param version undefined: as it was told to be */
export const rememberFresh = (
  store: Pick<Store, 'facts' | 'database'>,
  service: string,
  now: number,
  version: string | undefined,
): ReleaseMemory =>
  remember(store, service, now, ({ last }) => ({
    failed: undefined,
    last: last && {
      ...last,
      verdict: { kind: 'fresh' },
      from: version ?? last.from,
      to: undefined,
      key: undefined,
      images: [],
    },
  }));

/** It did not come up, so it is not offered again as if nothing had been; unless that says nothing against the image. */
export function rememberFailed(
  store: Pick<Store, 'facts' | 'database'>,
  service: string,
  at: number,
  { digest, why, lastLines }: { digest: string; why: UpdateFailure; lastLines: readonly string[] },
): void {
  if (why.kind === 'step' ? why.step !== 'start' || why.isRefused === true : INNOCENT.has(why.kind)) return;
  remember(store, service, at, () => ({
    failed: { digest, at, why: lastLines.at(-1) ?? ('cause' in why ? why.cause : why.kind) },
  }));
}

/** What a person, the host or its configuration has done. */
const INNOCENT: ReadonlySet<UpdateFailure['kind']> = new Set([
  'asked',
  'cut-off',
  'image',
  'no-unit',
  'masked',
  'renamed',
  'condition',
  'host-unreachable',
  'silent',
]);
