/**
 * Alerts, and outcomes that are critical, by Pushover as well: another way to the phone, which works while Telegram is
 * away. Each goes there once; nothing waits for it, and what fails is tried again as long as the trouble lasts.
 */
import type { App } from '../../app.ts';
import type { Pushed, Pushover, PushPriority } from '../../clients/pushover.ts';
import { causeOf, RateLimitedError, RefusedError } from '../../errors.ts';
import type { Report } from '../../report.ts';
import type { Severity } from '../../report/alerts.ts';
import { severityOf } from '../../severity.ts';
import { sleep } from '../../sleep.ts';
import type { AlertRow } from '../../store/alerts.ts';
import type { LookAtSelf } from '../../wellness.ts';
import { isQuietNow } from '../quiet.ts';
import { mayRing } from './ring.ts';
import { alertReport } from './told-alert.ts';

export type MirrorReach = Pick<App, 'store' | 'clock' | 'config' | 'services' | 'redact' | 'log'>;

export type MirrorNeeds = {
  pushover: Pushover;
  lookAtSelf: LookAtSelf;
  /** A report as plain lines, the first of which says the most. */
  words: (report: Report) => readonly string[];
  /** For what its owner has to correct. */
  tell: (report: Report) => void;
};

/** What was sent of an alert. */
type Mirrored = { priority: PushPriority; receipt?: string | undefined; token?: string };
/** By the alert's id. */
type Memory = Readonly<Record<string, Mirrored>>;
/** Outcomes up to then were looked at; these were sent, and can be put again. */
type Outcomes = { at: number; keys: readonly string[] };

const SENT = 'mirror:alerts';
const OUTCOMES = 'mirror:outcomes';
const REFUSED = 'mirror:refused';

const PRIORITIES: Readonly<Record<Severity, PushPriority>> = { critical: 1, warning: 0, notice: -1 };

/** Milliseconds between two looks, and from a failure to the next try: doubled up to the last. */
const EVERY = 5000;
const LONGEST = 5 * 60_000;
/** Of the month's messages: the last ones are for what is critical. */
const FEW = 50;
/** It may come back a short while after its end: that is the same trouble, and was sent. */
const FORGOTTEN_AFTER = 60 * 60_000;
/** An outcome can be put again, as a card is: so long it is known. */
const OVERLAP = 60_000;
const KEYS_MOST = 50;

