/** What there is of backups, in Korean. */
import type { Level } from '../backup/proof.ts';
import type { Reason } from '../backup/retention.ts';
import type { Shrunk } from '../backup/shrink.ts';
import type { ServiceBackups } from '../report/backups.ts';
import { b, code, i, rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import type { Catalogue } from './en.ts';
import { checks } from './ko-backup-runs.ts';
import { said } from './ko-said.ts';
import { bare, number } from './ko-words.ts';

const levels: Record<Level, string> = {
  restored: '복원 확인',
  decoded: '읽기 확인',
  copied: '복사만 함',
};

const worries: Record<NonNullable<ServiceBackups['worry']>, string> = {
  never: '검증된 백업 없음',
  overdue: '백업 늦음',
  unproven: '최신 백업 검증 안 됨',
  shrunk: '백업이 줄어듦',
  'off-site': '외부 보관소에 문제',
};

const results = { passed: '✅', failed: '❌', 'left out': '▫️' };

const periods = { daily: '일별', weekly: '주별', monthly: '월별' };

const shrunk = (what: Shrunk): string =>
  what.kind === 'bytes'
    ? `${what.source}: ${formatSize(what.now)} (평소 ${formatSize(what.usual)})`
    : `${what.source} ${what.table}: ${number(what.now)}행 (평소 ${number(what.usual)}행)`;

const reason = (why: Reason): string => {
  switch (why.kind) {
    case 'newest':
      return '최신 백업';
    case 'newest-proven':
      return '검증된 최신 백업';
    case 'recent':
      return '최근 24시간의 백업';
    case 'daily':
      return `일별 백업(${why.of})`;
    case 'weekly':
      return `주별 백업(${why.of} 주)`;
    case 'monthly':
      return `월별 백업(${why.of})`;
    case 'fuller':
      return '줄어들기 전의 마지막 백업';
    case 'unproven':
      return '검증되지 않았지만 뒤에 검증된 백업이 적음';
  }
};

export const backups: Catalogue['backups'] = {
  levels,
  number,
  none: rich`⚪ ${b('백업 없음:')} 백업이 설정된 서비스가 없습니다.`,
  allProven: (count) => `백업: ${count}개 모두 검증됨`,
  someFine: (fine, all) => `백업: ${all}개 중 ${fine}개 정상`,
  worst: (name, worry) => `${name} ${worries[worry]}`,
  more: (count) => `외 ${count}개`,
  never: '검증된 백업 없음',
  neverOf: (count) => `백업 ${count}개 모두 검증 안 됨`,
  overdue: '늦음',
  unproven: '최신 백업 검증 안 됨',
  smaller: '평소보다 작음',
  offSite: '외부 보관소에 문제',
  kept: (count) => `${count}개 보관`,
  notBackedUp: (names) => rich`${i(`백업하지 않음: ${names}`)}`,
  notCovered: (what) => rich`⚠️ ${b('백업에 없음:')} ${what}`,
  lost: (why) => rich`🔴 ${b('마지막으로 본 상태입니다.')} ${said(why)}`,

  head: (name, age, level) =>
    age === undefined
      ? rich`${b(`${name} – 검증된 백업 없음`)}`
      : rich`${b(`${name} 백업`)} ${age}, ${level}`,
  older: (count) => rich`${i(`이전 백업 ${count}개 더 있음`)}`,
  retention: (kept) =>
    kept.length === 0
      ? rich`보관: 검증된 최신 백업`
      : rich`보관: ${kept.map(({ period, have, of }) => `${periods[period]} ${have}/${of}`).join(', ')}`,
  ahead: rich`⚠️ 시계보다 앞선 날짜의 백업이 있어, 해결될 때까지 아무것도 정리하지 않습니다. 시계가 맞다면 그 백업을 다른 곳으로 옮기세요.`,
  next: (at) => rich`다음 백업: ${at}`,
  unscheduled: rich`다음 백업: 요청하실 때만`,
  shrunk: (what) => rich`📉 ${shrunk(what)}`,
  secondPlace: {
    there: (at) => rich`외부 보관소: ${at}`,
    none: rich`외부 보관소: 아직 아무것도 없음`,
    trouble: (why) => rich`⚠️ 외부 보관소: ${bare(said(why))}.`,
    troubled: rich`⚠️ ${b('백업의 외부 보관소를 확인해 주세요')}`,
    line: (services, why) => rich`${b(services)}: ${bare(said(why))}.`,
    untouched: '여기 있는 백업에는 영향이 없습니다. 한 시간마다 다시 시도합니다.',
    recovered: (services) => rich`✅ ${b('백업의 외부 보관소가 다시 정상입니다')}: ${services}`,
  },
  accepted: (name) => rich`✅ ${b(name)} – 이대로 받아들였습니다. 앞으로의 기준:`,

  one: (name, at, level) => rich`${b(name)}, ${at}: ${b(level)}`,
  contents: (tables, rows, files) =>
    [
      ...(tables === 0 ? [] : [`테이블 ${number(tables)}개, ${number(rows)}행`]),
      ...(files === 0 ? [] : [`파일 ${number(files)}개`]),
    ].join(', '),
  reasons: (reasons) =>
    reasons.length === 0
      ? rich`다음 정리 때 삭제됩니다.`
      : rich`보관 이유: ${reasons.map(reason).join(', ')}`,
  drilled: (age, took) => rich`모의 복원: ${age}${took === undefined ? '' : `, ${took} 걸림`}`,
  check: ({ name, source, result, detail }) =>
    rich`${results[result]} ${checks[name] ?? name}${source === undefined ? '' : ` · ${source}`}${detail === undefined ? '' : `: ${said(detail)}`}`,
  trouble: (why) => rich`⚠️ ${said(why)}`,
  path: (folder) => rich`${code(folder)}`,
};
