/** Alerts: what was found wrong, from its first word to its end, and what was told about it. */
import type { Ending, Finding, Severity } from '../report/alerts.ts';
import type { Database } from '../store.ts';

/** Times in milliseconds since 1970. */
export type AlertRow = {
  id: number;
  /** Of the trouble; at most one row of a key is open. */
  key: string;
  severity: Severity;
  /** The worst that it ever had. */
  worst: Severity;
  /** The newest; its `since` is `openedAt`. */
  finding: Finding;
  /** When the trouble began the first time. */
  firstAt: number;
  /** When it began this time. */
  openedAt: number;
  changedAt: number;
  endedAt: number | undefined;
  ending: Ending | undefined;
  /** How often it began: it came back a short while after its end, so the same alert goes on. */
  times: number;
  /** Milliseconds of trouble in its earlier times. */
  downBefore: number;
  /** Of the telling. Key of the outbox card that shows it; several can share one. */
  card: string | undefined;
  /** How often it rang as critical, and when last. */
  rungAt: number | undefined;
  rings: number;
  /** When it rings again. */
  ringAt: number | undefined;
  ackedBy: string | undefined;
  snoozedBy: string | undefined;
  snoozedUntil: number | undefined;
  held: boolean;
  toldEnd: boolean;
};

export type AlertChange = Partial<Omit<AlertRow, 'id' | 'key'>>;

export type Alerts = {
  /** Oldest first. */
  open(): AlertRow[];
  /** Those that are open, or whose end is told to nobody; oldest first. */
  untold(): AlertRow[];
  /** Those that one card shows, oldest first. */
  ofCard(card: string): AlertRow[];
  /** Those that ended at this time or later, the first end first. */
  ended(since: number): AlertRow[];
  get(id: number): AlertRow | undefined;
  /** The open one, else the one that ended last. */
  byKey(key: string): AlertRow | undefined;
  /** A new one. @throws when one of this key is open */
  begin(finding: Finding, at: number): AlertRow;
  /** @throws Error when there is no such alert */
  patch(id: number, change: AlertChange): AlertRow;
  /** Forget what ended before this time. */
  forget(before: number): void;
};

const COLUMNS: Readonly<Record<keyof AlertChange, string>> = {
  severity: 'severity',
  worst: 'worst',
  finding: 'finding',
  firstAt: 'first_at',
  openedAt: 'opened_at',
  changedAt: 'changed_at',
  endedAt: 'ended_at',
  ending: 'ending',
  times: 'times',
  downBefore: 'down_before',
  card: 'card',
  rungAt: 'rung_at',
  rings: 'rings',
  ringAt: 'ring_at',
  ackedBy: 'acked_by',
  snoozedBy: 'snoozed_by',
  snoozedUntil: 'snoozed_until',
  held: 'held',
  toldEnd: 'told_end',
};

const SELECT = `select id, key, ${Object.entries(COLUMNS)
  .map(([name, column]) => `${column} as ${name}`)
  .join(', ')} from alerts`;

type Row = { id: number } & Record<keyof Omit<AlertRow, 'id'>, string | number | null>;

const fromRow = ({ finding, held, toldEnd, ...plain }: Row): AlertRow =>
  ({
    ...Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, value ?? undefined])),
    finding: JSON.parse(finding as string) as Finding,
    held: held === 1,
    toldEnd: toldEnd === 1,
  }) as AlertRow;

function toColumn(value: AlertChange[keyof AlertChange]): string | number | null {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' ? JSON.stringify(value) : (value ?? null);
}

export function createAlerts(database: Database): Alerts {
  const one = (where: string, ...values: (string | number)[]): AlertRow | undefined => {
    const row = database.get<Row>(`${SELECT} ${where}`, ...values);
    return row === undefined ? undefined : fromRow(row);
  };
  const get = (id: number) => one('where id = ?', id);
  const need = (id: number): AlertRow => {
    const row = get(id);
    if (row === undefined) throw new Error(`There is no alert ${id}.`);
    return row;
  };

  return {
    get,
    open: () => database.all<Row>(`${SELECT} where ended_at is null order by id`).map(fromRow),
    untold: () =>
      database.all<Row>(`${SELECT} where ended_at is null or told_end = 0 order by id`).map(fromRow),
    ofCard: (card) => database.all<Row>(`${SELECT} where card = ? order by id`, card).map(fromRow),
    ended: (since) =>
      database.all<Row>(`${SELECT} where ended_at >= ? order by ended_at, id`, since).map(fromRow),
    // In one query all of its alerts would be sorted, at each look.
    byKey: (key) =>
      one('where key = ? and ended_at is null', key) ??
      one('where key = ? order by ended_at desc, id desc limit 1', key),
    begin(finding, at) {
      const { key, severity, since } = finding;
      const { id } = database.run(
        `insert into alerts (key, severity, worst, finding, first_at, opened_at, changed_at) values (?, ?, ?, ?, ?, ?, ?)`,
        key,
        severity,
        severity,
        JSON.stringify(finding),
        since,
        since,
        at,
      );
      return need(id);
    },
    patch(id, change) {
      const fields = Object.entries(change) as [keyof AlertChange, AlertChange[keyof AlertChange]][];
      if (fields.length > 0) {
        const sets = fields.map(([name]) => `${COLUMNS[name]} = ?`).join(', ');
        database.run(
          `update alerts set ${sets} where id = ?`,
          ...fields.map(([, value]) => toColumn(value)),
          id,
        );
      }
      return need(id);
    },
    forget: (before) => void database.run('delete from alerts where ended_at < ?', before),
  };
}
