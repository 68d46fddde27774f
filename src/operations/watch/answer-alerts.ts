/** What a person says to an alert: that he looks after it, or that he wants to hear nothing of it for a while. */
import type { App } from '../../app.ts';
import { UserError } from '../../errors.ts';
import type { Note } from '../../report/notes.ts';
import type { AlertRow } from '../../store/alerts.ts';
import { acked, snoozed, woken } from './ring.ts';
import { tellAlerts, type TellReach } from './tell-alerts.ts';

/**
 * The open alerts that words name: numbers, as buttons have them, parts of a service's name or of a key, or `all`.
 * Without a word the only one there is.
 * @throws UserError for what is over, unknown or ambiguous
 */
export function alertsOf({ store }: Pick<App, 'store'>, words: readonly string[]): AlertRow[] {
  const open = store.alerts.open();
  if (open.length === 0) throw new UserError('It is over: no alert is open.');
  if (words.length === 0) {
    if (open.length === 1) return open;
    throw new UserError('Say which alert.', wordsFor(open, open));
  }
  return words.includes('all') ? open : [...new Set(words.map((word) => oneOf(open, word)))];
}

function oneOf(open: readonly AlertRow[], word: string): AlertRow {
  if (/^\d+$/.test(word)) {
    const row = open.find(({ id }) => id === Number(word));
    if (row === undefined) throw new UserError(`Alert ${word} is over.`);
    return row;
  }
  const exact = open.filter(({ key, finding }) => key === word || finding.service === word);
  const found = exact.length > 0 ? exact : open.filter(({ key }) => key.includes(word.toLowerCase()));
  const [row, ...others] = found;
  if (row === undefined) throw new UserError(`No open alert is about "${word}".`, wordsFor(open, open));
  if (others.length > 0) {
    const words = wordsFor(found, open);
    throw new UserError(`"${word}" can be ${words.join(' or ')}.`, words);
  }
  return row;
}

/** The shortest that names each: its service, where no other alert is about it, else its key. */
function wordsFor(rows: readonly AlertRow[], open: readonly AlertRow[]): string[] {
  const isOnly = (name: string) => open.filter(({ finding }) => finding.service === name).length === 1;
  return rows.map(({ key, finding: { service } }) =>
    service !== undefined && isOnly(service) ? service : key,
  );
}

/** Nothing more rings until it is over. */
export function ack(app: TellReach, rows: readonly AlertRow[], by: string): Note {
  return change(app, rows, () => acked(by), 'acked');
}

export function snooze(
  app: TellReach,
  rows: readonly AlertRow[],
  { by, until }: { by: string; until: number },
): Note {
  return { ...change(app, rows, () => snoozed(by, until), 'snoozed'), until, at: app.clock.now() };
}

export function wake(app: TellReach, rows: readonly AlertRow[]): Note {
  return change(app, rows, (row) => woken(row, app.clock.now()), 'woken');
}

function change<Key extends 'acked' | 'snoozed' | 'woken'>(
  app: TellReach,
  rows: readonly AlertRow[],
  changeOf: (row: AlertRow) => ReturnType<typeof acked>,
  key: Key,
) {
  app.store.database.transaction(() => {
    for (const row of rows) app.store.alerts.patch(row.id, changeOf(row));
    tellAlerts(app);
  });
  return { key, findings: rows.map(({ finding }) => finding) };
}
