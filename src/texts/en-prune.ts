/** Pruning, in English. */
import type { KeepReason, PrunedHost, PruneRefusal } from '../report/prune.ts';
import { b, code, i, rich, type Rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import { plural } from './en-words.ts';

/** In the order told. */
const reasons: Record<KeepReason, string> = {
  used: 'in use by containers',
  ours: 'for a way back',
  named: 'named by a unit, a script or a compose file',
  built: 'that no registry has',
  young: 'of no use for less than a week',
  unsure: 'whose registry could not be asked',
};

const refusals = (why: PruneRefusal): string => {
  switch (why.kind) {
    case 'unread':
      return `what its units name is not known for sure: ${why.cause}`;
    case 'unreachable':
      return why.cause;
    case 'busy':
      return `${why.service} is being worked on`;
  }
};

export const prune = {
  plan: (count: number, size: number) =>
    rich`🧹 ${b(`Remove ${plural(count, 'image')} that nothing uses?`)} ${formatSize(size)} at most: images share layers.`,
  done: (count: number, won: number | undefined) =>
    rich`🧹 ${b(`${plural(count, 'unused image')} removed`)}${won === undefined ? '' : ` – ${formatSize(won)} won`}`,
  observed: (count: number, size: number) =>
    rich`👁 ${b(`Would have removed ${plural(count, 'image')}`)}, ${formatSize(size)} at most. Steward only observes (STEWARD_OBSERVE); nothing was changed.`,
  nothing: rich`🧹 ${b('Nothing to prune.')}`,
  host: (name: string) => rich`${b(name)}`,
  refused: (why: PruneRefusal) =>
    rich`⚠️ Nothing of this host is pruned: ${refusals(why).replace(/\.$/, '')}.`,
  image: ({
    name,
    isNamed,
    size,
    age,
    trouble,
  }: {
    name: string;
    isNamed: boolean;
    size: number;
    age: string | undefined;
    trouble: string | undefined;
  }) =>
    rich`${trouble === undefined ? '•' : '⏭'} ${code(name)}${isNamed ? '' : ' (lost its name)'} – ${formatSize(size)}${age === undefined ? '' : `, built ${age} ago`}${trouble === undefined ? '' : `; stays: ${trouble.replace(/\.$/, '')}`}`,
  cache: (size: number, trouble: string | undefined) =>
    rich`${trouble === undefined ? '•' : '⏭'} Cache of builds – ${formatSize(size)}${trouble === undefined ? '' : `; stays: ${trouble.replace(/\.$/, '')}`}`,
  kept: (kept: PrunedHost['kept']): Rich => {
    const parts = (Object.keys(reasons) as KeepReason[]).flatMap((reason) => {
      const count = kept[reason] ?? 0;
      return count === 0 ? [] : [`${count} ${reasons[reason]}`];
    });
    return parts.length === 0 ? [] : rich`${i(`Kept: ${parts.join(', ')}. Volumes are never touched.`)}`;
  },
  confirm: 'Remove',
};