export function createMirror(
  app: MirrorReach,
  { pushover, lookAtSelf, words, tell }: MirrorNeeds,
): { look(): Promise<void>; run(signal: AbortSignal): Promise<void> } {
  const { store, clock, config, services, redact, log } = app;
  /** By token: an application that has used up its messages must not hold up another one. */
  const closedUntil = new Map<string, number>();
  const remaining = new Map<string, number>();
  let notBefore = 0;
  let wait = 0;

  const tokenOf = (service: string | undefined): string | undefined =>
    (service === undefined ? undefined : services.get(service)?.pushoverToken) ?? config.pushover?.token;

  /** @returns whether it is settled: sent, or never to be sent */
  const attempt = async (token: string, act: () => Promise<void>): Promise<boolean> => {
    if ((closedUntil.get(token) ?? 0) > clock.now()) return false;
    try {
      await act();
      wait = 0;
      if (store.facts.get(REFUSED) !== undefined) store.facts.delete(REFUSED);
      return true;
    } catch (error) {
      if (error instanceof RefusedError) {
        refused(causeOf(error));
        return true;
      }
      if (error instanceof RateLimitedError) closedUntil.set(token, error.until);
      else {
        wait = Math.min(LONGEST, Math.max(EVERY, wait * 2));
        notBefore = clock.now() + wait;
      }
      log.warn({ cause: causeOf(error) }, 'an alert cannot be mirrored yet');
      return false;
    }
  };

  /** Told once, until something is taken again. */
  const refused = (cause: string): void => {
    log.error({ cause }, 'Pushover refuses an alert');
    if (store.facts.get(REFUSED) === cause) return;
    store.facts.put(REFUSED, cause);
    tell({ kind: 'note', note: { key: 'failed', message: redact(cause), lines: [] } });
  };

  const send = async (
    token: string,
    report: Report,
    { priority, at }: { priority: PushPriority; at: number },
  ): Promise<Pushed | undefined> => {
    const [title = '', ...lines] = words(report).map(redact);
    const text = lines.join('\n').trim();
    let sent: Pushed = { receipt: undefined, remaining: undefined };
    const isSettled = await attempt(token, async () => {
      sent = await pushover.send({ token, title, text, priority, at });
    });
    if (sent.remaining !== undefined) remaining.set(token, sent.remaining);
    return isSettled ? sent : undefined;
  };

  const recall = (): Memory => store.facts.get<Memory>(SENT) ?? {};
  const remember = (id: string, mirrored: Mirrored | undefined): void => {
    const { [id]: _, ...rest } = recall();
    store.facts.put(SENT, mirrored === undefined ? rest : { ...rest, [id]: mirrored });
  };

  const mirrorAlert = async (row: AlertRow, before: Mirrored | undefined): Promise<void> => {
    const token = tokenOf(row.finding.service);
    const priority = priorityOf(row);
    if (token === undefined || (before !== undefined && before.priority >= priority)) return;
    if (priority < 1 && (remaining.get(token) ?? Infinity) <= FEW) return;
    const isQuiet = isQuietNow(app);
    const moment = { now: clock.now(), isQuiet };
    // Somebody is on it, or it waits for the morning as in the chat. What is but a notice never rings.
    if (row.severity === 'notice' ? isQuiet : !mayRing(row, moment)) return;
    const report = alertReport(app, row, undefined);
    const sent = await send(token, report, { priority, at: row.openedAt });
    if (sent !== undefined) remember(String(row.id), { priority, receipt: sent.receipt, token });
  };

  /** An emergency where Telegram is away and has not shown it: then this is the only way. */
  const priorityOf = ({ severity, card }: AlertRow): PushPriority => {
    const self = lookAtSelf();
    const isAway = !self.isWell && self.why.kind === 'telegram';
    const isUnseen = card === undefined || store.outbox.isWaiting(card);
    return severity === 'critical' && isAway && isUnseen ? 2 : PRIORITIES[severity];
  };

  /** What is over, or somebody is on, is not repeated any more. */
  const settle = async (id: string, mirrored: Mirrored): Promise<void> => {
    const row = store.alerts.get(Number(id));
    const isOver = row === undefined || row.endedAt !== undefined;
    const { receipt, token } = mirrored;
    if (receipt !== undefined && token !== undefined && (isOver || row.ackedBy !== undefined)) {
      if (!(await attempt(token, () => pushover.cancel(receipt, token)))) return;
      remember(id, { ...mirrored, receipt: undefined });
    }
    if (row === undefined || clock.now() - (row.endedAt ?? clock.now()) > FORGOTTEN_AFTER)
      remember(id, undefined);
  };

  const mirrorOutcomes = async (): Promise<void> => {
    const now = clock.now();
    const known = store.facts.get<Outcomes>(OUTCOMES);
    if (known === undefined) {
      // What was there before Pushover was configured is no news.
      const keys = store.outbox.reportsSince(now - OVERLAP).map(({ key }) => key);
      return store.facts.put(OUTCOMES, { at: now, keys });
    }
    const keys = [...known.keys];
    const rows = store.outbox.reportsSince(known.at - OVERLAP);
    const fresh = rows.filter(({ key, report }) => isCritical(report) && !keys.includes(key));
    for (const { key, report, changedAt } of fresh) {
      const token = tokenOf(serviceOf(report));
      if (token !== undefined && (await send(token, report, { priority: 1, at: changedAt })) === undefined)
        return;
      keys.push(key);
      store.facts.put(OUTCOMES, { at: known.at, keys: keys.slice(-KEYS_MOST) });
    }
    if (now - known.at > OVERLAP) store.facts.put(OUTCOMES, { at: now, keys: keys.slice(-KEYS_MOST) });
  };

  const look = async (): Promise<void> => {
    if (clock.now() < notBefore) return;
    const memory = recall();
    for (const [id, mirrored] of Object.entries(memory)) await settle(id, mirrored);
    // The worst first: it must not wait behind what fails.
    const open = store.alerts.open().toSorted((a, b) => PRIORITIES[b.severity] - PRIORITIES[a.severity]);
    for (const row of open) {
      if (clock.now() < notBefore) return;
      await mirrorAlert(row, recall()[String(row.id)]);
    }
    await mirrorOutcomes();
  };

  return {
    look,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await look();
        } catch (error) {
          log.error({ err: error }, 'alerts cannot be mirrored');
        }
        await sleep(EVERY, signal).catch(() => undefined);
      }
    },
  };
}

/** Alerts have their own way. */
const isCritical = (report: Report): boolean =>
  !report.kind.startsWith('alert') && severityOf(report) === 'critical';

const serviceOf = (report: Report): string | undefined =>
  'service' in report && typeof report.service === 'string' ? report.service : undefined;
