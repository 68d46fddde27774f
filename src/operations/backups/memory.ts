/** What is remembered of a service's backups beside the backups themselves: what was tried, and what was told of it. */
import type { BackupTrouble } from '../../report/backup-runs.ts';
import type { Store } from '../../store.ts';

/** Milliseconds since 1970. */
export type BackupMemory = {
  /** When Steward looked at this service's backups first. */
  firstSeenAt: number;
  /** One is being made, or was when a kill came. */
  begunAt?: number | undefined;
  /** It was put off for somebody else's work or client, last at this time. */
  waitsSince?: number | undefined;
  /** Of the last day, the newest last. */
  failures: readonly { at: number; cause: string }[];
  /** Milliseconds that the service was stopped for it the last time. */
  away?: number | undefined;
  /** When a backup was restored into a scratch place last, and which images its service ran then: that backup may be gone. */
  drilled?: { at: number; images: Readonly<Record<string, string>> } | undefined;
  /** What is wrong now, since when, and when somebody was told last. */
  trouble?: { what: BackupTrouble; since: number; toldAt: number | undefined } | undefined;
};

const keyOf = (service: string) => `backup:${service}`;

export const recallBackups = ({ facts }: Pick<Store, 'facts'>, service: string): BackupMemory | undefined =>
  facts.get<BackupMemory>(keyOf(service));

/** The last drill that is known of a service. */
export function lastDrill(
  { facts, backups }: Pick<Store, 'facts' | 'backups'>,
  service: string,
): BackupMemory['drilled'] {
  const row = backups.ofService(service).find(({ drilledAt }) => drilledAt !== undefined);
  const found = row?.drilledAt === undefined ? undefined : { at: row.drilledAt, images: row.images };
  const known = recallBackups({ facts }, service)?.drilled;
  return known === undefined || (found !== undefined && found.at > known.at) ? found : known;
}

/** Change what is remembered, as one step beside whoever else does. */
export function rememberBackups(
  { facts, database }: Pick<Store, 'facts' | 'database'>,
  service: string,
  now: number,
  change: (memory: BackupMemory) => Partial<BackupMemory>,
): BackupMemory {
  return database.transaction(() => {
    const before = facts.get<BackupMemory>(keyOf(service)) ?? { firstSeenAt: now, failures: [] };
    const after = { ...before, ...change(before) };
    facts.put(keyOf(service), after);
    return after;
  });
}
