/** What was asked of Steward: the newest first, under its day. */
import type { Block, Card } from '../card.ts';
import type { AuditEntry, AuditReport } from '../report/audit.ts';
import { b, plain, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';

type Of<Kind extends AuditReport['kind']> = Extract<AuditReport, { kind: Kind }>;

const ICONS: Readonly<Record<NonNullable<AuditEntry['outcome']>, string>> = {
  done: '✅',
  failed: '❌',
  refused: '⛔',
  busy: '⏳',
  interrupted: '⚡',
  cancelled: '✖️',
  expired: '⌛',
  changed: '🔄',
  observed: '👁',
};
const RUNNING = '🔵';

export function presentAudit(report: Of<'audit'>, texts: Texts): Card {
  const { entries, service, days, total } = report;
  const head = texts.audit.head(service, entries.length, total, days);
  if (entries.length === 0) return { blocks: [head] };
  if (!report.asFile) return { blocks: [head, ...byDay(entries, report.at, texts)] };
  const text = entries.map((entry) => {
    const { day, time } = texts.local(entry.at);
    return `${day} ${time} ${plain(told(entry, texts))}`;
  });
  const name = `audit-${texts.local(report.at).day}.txt`;
  return { blocks: [head], file: { name, text: `${text.join('\n')}\n` } };
}

export const presentAuditLines = ({ lines }: Of<'audit-lines'>): Card => ({
  blocks: [],
  file: { name: 'audit.jsonl', text: lines.map((line) => `${line}\n`).join('') },
});

function byDay(entries: readonly AuditEntry[], now: number, texts: Texts): Block[] {
  let last: string | undefined;
  return entries.flatMap((entry) => {
    const { day, time } = texts.local(entry.at);
    const line = rich`${time.slice(0, 5)} ${told(entry, texts)}`;
    if (day === last) return [line];
    last = day;
    return [[], rich`${b(texts.dateOf(entry.at, now))}`, line];
  });
}

function told(entry: AuditEntry, texts: Texts): Rich {
  const { what, args, services, outcome, reason, by, from, confirmedBy } = entry;
  const icon = outcome === undefined ? RUNNING : ICONS[outcome];
  const words = [what, ...(args.length === 0 ? services : args)].join(' ');
  const who = texts.audit.by(from, by.replace(/^\w+:/, ''));
  const how = texts.audit.outcome(
    outcome,
    confirmedBy !== undefined,
    texts.audit.reasons[reason ?? ''] ?? reason,
  );
  return rich`${icon} ${b(words)} – ${[who, how].filter((part) => part !== '').join(', ')}`;
}
