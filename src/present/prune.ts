/** Pruning: what would go, what went and what was won, and why the rest stays. */
import type { Block, Button, Card } from '../card.ts';
import type { PrunedHost, PruneReport } from '../report/prune.ts';
import type { Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';

/** Lines of a host's images before they are folded. */
const SHOWN = 5;

export function presentPrune(report: PruneReport, texts: Texts): Card {
  const { prune } = texts;
  const { stage, hosts } = report;
  const images = hosts.flatMap((host) => host.images);
  const gone = images.filter(({ trouble }) => trouble === undefined);
  const size =
    images.reduce((sum, one) => sum + one.size, 0) + hosts.reduce((sum, { cache = 0 }) => sum + cache, 0);
  const measured = hosts.flatMap(({ won }) => won ?? []);
  const won = measured.length === 0 ? undefined : measured.reduce((sum, one) => sum + one, 0);
  const hasWork = images.length > 0 || hosts.some(({ cache }) => cache !== undefined);
  const head = hasWork
    ? stage === 'done'
      ? prune.done(gone.length, won)
      : prune[stage](images.length, size)
    : prune.nothing;
  const blocks: Block[] = [head, ...hosts.flatMap((host) => hostBlocks(host, report, texts))];
  return { blocks, ...(stage === 'plan' && hasWork ? { buttons: [confirm(texts)] } : {}) };
}

function hostBlocks(host: PrunedHost, { stage, hosts, at }: PruneReport, texts: Texts): Block[] {
  const { prune } = texts;
  const title: Rich[] = hosts.length > 1 ? [prune.host(host.name)] : [];
  if (host.refused !== undefined) return [[], ...title, prune.refused(host.refused)];
  const lines = host.images.map(({ id, names, size, createdAt, trouble }) =>
    prune.image({
      name: names[0] ?? id.replace(/^sha256:/, '').slice(0, 12),
      isNamed: names.length > 0,
      size,
      age: createdAt === undefined ? undefined : texts.about(at - createdAt),
      trouble: stage === 'done' ? trouble : undefined,
    }),
  );
  const folded: Block[] = lines.length > SHOWN ? [{ quote: lines }] : lines;
  const cache: Block[] = host.cache === undefined ? [] : [prune.cache(host.cache, host.cacheTrouble)];
  const kept = prune.kept(host.kept);
  const list = [...folded, ...cache];
  return [[], ...title, ...list, ...(kept.length === 0 ? [] : list.length === 0 ? [kept] : [[], kept])];
}

const confirm = ({ prune, buttons }: Texts): Button[] => [
  { label: prune.confirm, answer: 'yes', style: 'danger' },
  { label: buttons.cancel, answer: 'no' },
];
