/** What a restore replaces, and what of it is newer than the backup. */
import { newerFiles } from '../../backup/files.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { compare } from '../../backup/put-back.ts';
import { writtenAt } from '../../backup/written-at.ts';
import type { RestorePlan } from '../../report/restore.ts';
import type { Service } from '../../services.ts';
import { describeReadable, type SourceFacts } from '../backup.ts';
import type { DataReach } from '../data-reach.ts';

export type Compared = Pick<RestorePlan, 'present' | 'newer' | 'changed'>;

export async function compareWithPresent(
  app: DataReach,
  service: Service,
  manifest: Manifest,
): Promise<Compared> {
  const unread: string[] = [];
  const facts = await describeReadable(app, service, { unread });
  const isEmpty = facts.every(({ counts }) => Object.values(counts).every((count) => count === 0));
  const newer = compare(manifest, facts);
  return {
    present: unread.length > 0 ? 'unreadable' : isEmpty ? 'none' : 'readable',
    newer: isEmpty ? [] : newer,
    changed: await changedSince(manifest, facts, new Set(newer.map(({ source }) => source))),
  };
}

async function changedSince(
  { parts, takenAt }: Manifest,
  present: readonly SourceFacts[],
  differing: ReadonlySet<string>,
): Promise<Compared['changed']> {
  let files = 0;
  const moments: number[] = [];
  for (const part of parts) {
    if (!present.some(({ name }) => name === part.facts.name)) continue;
    if (part.kind === 'files') {
      const newer = await newerFiles(part, takenAt);
      files += newer.files;
      if (newer.latestAt !== undefined) moments.push(newer.latestAt);
    }
    // A checkpoint writes, too: only where there is something else in it.
    if (part.kind === 'sqlite' && differing.has(part.facts.name)) {
      const at = await writtenAt(part.path);
      if (at !== undefined && at > takenAt) moments.push(at);
    }
  }
  return { files, latestAt: moments.length === 0 ? undefined : Math.max(...moments) };
}
