/** The messages that ring again for what lasts. What is due together rings once, and what is not sent yet is kept true. */
import type { AlertRingReport } from '../../report/alerts.ts';
import type { AlertRow } from '../../store/alerts.ts';
import { mayRing, type Moment } from './ring.ts';
import type { TellReach } from './tell-alerts.ts';
import { answers, toldAlert } from './told-alert.ts';

/** Fact: the message that rang last, and for which alerts. */
const LAST = 'alerts:ring';
type Due = { id: number; why: AlertRingReport['why'] };
type Last = { key: string; due: readonly Due[] };

export function putRings(
  app: TellReach,
  due: readonly Due[],
  { chat, moment }: { chat: number; moment: Moment },
): void {
  const { outbox, facts, alerts } = app.store;
  const last = facts.get<Last>(LAST);
  const isWaiting = last !== undefined && outbox.isWaiting(last.key);
  if (due.length === 0 && !isWaiting) return;
  const lasting = (isWaiting ? last.due : []).filter(({ id }) => {
    const row = alerts.get(id);
    return row !== undefined && mayRing(row, moment) && !due.some((one) => one.id === id);
  });
  const all = [...lasting, ...due];
  const rows = all.flatMap(({ id }) => alerts.get(id) ?? []);
  const [first] = all;
  const key = isWaiting ? last.key : `alerts:ring:${moment.now}:${first?.id}`;
  if (first === undefined) return void outbox.withdraw(key);
  facts.put(LAST, { key, due: all });
  const why = all.every((one) => one.why === first.why) ? first.why : 'lasts';
  outbox.put({
    key,
    chat,
    silent: false,
    replyTo: rows.length === 1 ? messageOf(app, rows[0]) : undefined,
    body: {
      what: 'report',
      report: {
        kind: 'alert-ring',
        why,
        alerts: rows.map((row) => toldAlert(app, row)),
        at: moment.now,
        actions: [answers(rows)],
      },
    },
  });
}

const messageOf = ({ store }: TellReach, row: AlertRow | undefined): number | undefined =>
  row?.card === undefined ? undefined : store.outbox.get(row.card)?.messageId;
