/** Troubles that nobody asked about, in Korean. */
import type { Ending, Finding, FindingFact, HostFact, Mended, ServiceFact, Who } from '../report/alerts.ts';
import { b, i, rich, type Rich } from '../rich.ts';
import type { Catalogue } from './en.ts';
import { checks } from './ko-checks.ts';
import { said } from './ko-said.ts';
import { watchFacts } from './ko-watch-facts.ts';
import { bare, hostNamed, jobNames } from './ko-words.ts';

export const alertActions = {
  snooze: () => '1시간 알림 끄기',
  wake: () => '알림 켜기',
  ack: () => '확인함',
  mute: (span?: string) => `${(span ?? '').replace('h', '시간')} 알림 끄기`,
  unmute: () => '알림 다시 켜기',
};

export const alertCommands = {
  snooze: '경보 하나를 잠시 끄기',
  ack: '경보를 확인했다고 알리기',
  mute: '긴급 경보를 뺀 알림을 잠시 끄기',
};

const partOfHost = ({ host, what }: HostFact): string =>
  `${hostNamed(host)}의 ${what === 'engine' ? '엔진' : what}`;

const jobNamed = (job: string, subject: string | undefined): string =>
  [jobNames[job] ?? job, subject].filter((part) => part !== undefined).join(' ');

function serviceTitle({ trouble, state, ...fact }: ServiceFact, name = fact.title): string {
  switch (trouble.kind) {
    case 'restarting':
      return `${name} 재시작 반복 중`;
    case 'no-answer':
      return `${name} 응답 없음`;
    case 'starting':
      return `${name} 시작되지 않음`;
    case 'silent':
      return `${name} 확인 불가`;
    default:
      return { down: `${name} 중단`, degraded: `${name} 일부 이상`, unknown: `${name} 확인 불가` }[state];
  }
}

/** What is wrong, as the first words of an alert. */
function title({ fact, service }: Finding): string {
  switch (fact.kind) {
    case 'service':
      return serviceTitle(fact, service);
    case 'host':
      return `${partOfHost(fact)} 응답 없음`;
    case 'job':
      return `${jobNamed(fact.job, fact.subject)} 실패`;
    case 'log':
    case 'slow-pattern':
    case 'deploy-left':
      return watchFacts.title(fact, service);
    default:
      return checks.title(fact);
  }
}

/** That it is wrong no more. */
function over({ fact, service }: Finding): string {
  switch (fact.kind) {
    case 'service':
      return `${service ?? fact.title} 다시 정상`;
    case 'host':
      return `${partOfHost(fact)} 다시 응답함`;
    case 'job':
      return `${jobNamed(fact.job, fact.subject)} 다시 성공`;
    case 'log':
    case 'slow-pattern':
    case 'deploy-left':
      return watchFacts.over(fact, service);
    default:
      return checks.over(fact);
  }
}

/** What is not looked at any more, or was stopped, is not well. */
function ended(finding: Finding, ending: Ending | undefined): Rich {
  const { fact, service } = finding;
  if (ending === undefined || ending === 'well') return rich`🟢 ${b(over(finding))}`;
  const name = service ?? ('title' in fact ? fact.title : title(finding));
  return rich`⚪ ${b(ending === 'stopped' ? `${name} 정지됨` : `${name} – 더 이상 지켜보지 않음`)}`;
}

const isDown = (fact: FindingFact): boolean => fact.kind === 'service' && fact.state === 'down';

const by = (who: Who): string => (who === 'you' ? '직접' : who === 'schedule' ? 'Steward(예약)' : who.name);

const mended: Record<Mended['verb'], { noun: string; polite: string }> = {
  restart: { noun: '재시작', polite: '재시작하셨습니다' },
  start: { noun: '시작', polite: '시작하셨습니다' },
  update: { noun: '업데이트', polite: '업데이트하셨습니다' },
  rollback: { noun: '되돌리기', polite: '되돌리셨습니다' },
  restore: { noun: '복원', polite: '복원하셨습니다' },
};

