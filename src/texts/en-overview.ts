/** The report of the morning and of the week, in English. */
import type { BackupsOverview, OverviewReport, Unseen } from '../report/overview.ts';
import { b, rich, type Rich, type Span } from '../rich.ts';
import { hostNamed, plural } from './en-words.ts';

const worries: Record<BackupsOverview['troubled'][number]['worry'], string> = {
  never: 'no proven one yet',
  overdue: 'overdue',
  unproven: 'the newest is not proven',
  shrunk: 'suddenly smaller',
  'off-site': 'not in the second place',
};

/** Of the smoke test, by the beginning of its keys. */
const checks: Readonly<Record<string, string>> = {
  'disk:': 'disks',
  'growth:': 'growth of disks',
  'mount:': 'mounts',
  memory: 'memory',
  swap: 'swap',
  'temperature:': 'temperatures',
  clock: 'clock',
  'read-only:': 'file systems',
  'io:': 'errors of the kernel',
  'smart:': 'SMART',
  'units:': 'failed units',
  'vpn:': 'VPN',
  'certificate:': 'certificates',
  'url:': 'HTTPS names',
  'backup:': 'backups',
};

const DAYS = 60;
const YEARS = 730;

export const overview = {
  /** "Fri 20 Nov". @param day `2026-11-20` */
  day: (day: string): string =>
    new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })
      .format(Date.parse(day))
      .replace(',', ''),
  head: (
    { verdict, host, span }: Pick<OverviewReport, 'verdict' | 'host' | 'span'>,
    troubles: number,
    day: string,
  ): Rich => {
    const when = span === 'week' ? `week to ${day}` : day;
    const said = {
      good: `All good on ${host}`,
      unsure: `Nothing wrong on ${host}, but not all could be looked at`,
      troubled: `${plural(troubles, 'thing')} on ${host} ${troubles === 1 ? 'wants' : 'want'} a look`,
      bad: `${plural(troubles, 'trouble')} on ${host}`,
    }[verdict];
    return rich`${b(said)} · ${when}`;
  },
  since: (at: Rich): Rich => rich` since ${at}`,
  offline: (from: Rich, to: Rich): Rich => rich`💤 Offline ${from} – ${to}: nothing was watched.`,
  unseen: (what: Unseen, last: Rich | undefined): Rich => {
    switch (what.kind) {
      case 'host':
        return rich`${hostNamed(what.name)}: ${what.cause}`;
      case 'service':
        return rich`${what.name}`;
      case 'backups':
        return rich`the folder of the backups: ${what.cause}`;
      case 'disk':
        return rich`${what.path} does not answer`;
      case 'smoke-test':
        return last === undefined
          ? rich`the smoke test has not run yet`
          : rich`the smoke test ran last ${last}, or failed`;
      case 'check':
        return rich`${checks[what.key] ?? what.key}${what.subject === undefined ? '' : ` (${what.subject})`}: ${what.cause}`;
    }
  },
  notSeen: (what: Rich): Rich => rich`❔ Not looked at: ${what}`,
  /** Of several checks in one line, without their causes. */
  check: (key: string): string => checks[key] ?? key,

  backups: (good: number, all: number, oldest: string | undefined, notCovered: readonly string[]): Rich =>
    rich`🗄 Backups ${good}/${all}${oldest === undefined ? '' : ` – oldest ${oldest}`}${notCovered.length === 0 ? '' : `. Not covered: ${notCovered.join(', ')}`}`,
  oldest: (name: string, age: string): string => `${name}, ${age}`,
  worry: (name: string, worry: BackupsOverview['troubled'][number]['worry'], age: string | undefined): Rich =>
    rich`🟡 ${b(`Backup of ${name}`)} – ${worries[worry]}${age === undefined ? '' : `, last proven ${age} ago`}`,
  growth: (perDay: string, gains: boolean): string => `${gains ? '+' : '−'}${perDay} a day`,
  full: (days: number): string | undefined =>
    days > YEARS
      ? undefined
      : `full in about ${days < DAYS ? plural(Math.round(days), 'day') : `${Math.round(days / 30.4)} months`}`,
  pictures: (filed: number, waiting: number, cleaned: number): Rich =>
    rich`📸 ${plural(filed, 'picture')} filed, ${waiting} waiting, ${cleaned} cleaned`,
  updates: (names: readonly string[]): Rich =>
    rich`⬆️ ${plural(names.length, 'update')}: ${names.join(', ')}`,
  held: (count: number): Rich => rich`🌙 Held while it was quiet: ${count}`,
  ended: (count: number, names: string): Rich => rich`🩹 ${plural(count, 'trouble')} came and went: ${names}`,
  times: (title: string, lasted: string, times: number): string =>
    `${title} (${times === 1 ? lasted : `${times} times, ${lasted}`})`,
  job: (name: string, at: Span, times: number, reason: string | undefined): Rich =>
    rich`❌ ${b(name)} failed ${times === 1 ? '' : `${times} times, last `}${at}${reason === undefined ? '' : `: ${reason}`}`,
  jobOver: (name: string, at: Span): Rich => rich`☑️ ${name} failed ${at}, and went well since`,
  errors: (count: number, last: string | undefined): Rich =>
    rich`⚙️ ${b(plural(count, 'error'))} of Steward itself${last === undefined ? '' : `, the last: ${last}`}`,
  services: (healthy: number, all: number): Rich => rich`🩺 ${healthy} of ${plural(all, 'service')} healthy`,
  from: (at: Rich): Rich => rich`Since ${at}`,

  week: {
    gained: (gained: string, gains: boolean): string => `${gains ? '+' : '−'}${gained} in the week`,
    backups: (sizes: string): Rich => rich`📦 Backup sizes: ${sizes}`,
    size: (name: string, size: string, change: number | undefined): string =>
      `${name} ${size}${change === undefined || Math.round(change * 100) === 0 ? '' : ` (${change > 0 ? '+' : '−'}${Math.abs(Math.round(change * 100))} %)`}`,
    restarts: (count: number, most: { name: string; count: number } | undefined): Rich => {
      if (count === 0 || most === undefined) return rich`🔁 Nothing restarted by itself`;
      const who = most.count === count ? most.name : `most of them ${most.name}, ${most.count}`;
      return rich`🔁 ${plural(count, 'restart')} by itself (${who})`;
    },
  },
};
