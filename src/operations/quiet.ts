/** When only what is critical may ring: the quiet hours of each night, and while somebody has muted the rest. */
import type { App } from '../app.ts';
import { minutesOf, type Hours } from '../units.ts';

/** Fact: until when, and who wished so. */
const MUTED = 'muted';
type Muted = { until: number; by: string };

/** @param hours undefined: no hours are quiet */
export function isQuiet(hours: Hours | undefined, timeZone: string, at: number): boolean {
  if (hours === undefined) return false;
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  const now = minutesOf(new Intl.DateTimeFormat('sv-SE', { timeStyle: 'short', timeZone }).format(at));
  return from < to ? now >= from && now < to : now >= from || now < to;
}

export const isQuietNow = (app: Pick<App, 'config' | 'store' | 'clock'>): boolean =>
  mutedNow(app) !== undefined || isQuiet(app.config.quietHours, app.config.timeZone, app.clock.now());

export function mutedNow({ store, clock }: Pick<App, 'store' | 'clock'>): Muted | undefined {
  const muted = store.facts.get<Muted>(MUTED);
  return muted !== undefined && muted.until > clock.now() ? muted : undefined;
}

export const mute = ({ store }: Pick<App, 'store'>, muted: Muted): void => store.facts.put(MUTED, muted);
export const unmute = ({ store }: Pick<App, 'store'>): void => store.facts.delete(MUTED);
