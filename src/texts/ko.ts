/**
 * All that Steward says, in Korean. Nothing that stands for a name, a version or an amount has a particle behind it:
 * which one is right depends on the last sound of the word before.
 */
import type { State, Trouble } from '../report/services.ts';
import type { Verb, WorkVerb } from '../report/work.ts';
import { b, code, i, rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import type { Catalogue } from './en.ts';
import { alertActions, alertCommands, alerts } from './ko-alerts.ts';
import { audit } from './ko-audit.ts';
import { backupRuns } from './ko-backup-runs.ts';
import { backups } from './ko-backups.ts';
import { checks } from './ko-checks.ts';
import { doctor } from './ko-doctor.ts';
import { guard } from './ko-guard.ts';
import { http } from './ko-http.ts';
import { inbox } from './ko-inbox.ts';
import { cleaning, images, pictures, unseen } from './ko-pictures.ts';
import { prune } from './ko-prune.ts';
import { overview } from './ko-overview.ts';
import { pulse } from './ko-pulse.ts';
import { releases } from './ko-releases.ts';
import { restore } from './ko-restore.ts';
import { said } from './ko-said.ts';
import { terminal } from './ko-terminal.ts';
import { updates } from './ko-updates.ts';
import { watchFacts } from './ko-watch-facts.ts';
import { about, ago, bare, date, duration, hostNamed, jobNames, weekday } from './ko-words.ts';

const verbs: Record<Verb, { noun: string; done: string }> = {
  restart: { noun: '재시작', done: '재시작 완료' },
  stop: { noun: '중지', done: '중지 완료' },
  start: { noun: '시작', done: '시작 완료' },
};

const working: Record<WorkVerb, { now: string; noun: string }> = {
  restart: { now: '재시작 중', noun: '재시작' },
  stop: { now: '중지 중', noun: '중지' },
  start: { now: '시작 중', noun: '시작' },
  update: { now: '업데이트 중', noun: '업데이트' },
  rollback: { now: '되돌리는 중', noun: '되돌리기' },
  guard: { now: '배포 준비 중', noun: '배포 준비' },
  restore: { now: '복원 중', noun: '복원' },
  backup: { now: '백업 중', noun: '백업' },
  drill: { now: '모의 복원 중', noun: '모의 복원' },
};

/** Work by the name of its command, as it is kept beside a lock and a run. */
const workNamed = (what: string): string =>
  what in working ? working[what as WorkVerb].noun : (jobNames[what] ?? commands[what] ?? what);

const everything = (service: string): string => (service === 'all' ? '모든 서비스' : service);

const SIGNALS: Readonly<Record<number, string>> = {
  130: '중단 신호',
  134: '비정상 중단',
  137: '강제 종료',
  139: '잘못된 메모리 접근',
  143: '종료 신호',
};
const exit = (status: number, outOfMemory: boolean) => {
  const meaning = outOfMemory ? '메모리 부족' : SIGNALS[status];
  return meaning === undefined ? `종료 코드 ${status}` : `종료 코드 ${status}: ${meaning}`;
};

const results: Readonly<Record<string, string>> = {
  'exit-code': '프로그램이 오류로 끝남',
  signal: '프로그램이 강제로 끝남',
  'core-dump': '프로그램이 비정상 종료됨',
  'oom-kill': '메모리 부족으로 강제 종료됨',
  timeout: '제한 시간을 넘김',
  watchdog: 'watchdog 응답이 끊김',
  'start-limit-hit': '연속으로 너무 자주 실패하여 systemd가 재시작을 포기함',
  resources: 'systemd가 실행 환경을 준비하지 못함',
};

const trouble = (what: Trouble, now: number): string => {
  switch (what.kind) {
    case 'gone':
      return '컨테이너가 없음';
    case 'renamed':
      return `컨테이너가 다른 이름으로 실행 중: ${what.to}`;
    case 'no-unit':
      return `유닛이 없음: ${what.unit}`;
    case 'masked':
      return `${what.runs ? '실행 중이지만 ' : ''}유닛이 mask 상태라 ${what.runs ? '다시 ' : ''}시작할 수 없음: ${what.unit}`;
    case 'stopped':
      return '정지됨';
    case 'exited':
      return `${exit(what.code, what.outOfMemory)}${what.at === undefined ? '' : `, ${ago(now - what.at)}`}`;
    case 'unit-failed':
      return `유닛 실패: ${results[what.result] ?? what.result}${what.restarts === undefined ? '' : `, systemd가 ${what.restarts}회 재시작 후 포기함`}`;
    case 'held-back':
      return `시작하지 못함, 필요한 유닛의 실패: ${what.by} (systemd가 다시 시도하지 않음)`;
    case 'stopped-loop':
      return `10분 동안 메모리 부족으로 ${what.kills}회 강제 종료되어 정지함${what.limit === undefined ? '' : ` (제한 ${formatSize(what.limit, 1024)})`}`;
    case 'condition':
      if (what.condition === undefined) return '시작하지 못함, 유닛의 조건이 맞지 않음';
      return what.condition.startsWith('ConditionPathExists=')
        ? `시작하지 못함, 파일 없음: ${what.condition.slice('ConditionPathExists='.length)}`
        : `시작하지 못함, 유닛의 조건이 맞지 않음: ${what.condition}`;
    case 'unhealthy':
      return what.since === undefined ? '상태 검사 실패' : `상태 검사가 ${about(now - what.since)}째 실패 중`;
    case 'starting':
      return '시작하는 중';
    case 'restarting':
      return `재시작 반복 중(${what.restarts}회)`;
    case 'no-answer':
      return `실행 중이지만 응답 없음: ${what.url} (${said(what.cause)})`;
    case 'job-failed':
      return said(what.cause);
    case 'host-unreachable':
      return `${hostNamed(what.host)} 확인 불가: ${said(what.cause)}`;
    case 'silent':
      return `확인 불가: ${said(what.cause)}`;
  }
};

const states: Record<State, string> = {
  ok: '정상',
  degraded: '일부 이상',
  down: '중단',
  stopped: '정지됨',
  working: '작업 중',
  unknown: '확인 불가',
};

const commands: Catalogue['commands'] = {
  start: '인사, 또는 서비스 시작',
  help: '할 수 있는 일',
  status: '전체 상태',
  logs: '마지막 로그',
  restart: '서비스 재시작',
  stop: '서비스 중지',
  cancel: '진행 중인 업데이트 중단',
  jobs: '예약된 작업',
  backup: '서비스를 백업하고 검증',
  drill: '백업을 임시 공간에 복원해 보기',
  check: '새 릴리스와 새 이미지 확인',
  update: '되돌릴 수 있게 서비스 업데이트',
  rollback: '이전 버전으로 되돌리기',
  restore: '백업의 데이터를 제자리에 복원',
  skip: '이 버전 건너뛰기',
  remind: '이 버전을 나중에 다시 알림',
  backups: '백업 목록과 검증 수준',
  doctor: '문제를 일으킬 설정 점검',
  images: '최근 사진과 경로',
  clean: '봇이 올린 사진을 앨범에서 정리',
  prune: '사용하지 않는 이미지 삭제',
  keep: '사진을 정리하지 않고 보관',
  name: '사진에 이름 붙이기',
  audit: '누가 무엇을 요청했고 어떻게 되었는지',
  report: '현재 상태와 지난 보고 이후의 일',
  ...alertCommands,
};

export const ko: Catalogue = {
  duration,
  about,
  ago,
  date,
  told: said,
  size: (amount) => formatSize(amount),
  memory: (amount) => formatSize(amount, 1024),
  percent: (share) => `${Math.round(share * 100)}%`,
  trouble,

  actions: {
    status: () => '상태',
    service: (name) => `${name ?? ''} ▸`,
    pick: (name) => name ?? '',
    logs: (name) => (name === undefined ? '로그' : `로그: ${name}`),
    'its-logs': () => '로그',
    errors: () => '오류만',
    'last-hour': () => '1시간',
    'as-file': () => '파일로',
    refresh: () => '새로 고침',
    restart: (name) => (name === undefined ? '재시작' : `${name} 재시작`),
    start: (name) => (name === undefined ? '시작' : `${name} 시작`),
    stop: (name) => (name === undefined ? '중지' : `${name} 중지`),
    'run-now': (name) => (name === undefined ? '지금 실행' : `${name} 실행`),
    pause: (name) => (name === undefined ? '일시 중지' : `${name} 일시 중지`),
    resume: (name) => (name === undefined ? '재개' : `${name} 재개`),
    'show-plan': () => '계획 다시 보기',
    'take-out': (count) => `앨범에서 ${count ?? ''}장 빼기…`,
    updates: (count) => `업데이트 · ${count ?? ''}`,
    check: (name) => (name === undefined ? '지금 확인' : `${name} 확인`),
    skip: (version) => (version === undefined ? '이 버전 건너뛰기' : `${version} 건너뛰기`),
    unskip: () => '다시 제안',
    'remind-saturday': () => '토요일에 알림',
    'remind-tomorrow': () => '내일 알림',
    'remind-week': () => '일주일 뒤 알림',
    update: (name) => (name === undefined ? '업데이트…' : `${name} 업데이트…`),
    'update-all': () => '모두 업데이트…',
    'try-again': () => '다시 시도…',
    'roll-back': () => '되돌리기…',
    'roll-back-now': () => '지금 되돌리기!',
    'try-roll-back': () => '되돌리기 재시도',
    'try-way-back': () => '원래 데이터 복구 재시도',
    'undo-restore': () => '복원 취소…',
    cancel: () => '취소',
    'wait-more': () => '10분 더 대기',
    'back-up': () => '지금 백업',
    'all-backups': () => '모든 백업',
    drill: (name) => name ?? '모의 복원',
    restore: () => '복원…',
    accept: () => '이대로 정상',
    'stop-waiting': () => '대기 중단',
    details: () => '자세히',
    help: () => '도움말',
    ...alertActions,
  },
  buttons: {
    confirm: (verb) => verbs[verb].noun,
    cancel: '취소',
    copyPath: '경로 복사',
    copyAll: '모두 복사',
    copyPieces: (count) => `조각 ${count}개 복사`,
    copyId: '내 ID 복사',
    copyCommand: '명령 복사',
    copyPrompt: '프롬프트로 복사',
    copy: '복사',
    open: '열기',
    releaseNotes: '릴리스 노트',
    keep: '보관',
    letGo: '보관 해제',
    statusOf: (service) => `${service} 상태`,
  },

  start: {
    connected: (host) => rich`👋 ${b(`연결되었습니다: ${host}`)}`,
    counts: (healthy, all) =>
      healthy === all ? `· 서비스 ${all}개 모두 정상` : `· 서비스 ${all}개 중 ${healthy}개 정상`,
    look: (icon, name) => rich`${icon} ${name} – 확인이 필요합니다.`,
    intro: rich`사진을 보내 주시면 Immich에 저장하고 경로를 알려 드립니다.\n그 밖의 기능: /help`,
  },
  help: {
    title: rich`${b('Steward')} – 이 서버를 돌봅니다.`,
    purposes: { look: '살펴보기', act: '실행', schedule: '예약', about: '안내' },
    pictures: rich`${b('사진')}\n사진을 보내시거나, 글씨가 작은 화면은 파일로 보내 주세요. 저장한 뒤 경로를 알려 드립니다.`,
    naming: rich`답장으로 단어를 보내시면 그 사진의 이름이 됩니다.`,
    names: rich`${i('서비스 이름은 일부만 적어도 됩니다: /logs arch')}`,
    commandLine: '명령줄에서는: steward <명령> [인수] [--json] [--yes] [--dry-run]',
  },
  commands,

  status: {
    allHealthy: (count) => `서비스 ${count}개 모두 정상`,
    someHealthy: (healthy, count) => `${count}개 중 ${healthy}개 정상`,
    none: '설정된 서비스가 없습니다',
    worst: (name, state) => `${name} ${states[state]}`,
    more: (count) => `외 ${count}개`,
    containers: (count) => `컨테이너 ${count}개`,
    restarts: (count) => `재시작 ${count}회`,
    backup: (age, level, isOverdue) =>
      age === undefined
        ? '검증된 백업 없음'
        : `백업 ${age} 전${isOverdue ? '(늦음)' : ''}, ${backupRuns.levels[level]}`,
    backups: (standing, drilled, notCovered) =>
      rich`🗄 ${standing}${drilled === undefined ? '' : `, 모의 복원 ${drilled} 전`}${notCovered === undefined ? '' : rich` · ${b(`백업에 없음: ${notCovered}`)}`}`,
    rootDisk: '시스템',
    disk: (name, share, free) => (free === undefined ? `${name} ${share}` : `${name} ${share}(${free} 남음)`),
    lostDisk: (name, why) =>
      ({
        silent: `${name} 응답 없음`,
        gone: `${name} 없음`,
        'not-mounted': `${name} 마운트되지 않음`,
      })[why],
    foot: (containers) => rich`${i(`컨테이너 ${containers}개, 방금 확인함`)}`,
    hostUnreachable: (name, cause) => rich`🔴 ${b(hostNamed(name))} 확인 불가: ${said(cause)}`,
    unknown: '알 수 없음',
    check: (output) => `상태 검사: ${output}`,
    healthyUp: (uptime) => `정상, ${uptime}째 실행 중`,
    healthy: '정상',
    up: (uptime) => `${uptime}째 실행 중`,
    ofLimit: (used, limit) => `${used} / ${limit}`,
    available: (from, to) =>
      to === undefined
        ? `${from === undefined ? '' : `${from}, `}새 이미지 있음`
        : `${from === undefined ? '' : `${from} → `}${to} 업데이트 가능`,
    out: (version, since) =>
      rich`⬆️ 새 버전 ${version ?? '이미지'}${since === undefined ? '' : rich` · 공개일 ${since}`}`,
    changed: (verb, from, when) =>
      rich`${verb === 'update' ? '✅ 업데이트' : '↩️ 되돌림'}: ${when}${from === undefined ? '' : `, 이전 버전 ${from}`}`,
    ping: (ms) => `응답 ${Math.round(ms)} ms`,
    cpu: (percent) => `CPU ${percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`,
    image: (image, age) => (age === undefined ? image : `${image}(${age} 전 빌드)`),
    lastExit: (status, outOfMemory, when) =>
      `마지막 ${exit(status, outOfMemory)}${when === undefined ? '' : `, ${when} 전`}`,
    machine: (load, used, size, temperature) =>
      `호스트: 부하 ${load}, 메모리 ${used} / ${size}${temperature === undefined ? '' : `, ${Math.round(temperature)} °C`}`,
  },

  logs: {
    none: (subject, filter) =>
      filter === undefined
        ? rich`📄 ${b(subject)} – 로그 없음`
        : filter === 'errors'
          ? rich`📄 ${b(subject)} – 마지막 로그에 오류 없음`
          : rich`📄 ${b(subject)} – 찾는 말이 있는 줄 없음: ${b(filter)}`,
    head: (subject, lines, span) =>
      rich`📄 ${b(subject)} – ${lines}줄${span === undefined ? '' : `, 최근 ${span}`}`,
    counts: (errors, warnings) =>
      [errors > 0 ? `❌ ${errors}` : '', warnings > 0 ? `⚠️ ${warnings}` : ''].filter(Boolean).join(' '),
    omitted: (count) => rich`${i(`앞의 ${count}줄은 생략했습니다. 파일로 받으면 더 볼 수 있습니다.`)}`,
    fileName: (subject, day) => `${subject}-${day}.log`,
  },

  plan: {
    question: (verb, title) => `${title} ${verbs[verb].noun}할까요?`,
    icon: { restart: '🔁', stop: '⏹', start: '▶️' },
    containers: (containers, units) => (containers > 0 ? `컨테이너 ${containers}개` : `유닛 ${units}개`),
    away: (ms) => `중단 시간 약 ${about(ms)}`,
    nothingDepends: '함께 영향을 받는 것은 없습니다.',
    depends: (names) => `함께 중단됨: ${names}.`,
    order: (names) => `순서: ${names}`,
    stopNote: '부팅하거나 배포하면 다시 시작됩니다.',
  },
  steps: {
    before: '사전 유닛',
    backup: '백업',
    'copy-databases': '데이터베이스 스냅샷',
    'copy-files': '파일',
    prove: '검증',
    restore: '임시 공간에 복원',
    download: '내려받기',
    unpack: '이전 이미지 불러오기',
    stop: '중지',
    snapshot: '정지 상태 스냅샷',
    switch: '이미지 교체',
    start: '시작',
    health: '상태 확인',
    after: '사후 유닛',
    archive: '이전 이미지 보관',
    'back-stop': '되돌리기: 중지',
    'back-data': '되돌리기: 데이터',
    'back-images': '되돌리기: 이미지',
    'back-start': '되돌리기: 시작',
    'back-health': '되돌리기: 상태 확인',
    tidy: '뒷정리',
    server: '데이터베이스 서버',
    verify: '백업 읽기',
    ready: '데이터 준비',
    place: '데이터 교체',
  },
  work: {
    head: (verb, service, to, took) =>
      rich`🔵 ${b(`${everything(service)} ${working[verb].now}`)}${to === undefined ? '' : ` → ${to}`} · ${took}`,
    ended: (verb, service, to, took) =>
      rich`🏁 ${b(`${everything(service)} ${working[verb].noun}`)}${to === undefined ? '' : ` → ${to}`} · ${took}`,
  },
  outcome: {
    done: (verb, service, took) =>
      verb === 'stop'
        ? rich`✅ ${b(`${service} ${verbs[verb].done}`)} – ${took} 걸렸습니다. 부팅하거나 배포하면 다시 시작됩니다.`
        : rich`✅ ${b(`${service} ${verbs[verb].done}`)} – ${took} 만에 정상`,
    failed: (verb, service, now) =>
      rich`❌ ${b(`${service} ${verbs[verb].noun} 실패`)}${now === undefined ? '' : ` · 현재 상태: ${states[now]}`}`,
    why: (why) => rich`원인: ${bare(why)}.`,
    observed: (verb, service) =>
      rich`👁 ${b(`${service} ${verbs[verb].noun}: 실행하지 않음`)} – 관찰 모드(STEWARD_OBSERVE)라서 아무것도 변경하지 않았습니다.`,
  },

  jobs: {
    head: (count) => rich`🗓 ${b(`작업 ${count}개`)}`,
    none: rich`🗓 ${b('예약된 작업이 없습니다.')}`,
    names: jobNames,
    running: '실행 중',
    paused: '일시 중지됨',
    never: '아직 실행한 적 없음',
    outcomes: { done: '✅', failed: '❌', skipped: '⏭', interrupted: '⚡' },
    took: (took) => `${took} 걸림`,
    next: '다음',
    last: '지난 실행',
    daily: (at) => `매일 ${at}`,
    weekly: (day, at) => `매주 ${weekday(day)} ${at}`,
    every: (span) => `${span}마다`,
  },

  choose: (command) => rich`어느 서비스인가요? ${i(`/${command} …`)}`,

  pictures,
  images,
  cleaning,
  http,
  terminal,
  audit,
  overview,
  inbox,
  prune,
  pulse,
  releases,
  backups,
  updates,
  restore,
  doctor,
  guard,
  backupRuns,
  checks,
  alerts,
  watchFacts,

  notes: {
    unknownCommand: (word, nearest) =>
      nearest === ''
        ? rich`알 수 없는 명령입니다: ${code(word)}. 전체 목록: /help`
        : rich`알 수 없는 명령입니다: ${code(word)}. 혹시 이 명령인가요? ${nearest}`,
    userError: (message) => rich`⚠️ ${said(message)}`,
    failed: (message) => rich`❌ ${b('실패했습니다:')} ${said(message)}`,
    busy: (service, work) =>
      work === undefined
        ? rich`⏳ ${b(`${service} 작업 중.`)} 끝난 뒤에 다시 요청해 주세요.`
        : rich`⏳ ${b(`${service} 작업 중:`)} ${workNamed(work.what)} (${work.since}부터). 끝난 뒤에 다시 요청해 주세요.`,
    already: (verb, service) =>
      verb === 'stop'
        ? rich`⚪ ${b(`${service} – 이미 정지되어 있습니다.`)}`
        : rich`✅ ${b(`${service} – 이미 실행 중입니다.`)}`,
    wayBackLost: (services) =>
      rich`⚠️ ${b('되돌리기용으로 보관하던 이전 이미지가 없어졌습니다:')} ${services
        .map(({ service, version }) => (version === undefined ? service : `${service} ${version}`))
        .join(
          ', ',
        )}. ${code('podman system prune -a')} 명령도 이 이미지를 지웁니다. 다음 업데이트 전까지는 /rollback 명령으로 되돌릴 것이 없습니다.`,
    cancelled: rich`✖️ 취소했습니다. 변경한 것이 없습니다.`,
    expired: rich`⌛ 계획의 유효 시간이 지났습니다. 변경한 것이 없습니다.`,
    changed: rich`🔄 ${b('계획을 세운 뒤 상황이 바뀌었습니다.')} 새 계획입니다.`,
    taken: rich`이미 처리했습니다.`,
    stranger: (id) =>
      rich`🔒 ${b('비공개 봇입니다.')} 가정용 서버 한 대를 관리하며, 다른 분께는 응답하지 않습니다.\n이 서버의 주인이라면 TELEGRAM_OWNER_IDS에 다음 ID를 추가하세요: ${code(id)}`,
    strangerTap: '이 버튼은 사용하실 수 없습니다.',
    guest: rich`👋 ${b('손님으로 등록되어 있습니다.')} 사진을 보내거나 /status 명령으로 상태를 볼 수 있습니다. 나머지는 주인만 사용할 수 있습니다.`,
    enrolmentLate: rich`⌛ ${b('유효 시간(10분)이 지난 링크입니다.')} Steward를 다시 시작하면 로그에 새 링크가 나옵니다.`,
    oldCommand: (text) =>
      rich`🕰 제가 자리를 비운 동안 보내신 명령입니다: ${code(text)}. 시간이 지나 자동으로 실행하지 않았습니다.`,
    sentAt: (at) => rich`보낸 시각: ${at}`,
    interrupted: (what, since, resumes) => {
      const [name = '', ...rest] = what.split(' ');
      const work = [...rest, workNamed(name)].join(' ');
      return rich`⚡ ${b(`작업 중에 제가 종료되었습니다: ${work}`)} (${since} 시작). ${resumes ? '이어서 진행합니다.' : '현재 상태를 확인해 주세요.'}`;
    },
    fateUnknown: (count) =>
      rich`${i(`이 메시지 앞의 ${count}건은 전송 중 연결이 끊겨, 도착하지 않았을 수 있습니다.`)}`,
    offline: (from, to) => rich`💤 오프라인 ${from}–${to}. 그동안 누르신 버튼은 전달되지 않았습니다.`,
    offlineLong:
      '돌아오기 하루 이상 전에 보내신 메시지와 사진도 사라졌습니다. Telegram은 24시간 동안만 보관합니다. 다시 보내 주세요.',
    configFaults: (count) => rich`🛑 ${b(`시작하지 못했습니다: 설정 오류 ${count}건`)}`,
    jobPaused: (job) => rich`⏸ ${b(job)} – 일시 중지했습니다.`,
    jobResumed: (job) => rich`▶️ ${b(job)} – 정해진 시각에 다시 실행합니다.`,
    cliDid: (verb, service, by, ok) =>
      rich`${ok ? '✅' : '❌'} ${b(`${service} ${workNamed(verb)}`.trim())} – 명령줄에서 실행, 사용자 ${by}`,
    kept: (names, isKept, isCleaned) => {
      const what = names.length === 1 ? (names[0] ?? '') : `사진 ${names.length}장`;
      if (!isKept) return rich`${b(what)} – 다음 정리 때 삭제됩니다.`;
      return isCleaned
        ? rich`📌 ${b(what)} – 사본을 보관합니다. 앨범에서는 이미 정리되었습니다.`
        : rich`📌 ${b(what)} – 보관을 해제하실 때까지 남겨 둡니다.`;
    },
    named: (picture) => rich`🏷 ${b(picture)} – 이 경로로도 열 수 있습니다.`,
    namedMany: (count) => rich`🏷 ${b(`사진 ${count}장`)} – 이 경로로도 열 수 있습니다.`,
    agentShutOut: (uid, folder, closed) =>
      rich`🔒 ${b('에이전트가 사진을 열 수 없습니다.')} 사진 폴더: ${code(folder)}. 사용자 ${uid}에게 막혀 있는 폴더: ${code(closed)}\n서버에서 실행하세요: ${code(`sudo chmod o+x ${closed}`)}`,
    albumUnseen: (album, email, why) =>
      rich`👁 ${b(`${email} 계정에는 앨범이 보이지 않습니다(${album}):`)} ${unseen(why)} 사진은 그대로 저장합니다.`,
    storeShut: (cause) =>
      rich`🔴 ${b('아무것도 기록할 수 없습니다:')} ${said(cause)}. 보내시는 것은 여유 공간이 생길 때까지 Telegram에서 기다립니다(최대 하루). 그동안 다른 문제는 알려 드리지 못합니다.`,
    storeOpen: (since) =>
      rich`🟢 ${b('다시 기록할 수 있습니다.')} ${since}부터 기록하지 못했습니다. 지금 있는 문제는 평소처럼 알려 드립니다.`,
    gaveUp: rich`❌ 이 메시지를 처리하지 못해 포기했습니다. 원인은 로그에 있습니다.`,
  },
};
