/** The message of the morning, and on Sunday the one of the week: written down with all that it makes told. */
import type { App, Run } from '../../app.ts';
import { createCalendar } from '../../calendar.ts';
import type { OverviewReport, Unseen } from '../../report/overview.ts';
import { reportsChat } from '../../reports-chat.ts';
import { isQuietNow } from '../quiet.ts';
import { takeHeld } from '../watch/tell-held.ts';
import { overview, type OverviewReach } from './overview.ts';
import { trendsOf } from './trends.ts';

export type MorningReach = OverviewReach & Pick<App, 'log'>;

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const SUNDAY = 0;

/** Fact: the last report that was told by itself, and what it could not say. */
const TOLD = 'report:told';
type Told = { at: number; unseen: readonly string[] };

/** When the last report was told; a day ago where there was none, or where the clock was set back since. */
function lastTold({ store, clock }: Pick<App, 'store' | 'clock'>): number {
  const now = clock.now();
  const at = store.facts.get<Told>(TOLD)?.at;
  return at === undefined || at > now ? now - DAY : at;
}

/** Whether a Sunday's report was due since the last one: also where that Sunday was missed. */
export function isWeekly(
  { at, timeZone }: { at: string; timeZone: string },
  { last, now }: { last: number; now: number },
): boolean {
  return createCalendar(timeZone).next({ at, weekday: SUNDAY }, last) <= now;
}

/** Of a week, with its trends. */
export async function weekly(
  app: OverviewReach,
  options: { isWhole?: boolean; signal?: AbortSignal } = {},
): Promise<OverviewReport> {
  const now = app.clock.now();
  const from = Math.min(now - WEEK, lastTold(app));
  return overview(app, { ...options, span: 'week', from, trends: trendsOf(app, now) });
}

/** Of the time since the last one. */
export const daily = (
  app: OverviewReach,
  options: { isWhole?: boolean; signal?: AbortSignal } = {},
): Promise<OverviewReport> => overview(app, { ...options, span: 'day', from: lastTold(app) });

/**
 * Tell how things are. The message, what it makes old, and that it was told are one commit: a kill before it leaves all
 * to the next report.
 */
export async function tellMorning(app: MorningReach, { signal }: Pick<Run, 'signal'>): Promise<void> {
  const { config, store, clock, log } = app;
  const chat = reportsChat(config.telegram, store.facts);
  if (chat === undefined) return log.warn('nobody to tell the report to');
  const { timeZone } = config;
  const times = { last: lastTold(app), now: clock.now() };
  const isSunday = isWeekly({ at: config.report.at, timeZone }, times);
  const collected = await (isSunday ? weekly : daily)(app, { signal });
  const key = keyOf(app, collected.at);
  const actions = detailsOf(collected, key);
  const unseen = collected.unseen.map(nameOf);
  // Quiet hours hold no report, since it is what they wait for; but it does not ring in them.
  const silent = isNoNews(collected, store.facts.get<Told>(TOLD)?.unseen ?? []) || isQuietNow(app);
  store.database.transaction(() => {
    // What has come since the look is told, too, before it counts as told.
    const report = { ...collected, held: takeHeld(app)?.held ?? [], actions };
    store.outbox.put({ key, chat, silent, body: { what: 'report', report } });
    store.facts.put(TOLD, { at: report.at, unseen } satisfies Told);
  });
}

/** All is good; or as far as could be seen, and what could not was told before: a host without a sensor never has one. */
const isNoNews = ({ verdict, unseen }: OverviewReport, before: readonly string[]): boolean =>
  verdict === 'good' || (verdict === 'unsure' && unseen.every((one) => before.includes(nameOf(one))));

const nameOf = (one: Unseen): string =>
  [one.kind, 'key' in one ? one.key : 'name' in one ? one.name : 'path' in one ? one.path : ''].join(' ');

/** One a day; a second one, which somebody wished for, has its time beside. */
function keyOf({ store, config }: Pick<App, 'store' | 'config'>, at: number): string {
  const key = `daily:${createCalendar(config.timeZone).dayOf(at)}`;
  return store.outbox.get(key) === undefined ? key : `${key}:${at}`;
}

/** Its details are those of its own time. */
const detailsOf = ({ actions = [] }: OverviewReport, key: string): NonNullable<OverviewReport['actions']> =>
  actions.map((row) =>
    row.map((action) =>
      action.label === 'details' ? { ...action, args: ['details', key.replace('daily:', '')] } : action,
    ),
  );

/**
 * The whole of a report that was told.
 * @param which its day, as its button names it
 * @returns undefined where it is not kept any more
 */
export function recallMorning({ store }: Pick<App, 'store'>, which: string): OverviewReport | undefined {
  const body = store.outbox.get(`daily:${which}`)?.body;
  if (body?.what !== 'report' || body.report.kind !== 'overview') return undefined;
  const { actions = [], ...report } = body.report;
  const others = actions.map((row) => row.filter(({ label }) => label !== 'details'));
  return { ...report, isWhole: true, trends: undefined, actions: others.filter((row) => row.length > 0) };
}
