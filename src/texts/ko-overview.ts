/** The report of the morning and of the week, in Korean. */
import type { BackupsOverview } from '../report/overview.ts';
import { b, rich } from '../rich.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { date, hostNamed } from './ko-words.ts';

const worries: Record<BackupsOverview['troubled'][number]['worry'], string> = {
  never: '검증된 백업 없음',
  overdue: '늦어짐',
  unproven: '최신 백업 미검증',
  shrunk: '갑자기 작아짐',
  'off-site': '외부 보관소에 없음',
};

/** Of the smoke test, by the beginning of its keys. */
const checks: Readonly<Record<string, string>> = {
  'disk:': '디스크',
  'growth:': '디스크 증가량',
  'mount:': '마운트',
  memory: '메모리',
  swap: '스왑',
  'temperature:': '온도',
  clock: '시계',
  'read-only:': '파일 시스템',
  'io:': '커널 오류',
  'smart:': 'SMART',
  'units:': '실패한 유닛',
  'vpn:': 'VPN',
  'certificate:': '인증서',
  'url:': 'HTTPS 이름',
  'backup:': '백업',
};

const DAYS = 60;
const YEARS = 730;

const covered = (notCovered: readonly string[]): string =>
  notCovered.length === 0 ? '' : ` · 백업하지 않음: ${notCovered.join(', ')}`;

export const overview: Catalogue['overview'] = {
  day: (day) => date(day, day),
  head: ({ verdict, host, span }, troubles, day) => {
    const what = {
      good: '모두 정상입니다',
      unsure: '이상은 없지만, 확인하지 못한 것이 있습니다',
      troubled: `살펴볼 것이 ${troubles}건 있습니다`,
      bad: `문제가 ${troubles}건 있습니다`,
    }[verdict];
    return rich`${b(`${host} · ${what}`)} · ${span === 'week' ? `${day}까지 한 주` : day}`;
  },
  since: (at) => rich` · ${at}부터`,
  offline: (from, to) => rich`💤 오프라인 ${from} – ${to}: 그동안 감시하지 못했습니다.`,
  unseen: (what, last) => {
    switch (what.kind) {
      case 'host':
        return rich`${hostNamed(what.name)}: ${said(what.cause)}`;
      case 'service':
        return rich`${what.name}`;
      case 'backups':
        return rich`백업 폴더: ${said(what.cause)}`;
      case 'disk':
        return rich`${what.path} 응답 없음`;
      case 'smoke-test':
        return last === undefined
          ? rich`전체 점검을 아직 한 적이 없음`
          : rich`전체 점검(마지막 ${last}) 이후 실패했거나 하지 않음`;
      case 'check':
        return rich`${checks[what.key] ?? what.key}${what.subject === undefined ? '' : ` (${what.subject})`}: ${said(what.cause)}`;
    }
  },
  notSeen: (what) => rich`❔ 확인하지 못함: ${what}`,
  check: (key) => checks[key] ?? key,

  backups: (good, all, oldest, notCovered) =>
    rich`🗄 백업 ${good}/${all}${oldest === undefined ? '' : ` – 가장 오래된 것 ${oldest}`}${covered(notCovered)}`,
  oldest: (name, age) => `${name}(${age} 전)`,
  worry: (name, worry, age) =>
    rich`🟡 ${b(`${name} 백업`)} – ${worries[worry]}${age === undefined ? '' : `, 마지막 검증 ${age} 전`}`,
  growth: (perDay, gains) => `하루 ${gains ? '+' : '−'}${perDay}`,
  full: (days) =>
    days > YEARS
      ? undefined
      : `약 ${days < DAYS ? `${Math.round(days)}일` : `${Math.round(days / 30.4)}개월`} 뒤 가득 참`,
  pictures: (filed, waiting, cleaned) => rich`📸 사진 ${filed}장 저장, ${waiting}장 대기, ${cleaned}장 정리`,
  updates: (names) => rich`⬆️ 업데이트 ${names.length}건: ${names.join(', ')}`,
  held: (count) => rich`🌙 조용한 시간에 미뤄 둔 알림 ${count}건`,
  ended: (count, names) => rich`🩹 생겼다가 사라진 문제 ${count}건: ${names}`,
  times: (title, lasted, times) => `${title}(${times === 1 ? lasted : `${times}번, ${lasted}`})`,
  job: (name, at, times, reason) =>
    rich`❌ ${b(name)} – ${at} 실패${times === 1 ? '' : `, 모두 ${times}번`}${reason === undefined ? '' : `: ${said(reason)}`}`,
  jobOver: (name, at) => rich`☑️ ${name} – ${at} 실패했지만, 그 뒤로 정상`,
  errors: (count, last) =>
    rich`⚙️ ${b(`Steward 자체 오류 ${count}건`)}${last === undefined ? '' : `, 마지막: ${last}`}`,
  services: (healthy, all) => rich`🩺 서비스 ${all}개 중 ${healthy}개 정상`,
  from: (at) => rich`${at}부터의 기록`,

  week: {
    gained: (gained, gains) => `이번 주 ${gains ? '+' : '−'}${gained}`,
    backups: (sizes) => rich`📦 백업 크기: ${sizes}`,
    size: (name, size, change) => {
      const percent = Math.round((change ?? 0) * 100);
      return percent === 0
        ? `${name} ${size}`
        : `${name} ${size}(${percent > 0 ? '+' : '−'}${Math.abs(percent)}%)`;
    },
    restarts: (count, most) => {
      if (count === 0 || most === undefined) return rich`🔁 저절로 다시 시작된 것 없음`;
      const who = most.count === count ? most.name : `대부분 ${most.name}, ${most.count}번`;
      return rich`🔁 저절로 다시 시작 ${count}번(${who})`;
    },
  },
};
