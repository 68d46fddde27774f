/** Taking, proving and drilling backups, in Korean. */
import type { Shrunk } from '../backup/shrink.ts';
import type { BackedUpSource, BackupTrouble, NoBackup, ToldCheck } from '../report/backup-runs.ts';
import { b, code, i, rich, type Rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { about, bare, duration, number } from './ko-words.ts';

const levels: Record<BackedUpSource['level'], string> = {
  restored: '복원해 보고 원본과 같음을 확인',
  decoded: '모든 내용을 읽어 확인',
  copied: '검증 안 됨',
};

/** What a check looks at. */
export const checks: Readonly<Record<string, string>> = {
  manifest: '기록된 내용',
  integrity: '무결성',
  decode: '읽기',
  source: '원본',
  'expected rows': '있어야 할 행',
  'expected files': '있어야 할 파일',
  'rows and files': '행과 그 파일',
  restore: '복원',
  references: '참조',
  schema: '구조',
};

/** "테이블 14개, 8,213행, 파일 240개" */
function contents(sources: readonly BackedUpSource[]): string {
  const sum = (of: 'tables' | 'rows' | 'files') => sources.reduce((all, source) => all + source[of], 0);
  const databases = sources.filter(({ kind }) => kind !== 'files');
  const parts = [
    ...(databases.length === 0 ? [] : [`테이블 ${number(sum('tables'))}개, ${number(sum('rows'))}행`]),
    ...(databases.length === sources.length ? [] : [`파일 ${number(sum('files'))}개`]),
  ];
  return parts.join(', ');
}

const keep = ({ daily, weekly, monthly }: { daily: number; weekly: number; monthly: number }): string => {
  const kept = [
    [daily, '일별'],
    [weekly, '주별'],
    [monthly, '월별'],
  ] as const;
  const told = kept.filter(([count]) => count > 0).map(([count, name]) => `${name} ${count}개`);
  return told.length === 0 ? '보관: 검증된 최신 백업' : `보관 한도: ${told.join(', ')}`;
};

const check = ({ name, source, detail }: ToldCheck): Rich =>
  rich`${checks[name] ?? name}${source === undefined ? '' : `(${source})`}${detail === undefined ? '' : `: ${bare(said(detail))}`}`;

const allOf = (failed: readonly ToldCheck[]): Rich =>
  failed.flatMap((one, index) => (index === 0 ? check(one) : ['; ', ...check(one)]));

const noBackup = (why: NoBackup): string => {
  switch (why.kind) {
    case 'failed':
    case 'not-started':
      return bare(said(why.cause));
    case 'client':
      return '연결된 클라이언트가 있어 중지하면 끊깁니다';
    case 'observing':
      return '관찰 모드(STEWARD_OBSERVE)인데, 이 백업은 서비스를 중지해야 합니다';
    case 'busy':
      return why.what === undefined ? '다른 작업 중입니다' : `다른 작업 중입니다: ${why.what}`;
  }
};

const shrunk = (one: Shrunk): string =>
  one.kind === 'rows'
    ? `${one.source} ${one.table}: ${number(one.now)}행 (평소 약 ${number(one.usual)}행)`
    : `${one.source}: ${formatSize(one.now)} (평소 약 ${formatSize(one.usual)})`;

const trouble = (what: BackupTrouble): Rich => {
  switch (what.kind) {
    case 'failed':
      return rich`${what.failures > 1 ? `${what.failures}회 실패` : '실패'}: ${bare(said(what.cause))}`;
    case 'unproven':
      return rich`검증하지 못함 – ${allOf(what.failed)}`;
    case 'shrunken':
      return rich`줄어듦 – ${what.shrunk.map(shrunk).join('; ')}`;
    case 'undrilled':
      return rich`모의 복원 실패 – ${allOf(what.failed)}`;
  }
};

export const backupRuns: Catalogue['backupRuns'] = {
  contents,
  levels,
  number,
  keep,
  check,
  shrunk,
  noBackup,
  trouble,

  plan: {
    question: (names) => rich`🗄 ${b(`${names} 백업할까요?`)}`,
    all: (count) => `서비스 ${count}개`,
    stops: (name, stops, away) =>
      rich`${b(name)} – 복사하는 동안 중지하며${stops === name ? '' : `(${stops})`}${away === undefined ? '' : ` 약 ${about(away)} 걸립니다.`} 무슨 일이 있어도 다시 시작합니다.`,
    busy: (name) => rich`⚠️ ${b(name)} – 지금 연결된 클라이언트가 있어 연결이 끊깁니다.`,
    runsOn: (names) => rich`그동안 계속 실행: ${names}.`,
    confirm: '백업',
  },

  done: (service, size, took) => rich`✅ ${b(`${service} 백업 완료`)} – ${size}, ${took}`,
  unproven: (service, size, took) => rich`⚠️ ${b(`${service} 복사했지만 검증 안 됨`)} – ${size}, ${took}`,
  failed: (service) => rich`❌ ${b(`${service} 백업 실패`)}`,
  skipped: (service) => rich`⏭ ${b(`${service} 이번에는 백업하지 않음`)}`,
  down: (service) => rich`🔴 ${b(`${service} 중단: 백업하느라 중지했는데 시작되지 않습니다`)}`,
  level: (level, sources) => rich`${levels[level]}: ${contents(sources)}`,
  why: (why) => rich`원인: ${noBackup(why)}.`,
  failedCheck: (one) => rich`❌ ${check(one)}.`,
  leftOut: (one) => rich`생략한 검사: ${check(one)}.`,
  shrunken: (one) => rich`📉 ${shrunk(one)}`,
  acceptable: '받아들이실 때까지 줄어들기 전의 마지막 백업도 보관합니다.',
  away: (took) => rich`중지 시간 ${took}.`,
  last: (at) => rich`마지막 검증된 백업: ${at}. 그대로 있습니다.`,
  never: '검증된 백업이 아직 없습니다.',
  notCovered: (what) => rich`백업에 없음: ${what}`,
  warning: (text) => rich`⚠️ ${said(text)}`,
  uncounted: rich`${i('보관은 하지만 백업으로 치지 않습니다. 이전 백업은 그대로 둡니다.')}`,

  all: {
    done: (count) => rich`✅ ${b(`${count}개 모두 백업 완료`)}`,
    one: (service) => rich`✅ ${b(`${service} 백업 완료`)}`,
    some: (done, count) => rich`❌ ${b(`${count}개 중 ${done}개 백업 및 검증 완료`)}`,
    rest: (names) => rich`시작하지 않음: ${names}`,
  },

  drill: {
    done: (service, at) => rich`✅ ${b(`${service} 모의 복원 성공`)} – 백업 시각: ${at}`,
    failed: (service, at) => rich`❌ ${b(`${service} 모의 복원 실패`)} – 백업 시각: ${at}`,
    took: (took) => rich`데이터베이스를 실제로 복원하는 데 걸릴 시간: 약 ${took}`,
    due: (count) =>
      rich`🧪 ${b(count === 0 ? '모의 복원할 백업이 없습니다.' : `모의 복원할 백업 ${count}개`)}`,
    last: (name, at) =>
      at === undefined ? rich`${b(name)} – 모의 복원한 적 없음` : rich`${b(name)} – 마지막 모의 복원 ${at}`,
  },

  troubles: {
    one: (service) => rich`⚠️ ${b(`${service} 백업을 확인해 주세요`)}`,
    many: (count) => rich`⚠️ ${b(`서비스 ${count}개의 백업을 확인해 주세요`)}`,
    line: (service, what) => rich`${b(service)} ${what}.`,
    proven: (at) => rich`마지막 검증된 백업: ${at}`,
    recovered: (service, lasted) =>
      rich`✅ ${b(`${service} 백업과 검증이 다시 정상입니다`)}, ${lasted} 만에 해결.`,
  },

  unpaused: (service, away) =>
    rich`⚡ ${b(`${service} 다시 실행 중`)} – 백업하느라 중지한 사이에 제가 종료되었습니다(${away} 전). 새 백업은 아직 없습니다.`,
  unpausedLost: (service) =>
    rich`🔴 ${b(`${service} 중단`)} – 백업하느라 중지한 사이에 제가 종료되었고, 서비스가 시작되지 않습니다. 계속 시도합니다.`,
  lostWhy: (cause) => rich`원인: ${bare(said(cause))}.`,
  took: (ms) => duration(ms),
  path: (folder) => rich`${code(folder)}`,
};
