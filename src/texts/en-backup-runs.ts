/** Taking, proving and drilling backups, in English. */
import type { Shrunk } from '../backup/shrink.ts';
import type { BackedUpSource, BackupTrouble, NoBackup, ToldCheck } from '../report/backup-runs.ts';
import { b, code, i, rich, type Rich, type Span } from '../rich.ts';
import { formatSize } from '../units.ts';
import { about, allOf, duration, plural } from './en-words.ts';

const number = (amount: number) => amount.toLocaleString('en').replaceAll(',', ' ');

const levels: Record<BackedUpSource['level'], string> = {
  restored: 'Restored and equal',
  decoded: 'Decoded',
  copied: 'Not proven',
};

/** What a check looks at, as it is named where it failed or was left out. */
export const checks: Readonly<Record<string, string>> = {
  manifest: 'what was written',
  integrity: 'integrity',
  decode: 'decoding',
  source: 'the source itself',
  'expected rows': 'expected rows',
  'expected files': 'expected files',
  'rows and files': 'rows and their files',
  restore: 'restoring',
  references: 'references',
  schema: 'schema',
};

/** "14 tables, 8 213 rows; 240 files" */
function contents(sources: readonly BackedUpSource[]): string {
  const sum = (of: 'tables' | 'rows' | 'files') => sources.reduce((all, source) => all + source[of], 0);
  const databases = sources.filter(({ kind }) => kind !== 'files');
  const parts = [
    ...(databases.length === 0
      ? []
      : [`${plural(sum('tables'), 'table')}, ${number(sum('rows'))} ${sum('rows') === 1 ? 'row' : 'rows'}`]),
    ...(databases.length === sources.length
      ? []
      : [`${number(sum('files'))} ${sum('files') === 1 ? 'file' : 'files'}`]),
  ];
  return parts.join('; ');
}

const keep = ({ daily, weekly, monthly }: { daily: number; weekly: number; monthly: number }): string => {
  const kept = [
    [daily, 'daily'],
    [weekly, 'weekly'],
    [monthly, 'monthly'],
  ] as const;
  const told = kept.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  return told.length === 0 ? 'Keeps the newest proven one' : `Keeps up to ${told.join(', ')}`;
};

const check = ({ name, source, detail }: ToldCheck): Rich => {
  const what = checks[name] ?? name;
  const of = source === undefined ? '' : ` of ${source}`;
  return rich`${what}${of}${detail === undefined ? '' : `: ${detail.replace(/\.$/, '')}`}`;
};

const noBackup = (why: NoBackup): string => {
  switch (why.kind) {
    case 'failed':
      return why.cause.replace(/\.$/, '');
    case 'client':
      return 'a client is connected that would be thrown out';
    case 'observing':
      return 'Steward only observes (STEWARD_OBSERVE), and this one has to be stopped for its copy';
    case 'busy':
      return why.what === undefined ? 'it is busy' : `it is busy: ${why.what}`;
    case 'not-started':
      return why.cause.replace(/\.$/, '');
  }
};

const shrunk = (one: Shrunk): string =>
  one.kind === 'rows'
    ? `${one.table} of ${one.source}: ${number(one.now)} instead of about ${number(one.usual)}`
    : `${one.source}: ${formatSize(one.now)} instead of about ${formatSize(one.usual)}`;

const trouble = (what: BackupTrouble): Rich => {
  switch (what.kind) {
    case 'failed':
      return rich`${what.failures > 1 ? `failed ${what.failures} times` : 'failed'}: ${what.cause.replace(/\.$/, '')}`;
    case 'unproven':
      return rich`could not be proven: ${what.failed.flatMap((one, index) => (index === 0 ? check(one) : ['; ', ...check(one)]))}`;
    case 'shrunken':
      return rich`has shrunk: ${what.shrunk.map(shrunk).join('; ')}`;
    case 'undrilled':
      return rich`failed its drill: ${what.failed.flatMap((one, index) => (index === 0 ? check(one) : ['; ', ...check(one)]))}`;
  }
};

