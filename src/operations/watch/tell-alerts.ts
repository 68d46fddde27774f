/** Brings the chat in line with the alerts of the store: their cards, their rings, their ends. */
import type { App } from '../../app.ts';
import { reportsChat } from '../../reports-chat.ts';
import type { AlertRow } from '../../store/alerts.ts';
import type { Store } from '../../store.ts';
import { isQuietNow } from '../quiet.ts';
import { isDue, mayRing, rung, rungLater, silenced, type Moment } from './ring.ts';
import { putRings } from './put-rings.ts';
import { alertReport, alertsReport, toldAlert } from './told-alert.ts';

export type TellReach = Pick<App, 'store' | 'clock' | 'config' | 'services'>;

/** More than so many within so many milliseconds share a card: a reboot, a disk that is away. */
const MOST_CARDS = 5;
const AT_ONCE = 60_000;

/** Key in the store of what is held. */
const heldKey = ({ id }: Pick<AlertRow, 'id'>): string => `alert:${id}`;
const ownCard = ({ id }: AlertRow): string => `alert:${id}`;
const sharedCard = ({ id }: AlertRow): string => `alerts:${id}`;
const isShared = (card: string): boolean => card.startsWith('alerts:');
/** A card that several times said that all is over has said so in as many messages. */
const endKey = (card: string, ends: number): string => `${card}:end${ends === 0 ? '' : `:${ends + 1}`}`;
const endsBefore = (rows: readonly AlertRow[]): number => rows.reduce((sum, { times }) => sum + times - 1, 0);

const isOpen = ({ endedAt }: AlertRow): boolean => endedAt === undefined;

/** Does the same twice only once: called after each look and each minute. */
export function tellAlerts(app: TellReach): void {
  const { store, clock, config } = app;
  const chat = reportsChat(config.telegram, store.facts);
  if (chat === undefined) return;
  store.database.transaction(() => {
    const moment = { now: clock.now(), isQuiet: isQuietNow(app) };
    const fresh = hold(app, moment);
    if (fresh.length > 0) give(app, fresh, moment);
    const rows = store.alerts.untold().filter(({ card }) => card !== undefined);
    const due = ring(app, rows, moment);
    const cards = new Set(rows.flatMap(({ card }) => card ?? []));
    for (const card of cards) show(app, card, { chat, moment });
    putRings(app, due, { chat, moment });
    for (const card of cards) end(app, card, chat);
  });
}

/** What can wait for the end of quiet hours waits. @returns what is to be told now, and is on no card yet */
function hold(app: TellReach, moment: Moment): AlertRow[] {
  const { held, alerts } = app.store;
  const uncarded = alerts.untold().filter(({ card }) => card === undefined);
  return uncarded.filter((row) => {
    const isOver = row.held && !isOpen(row);
    const waits = isOpen(row) && row.severity !== 'critical' && moment.isQuiet;
    if (!isOver && !waits) return true;
    const report = alertReport(app, row, undefined);
    held.put({ key: heldKey(row), at: row.firstAt, severity: row.worst, report });
    if (!row.held || isOver) alerts.patch(row.id, { held: true, toldEnd: isOver });
    return false;
  });
}

/** Each gets a card, its own or one with others, which rings when it is put. */
function give({ store }: TellReach, fresh: readonly AlertRow[], moment: Moment): void {
  const { alerts, held } = store;
  const lately = cardsSince(store, moment.now - AT_ONCE);
  const open = fresh.filter(isOpen);
  const joined = lately.find(isShared);
  const [first] = open;
  const isMany = open.length + lately.length > MOST_CARDS;
  const shared = joined ?? (isMany && first !== undefined ? sharedCard(first) : undefined);
  const heard = joined === undefined ? undefined : alerts.ofCard(joined);
  for (const row of fresh) {
    if (row.held) held.drop(heldKey(row));
    // A card that rang a moment ago has rung for those that come onto it.
    const isHeard = heard?.some(({ rings, rungAt }) =>
      row.severity === 'critical' ? rings > 0 : rungAt !== undefined,
    );
    const rings = mayRing(row, moment) && isHeard !== false;
    const card = isOpen(row) ? (shared ?? ownCard(row)) : ownCard(row);
    alerts.patch(row.id, { card, held: false, ...(rings ? rung(row, moment.now) : {}) });
  }
}

/** Of each alert that may still change. */
const cardsSince = ({ alerts, outbox }: Store, since: number): string[] =>
  alerts
    .untold()
    .flatMap(({ card }) => card ?? [])
    .filter((card) => (outbox.get(card)?.createdAt ?? 0) > since);

/** @returns those that are to ring beside their card */
function ring({ store }: TellReach, rows: readonly AlertRow[], moment: Moment) {
  return rows.flatMap((row) => {
    const why = isDue(row, moment);
    if (why === undefined) return [];
    const isWaiting = row.card !== undefined && store.outbox.isWaiting(row.card);
    store.alerts.patch(row.id, isWaiting ? rungLater(row, moment.now) : rung(row, moment.now));
    return isWaiting ? [] : [{ id: row.id, why }];
  });
}

function show(app: TellReach, card: string, { chat, moment }: { chat: number; moment: Moment }): void {
  const { outbox, alerts } = app.store;
  const rows = alerts.ofCard(card);
  const [first] = rows;
  if (first === undefined) return;
  const shown = outbox.get(card)?.body;
  const before = shown?.what === 'report' && shown.report.kind === 'alert' ? shown.report : undefined;
  const report = isShared(card) ? alertsReport(app, rows) : alertReport(app, first, before);
  const silent = !rows.some((row) => mayRing(row, moment));
  outbox.put({ key: card, chat, silent, body: { what: 'report', report } });
}

/** Where the trouble was shown, its end is a message too: an edit is easily missed. */
function end(app: TellReach, card: string, chat: number): void {
  const { outbox, alerts } = app.store;
  const rows = alerts.ofCard(card);
  const over = rows.filter((row) => !isOpen(row) && !row.toldEnd);
  for (const row of over) alerts.patch(row.id, { toldEnd: true, ...silenced(row) });
  const ends = endsBefore(rows);
  if (rows.some(isOpen)) {
    // It is back before its end could be sent.
    if (ends > 0) outbox.withdraw(endKey(card, ends - 1));
    return;
  }
  if (over.length === 0 || outbox.isWaiting(card)) return;
  const [only] = rows;
  const stillDown =
    rows.length === 1 && only !== undefined ? alertReport(app, only, undefined).stillDown : [];
  outbox.put({
    key: endKey(card, ends),
    chat,
    replyTo: outbox.get(card)?.messageId,
    body: {
      what: 'report',
      report: { kind: 'alert-end', alerts: rows.map((row) => toldAlert(app, row)), stillDown },
    },
  });
}
