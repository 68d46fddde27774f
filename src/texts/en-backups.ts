/** What there is of backups, in English. */
import type { Check, Level } from '../backup/proof.ts';
import type { Reason } from '../backup/retention.ts';
import type { Shrunk } from '../backup/shrink.ts';
import type { ServiceBackups } from '../report/backups.ts';
import { b, code, i, rich, type Rich, type Span } from '../rich.ts';
import { formatSize } from '../units.ts';
import { checks } from './en-backup-runs.ts';
import { allOf, capital, plural } from './en-words.ts';

const number = (amount: number) => amount.toLocaleString('en').replaceAll(',', ' ');

const levels: Record<Level, string> = {
  restored: 'restored and equal',
  decoded: 'decoded',
  copied: 'copied only',
};

const worries: Record<NonNullable<ServiceBackups['worry']>, string> = {
  never: 'has no proven backup',
  overdue: 'is overdue',
  unproven: 'has a newer one that is not proven',
  shrunk: 'has become smaller',
  'off-site': 'has trouble in the second place',
};

const results: Record<Check['result'], string> = { passed: '✅', failed: '❌', 'left out': '▫️' };

const periods = { daily: 'daily', weekly: 'weekly', monthly: 'monthly' };

const shrunk = (what: Shrunk): string => {
  if (what.kind === 'bytes') {
    return `${what.source} has ${formatSize(what.now)}, usually ${formatSize(what.usual)}`;
  }
  return `${what.table} in ${what.source} has ${number(what.now)}, usually ${number(what.usual)}`;
};

const reason = (why: Reason): string => {
  switch (why.kind) {
    case 'newest':
      return 'the newest';
    case 'newest-proven':
      return 'the newest proven one';
    case 'recent':
      return 'of the last 24 hours';
    case 'daily':
      return `of the day ${why.of}`;
    case 'weekly':
      return `of the week from ${why.of}`;
    case 'monthly':
      return `of the month ${why.of}`;
    case 'fuller':
      return 'the last before it became smaller';
    case 'unproven':
      return 'not proven, and few proven ones came after it';
  }
};

export const backups = {
  levels,
  number,
  none: rich`⚪ ${b('No backups:')} no service has any configured.`,
  allProven: (count: number) => `Backups: ${allOf(count).toLowerCase()} proven`,
  someFine: (fine: number, all: number) => `Backups: ${fine} of ${all} fine`,
  worst: (name: string, worry: NonNullable<ServiceBackups['worry']>) => `${name} ${worries[worry]}`,
  more: (count: number) => `${count} more`,
  /** After the name of a service. */
  never: 'none is proven yet',
  neverOf: (count: number) => `none of ${plural(count, 'backup')} is proven`,
  overdue: 'overdue',
  unproven: 'the newest is not proven',
  smaller: 'smaller than usual',
  offSite: 'trouble in the second place',
  kept: (count: number) => `${count} kept`,
  notBackedUp: (names: string) => rich`${i(`Not backed up: ${names}`)}`,
  notCovered: (what: string) => rich`⚠️ ${b('Not covered:')} ${what}`,
  lost: (why: string) => rich`🔴 ${b('As last seen.')} ${why}`,

  head: (name: string, age: Span | undefined, level: string): Rich =>
    age === undefined
      ? rich`${b(`${name}: no proven backup`)}`
      : rich`${b(`${name} backed up`)} ${age}, ${level}`,
  older: (count: number) => rich`${i(`and ${plural(count, 'older one')}`)}`,
  retention: (kept: readonly { period: keyof typeof periods; have: number; of: number }[]) =>
    kept.length === 0
      ? rich`Kept: the newest proven one`
      : rich`Kept: ${kept.map(({ period, have, of }) => `${have} of ${of} ${periods[period]}`).join(', ')}`,
  ahead: rich`⚠️ A backup is dated ahead of the clock: nothing is cleaned up until that is over. If the clock is right, move that one away.`,
  next: (at: Rich) => rich`Next: ${at}`,
  unscheduled: rich`Next: only when you ask for it`,
  shrunk: (what: Shrunk) => rich`📉 ${shrunk(what)}`,
  secondPlace: {
    there: (at: Rich) => rich`Second place: ${at}`,
    none: rich`Second place: nothing is there yet`,
    trouble: (why: string) => rich`⚠️ Second place: ${why}.`,
    troubled: rich`⚠️ ${b('The second place of the backups needs a look')}`,
    line: (services: string, why: string) => rich`${b(services)}: ${why}.`,
    untouched: 'The backups here are not touched by it. It is tried again each hour.',
    recovered: (services: string) =>
      rich`✅ ${b('The second place of the backups is well again')}: ${services}.`,
  },
  accepted: (name: string) => rich`✅ ${b(name)}: accepted. From now on this is as much as there should be:`,

  one: (name: string, at: Rich, level: string) => rich`${b(name)}, ${at}: ${b(level)}`,
  contents: (tables: number, rows: number, files: number): string =>
    [
      ...(tables === 0 ? [] : [`${plural(tables, 'table')}, ${number(rows)} ${rows === 1 ? 'row' : 'rows'}`]),
      ...(files === 0 ? [] : [`${number(files)} ${files === 1 ? 'file' : 'files'}`]),
    ].join('; '),
  reasons: (reasons: readonly Reason[]) =>
    reasons.length === 0
      ? rich`It is cleaned up next.`
      : rich`Kept because it is ${reasons.map(reason).join('; ')}.`,
  drilled: (age: Span, took: string | undefined) =>
    rich`Restored into a scratch place ${age}${took === undefined ? '' : `, which took ${took}`}`,
  check: ({ name, source, result, detail }: Check): Rich =>
    rich`${results[result]} ${capital(checks[name] ?? name)}${source === undefined ? '' : ` · ${source}`}${detail === undefined ? '' : `: ${detail}`}`,
  trouble: (why: string) => rich`⚠️ ${why}`,
  path: (folder: string) => rich`${code(folder)}`,
};