export const backupRuns = {
  contents,
  levels,
  number,
  keep,
  check,
  shrunk,
  noBackup,
  trouble,

  plan: {
    question: (names: string) => rich`🗄 ${b(`Back up ${names}?`)}`,
    all: (count: number) => plural(count, 'service'),
    stops: (name: string, stops: string, away: number | undefined) =>
      rich`${b(name)} is stopped for its copy${stops === name ? '' : ` (${stops})`}${away === undefined ? '' : `, about ${about(away)}`}, and starts again whatever happens.`,
    busy: (name: string) => rich`⚠️ A client is connected to ${b(name)} now; it would be thrown out.`,
    runsOn: (names: string) => rich`${names} ${names.includes(',') ? 'run' : 'runs'} on meanwhile.`,
    confirm: 'Back up',
  },

  done: (service: string, size: string, took: string) =>
    rich`✅ ${b(`${service} backed up`)} – ${size} in ${took}`,
  unproven: (service: string, size: string, took: string) =>
    rich`⚠️ ${b(`${service} copied, but not proven`)} – ${size} in ${took}`,
  failed: (service: string) => rich`❌ ${b(`${service} was not backed up`)}`,
  skipped: (service: string) => rich`⏭ ${b(`${service} was not backed up now`)}`,
  down: (service: string) =>
    rich`🔴 ${b(`${service} is DOWN: it was stopped for its backup and does not start`)}`,
  level: (level: BackedUpSource['level'], sources: readonly BackedUpSource[]) =>
    rich`${levels[level]}: ${contents(sources)}`,
  why: (why: NoBackup) => rich`Why: ${noBackup(why)}.`,
  failedCheck: (one: ToldCheck) => rich`❌ ${check(one)}.`,
  leftOut: (one: ToldCheck) => rich`Left out: ${check(one)}.`,
  shrunken: (one: Shrunk) => rich`📉 ${shrunk(one)}.`,
  acceptable: 'Until you accept it, the last one from before is kept as well.',
  away: (took: string) => rich`It was stopped for ${took}.`,
  last: (at: Rich) => rich`The last proven one: ${at}. It is untouched.`,
  never: 'There is no proven one yet.',
  notCovered: (what: string) => rich`Not in it: ${what}.`,
  warning: (text: string) => rich`⚠️ ${text}`,
  uncounted: rich`${i('It is kept, but counts for nothing: the ones before it stay as they are.')}`,

  all: {
    done: (count: number) => rich`✅ ${b(`${allOf(count)} backed up`)}`,
    one: (service: string) => rich`✅ ${b(`${service} backed up`)}`,
    some: (done: number, count: number) => rich`❌ ${b(`${done} of ${count} backed up and proven`)}`,
    rest: (names: string) => rich`Not begun: ${names}.`,
  },

  drill: {
    done: (service: string, at: Rich) => rich`✅ ${b(`${service}: the backup of `)}${at}${b(' restores')}`,
    failed: (service: string, at: Rich) =>
      rich`❌ ${b(`${service}: the backup of `)}${at}${b(' failed its drill')}`,
    took: (took: string) => rich`A real restore of its databases would take about ${took}.`,
    due: (count: number) => rich`🧪 ${b(count === 0 ? 'No drill is due.' : `${plural(count, 'drill')} due`)}`,
    last: (name: string, at: Span | undefined) =>
      at === undefined ? rich`${b(name)} – never drilled` : rich`${b(name)} – drilled ${at}`,
  },

  troubles: {
    one: (service: string) => rich`⚠️ ${b(`The backup of ${service} needs a look`)}`,
    many: (count: number) => rich`⚠️ ${b(`The backups of ${plural(count, 'service')} need a look`)}`,
    line: (service: string, what: Rich) => rich`${b(service)} ${what}.`,
    proven: (at: Rich) => rich`The last proven one: ${at}.`,
    recovered: (service: string, lasted: string) =>
      rich`✅ ${b(`${service} is backed up and proven again`)}, after ${lasted}.`,
  },

  unpaused: (service: string, away: string) =>
    rich`⚡ ${b(`${service} runs again`)}: I was ended while it was stopped for its backup, ${away} ago. There is no new backup yet.`,
  unpausedLost: (service: string) =>
    rich`🔴 ${b(`${service} is DOWN`)}: I was ended while it was stopped for its backup, and it does not start. I go on trying.`,
  lostWhy: (cause: string) => rich`Why: ${cause.replace(/\.$/, '')}.`,
  took: (ms: number) => duration(ms),
  path: (folder: string) => rich`${code(folder)}`,
};