export const alerts: Catalogue['alerts'] = {
  title,
  over,
  since: (at) => rich` · ${at}부터`,
  cause: (part, why) => `${part === undefined ? '' : `${part}: `}${bare(said(why))}.`,
  limit: (why, limit) => `${why}(한도 ${limit})`,
  restarts: (count) => `재시작 ${count}회.`,
  check: (output) => `상태 검사: ${bare(output)}.`,
  unseen: (names) => `그동안 확인할 수 없음: ${names}.`,
  stillFine: (count) => `나머지 서비스 ${count}개는 정상입니다.`,
  alsoDown: (names) => `함께 문제가 있는 서비스: ${names}.`,
  stillDown: (names) => `아직 문제가 있음: ${names}.`,
  again: (times, before) =>
    times === 2
      ? `전에도 ${before} 동안 같은 문제가 있었습니다.`
      : `전에도 ${times - 1}번, 모두 ${before} 동안 같은 문제가 있었습니다.`,
  onIt: (who) => (who === 'you' ? rich`🙋 확인하셨습니다.` : rich`🙋 확인한 사람: ${by(who)}`),
  snoozed: (who, until) =>
    who === 'you' ? rich`😴 ${until}까지 알리지 않음` : rich`😴 ${until}까지 알리지 않음(요청: ${by(who)})`,

  ended: ({ finding, ending }, lasted) =>
    rich`${ended(finding, ending)} – ${isDown(finding.fact) ? '중단 시간' : '지속 시간'} ${lasted}.`,
  mended: ({ verb, by: who }) =>
    who === 'you' ? ` 직접 ${mended[verb].polite}.` : ` ${mended[verb].noun}: ${by(who)}.`,
  memoryNow: (amount) => ` 지금 메모리: ${amount}.`,
  was: (what) => rich`당시: ${i(what)}`,

  many: (count) => b(`동시에 생긴 문제 ${count}건`),
  manyLeft: (left, count) => b(`문제 ${count}건 중 ${left}건 남음`),
  manyOver: (count) => rich`🟢 ${b(`문제 ${count}건 모두 해결됨`)}`,
  more: (count) => rich`… 외 ${count}건`,
  line: (what) => b(what),

  ring: {
    lasts: (what, lasted) => rich`${b(what)} – ${lasted}째 계속되고 있습니다.`,
    again: (what) => rich`${b(what)} – 다시 생겼습니다.`,
    worse: (what) => rich`${b(what)} – 더 나빠졌습니다.`,
    'snooze-over': (what, lasted) =>
      rich`${b(what)} – ${lasted}째 계속되고 있습니다. 요청하신 시간 동안 알림을 껐습니다.`,
  },
  lastMany: (count) => b(`아직 남은 문제 ${count}건`),
  nobody: '아직 확인한 사람이 없습니다.',

  acked: (what) => rich`🙋 확인함: ${what}. 더 울리지 않습니다.`,
  snoozedNow: (what, until) => rich`😴 ${until}까지 알림 끔: ${what}.`,
  woken: (what) => rich`🔔 알림 다시 켬: ${what}.`,

  held: (count) => rich`🌙 ${b(`조용한 동안 미뤄 둔 알림 ${count}건`)}`,

  muted: ({ until, who }) =>
    rich`🔕 ${b('알림 끔')} – ${until}까지${who === 'you' ? '' : `, 요청: ${by(who)}`}. 긴급 경보는 그래도 울리며, 나머지는 끝난 뒤에 알려 드립니다.`,
  notMuted: rich`🔔 ${b('알림이 켜져 있습니다.')}`,
  quietHours: ({ from, to }) => `매일 밤 ${from}–${to} 사이에는 긴급 경보만 울립니다.`,
  waiting: (count) => `미뤄 둔 알림 ${count}건.`,
};
