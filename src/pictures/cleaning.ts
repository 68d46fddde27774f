/** What cleaning may take: decided on plain data, so that it can be tried with any history. */
import type { Asset } from '../clients/immich-answers.ts';
import type { CleaningReport } from '../report/pictures.ts';
import type { PictureRow } from '../store/pictures.ts';

export type Past = Pick<PictureRow, 'assetId' | 'sha1' | 'duplicate' | 'kept' | 'receivedAt' | 'state'>;

export type History = {
  /** The store says that this bot made the asset. */
  isOwn(assetId: string): boolean;
  /** The asset or the same bytes, whichever message they came with. */
  isKept(of: Bytes): boolean;
  /** When the same bytes were sent last; what is on its way counts as sent just now. Milliseconds since 1970. */
  sentAt(of: Bytes): number;
};

export type Bytes = { assetId: string | undefined; sha1: string | undefined };

export type Verdict =
  /** Ours, old enough, and nobody keeps it: for good, once Immich confirms it by our mark. */
  | 'delete'
  | 'kept'
  | 'young'
  /** Not by this bot's hand, or of another user. */
  | 'foreign';

/** If the bridge still works on it. */
export const isOnItsWay = ({ state }: Pick<PictureRow, 'state'>): boolean =>
  state === 'new' || state === 'stored' || state === 'readable' || state === 'uploaded';

/** If Immich holds something that this bot made of it. */
export const isOursInImmich = ({ assetId, duplicate }: Pick<PictureRow, 'assetId' | 'duplicate'>): boolean =>
  assetId !== undefined && duplicate !== 'library';

/** Old enough, and nobody keeps it. */
export const isDue = (of: Bytes, history: History, until: number): boolean =>
  !history.isKept(of) && history.sentAt(of) <= until;

/** @param rows all that cleaning has not dealt with, in any state */
export function historyOf(rows: readonly Past[]): History {
  const own = new Set<string>();
  const kept = new Set<string>();
  const sent = new Map<string, number>();
  for (const row of rows) {
    if (row.assetId !== undefined && isOursInImmich(row)) own.add(row.assetId);
    const at = isOnItsWay(row) ? Infinity : row.receivedAt;
    for (const key of keysOf(row)) {
      if (row.kept) kept.add(key);
      sent.set(key, Math.max(at, sent.get(key) ?? 0));
    }
  }
  return {
    isOwn: (assetId) => own.has(assetId),
    isKept: (of) => keysOf(of).some((key) => kept.has(key)),
    sentAt: (of) => Math.max(0, ...keysOf(of).map((key) => sent.get(key) ?? 0)),
  };
}

const keysOf = ({ assetId, sha1 }: Bytes): string[] => [
  ...(assetId === undefined ? [] : [`asset ${assetId}`]),
  ...(sha1 === undefined ? [] : [`bytes ${sha1}`]),
];

/**
 * What becomes of an asset.
 * @param me id of our user in Immich
 * @param until what was sent after this time is too young
 */
export function judge(
  { id, ownerId, sha1 }: Pick<Asset, 'id' | 'ownerId' | 'sha1'>,
  history: History,
  { me, until }: { me: string; until: number },
): Verdict {
  if (ownerId !== me || !history.isOwn(id)) return 'foreign';
  const of = { assetId: id, sha1 };
  if (history.isKept(of)) return 'kept';
  return history.sentAt(of) > until ? 'young' : 'delete';
}

/** If it does nothing that a person would notice. */
export const isIdle = (report: CleaningReport): boolean =>
  report.deleted + report.takenOut + report.adopted + report.putBack + report.copies === 0 && !report.isMade;
