/** Updates and the way back, in Korean. */
import type { Note } from '../report/notes.ts';
import type { ReleaseState } from '../report/releases.ts';
import type { UpdateHazard, UpdateReport } from '../report/updates.ts';
import { b, code, i, rich, type Rich, type Span } from '../rich.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { bare, duration, listed, number } from './ko-words.ts';

type Verb = UpdateReport['verb'];
const NEW = '새 버전';
const OLD = '이전 버전';

/** "v2.5.5 → v2.6.0", as far as they are known and differ. */
const versions = (from: string | undefined, to: string | undefined): string =>
  to === undefined || to === from
    ? `${from === undefined ? '' : `${from} `}→ 새 이미지`
    : from === undefined
      ? `→ ${to}`
      : `${from} → ${to}`;

const steps: Readonly<Record<string, string>> = {
  check: '사전 점검',
  before: '먼저 실행하는 유닛',
  backup: '백업',
  download: '내려받기',
  unpack: '이전 이미지 불러오기',
  stop: '중지',
  snapshot: '정지 상태 스냅샷',
  switch: '이미지 교체',
  start: '시작',
  health: '상태 확인',
  after: '나중에 실행하는 유닛',
  archive: '이전 이미지를 파일로 보관',
  'back-stop': '새 버전 중지',
  'back-data': '데이터 되돌리기',
  'back-images': '이미지 되돌리기',
  'back-start': '이전 버전 시작',
  'back-health': '이전 버전 상태 확인',
  server: '데이터베이스 서버 대기',
  verify: '백업 읽기',
  ready: '데이터 준비',
  place: '데이터 교체',
};

const ended = (text: string): string => `${bare(said(text))}.`;

const hazard = (what: UpdateHazard, at: (moment: number) => Span): Rich => {
  switch (what.kind) {
    case 'pull':
      return rich`${code(what.unit)} 유닛이 스스로 이미지를 내려받아(${code(what.how)}) 되돌리기를 무효로 만들 수 있습니다. 유닛에서 이 설정을 빼세요.`;
    case 'auto-update':
      return rich`${code(what.timer)} 타이머도 컨테이너를 업데이트합니다. 둘이 서로의 작업을 되돌리게 됩니다: ${code(`systemctl disable --now ${what.timer}`)}`;
    case 'compose-pull':
      return rich`${b(what.container)} – 시작할 때마다 이미지를 내려받아(${code(`pull_policy: ${what.policy}`)}) 되돌리기를 무효로 만들 수 있습니다. ${code('pull_policy: missing')} 설정으로 바꾸세요.`;
    case 'recreated':
      return what.lost.length > 0
        ? rich`${b(what.container)} – 새로 만들면서 다음 설정을 잃습니다: ${code(what.lost.join(' '))}. 엔진이 다른 컨테이너에서 가져오지 못하는 설정입니다. 유지하려면 유닛으로 실행하세요.`
        : rich`${b(what.container)} – 새로 만듭니다. 다음 설정이 있는지 엔진이 알려 주지 않아, 있었다면 잃습니다: ${code(what.untold.join(' '))}.`;
    case 'shares':
      return what.isOurs
        ? rich`${b(what.container)} – ${b(what.provider)} 네트워크를 함께 쓰므로 같이 새로 만듭니다.`
        : rich`${b(what.container)} – ${b(what.provider)} 네트워크를 쓰지만 이 서비스에 속하지 않습니다. 새로 만들 때까지 네트워크가 끊깁니다.`;
    case 'no-data':
      return rich`데이터가 어디에 있는지 설정에 없어 이미지만 되돌릴 수 있습니다. 새 버전이 쓴 데이터를 이전 버전이 읽지 못할 수 있습니다. ${code('services.yaml')}에 ${code('backup')} 설정을 추가하세요.`;
    case 'image-only':
      return rich`설정에 따라 이미지만 되돌립니다. 새 버전이 쓴 데이터를 이전 버전이 읽지 못할 수 있습니다. ${code('rollback: with-data')} 설정이면 데이터도 되돌립니다.`;
    case 'failed-before':
      return rich`이 이미지로 실패한 적이 있습니다(${at(what.at)}): ${ended(what.why)} 릴리스 노트를 먼저 읽어 보세요.`;
    case 'dependents':
      return rich`함께 중단되었다가 다시 시작됨: ${listed(what.units)}.`;
  }
};

/** Why a service is left out when all are updated. */
const left = ({ verdict, to }: ReleaseState): string => {
  const what = to ?? '새 이미지';
  switch (verdict.kind) {
    case 'pinned':
      return `${what}: 버전 고정, ${verdict.tag} → ${verdict.nextTag} 변경 필요${verdict.file === undefined ? '' : ` (${verdict.file})`}`;
    case 'major':
      return `${what}: 지금 태그로는 받을 수 없는 버전`;
    case 'blocked':
      return {
        skipped: `${what}: 건너뜀`,
        failed: `${what}: 전에 시작하지 못함`,
        vectors: `${what}: 먼저 데이터베이스를 VectorChord로 옮겨야 함`,
      }[verdict.reason.kind];
    default:
      return what;
  }
};

const nouns: Record<Verb, string> = { update: '업데이트', rollback: '되돌리기' };

const heads: Record<UpdateReport['outcome'], (report: UpdateReport) => { icon: string; text: string }> = {
  updated: ({ service, to, verb }) => ({
    icon: verb === 'update' ? '✅' : '↩️',
    text:
      verb === 'update' ? `${service} → ${to ?? NEW} 업데이트 완료` : `${service} → ${to ?? OLD} 복구 완료`,
  }),
  'rolled-back': ({ service, from, verb, why }) => ({
    icon: '↩️',
    text:
      why?.kind === 'asked'
        ? `${service} → ${from ?? OLD} 복구 완료, 요청대로 되돌렸습니다`
        : `${service} · ${nouns[verb]}에 실패하여 ${verb === 'update' ? '이전' : '원래'} 버전을 복구했습니다${from === undefined ? '' : `(${from})`}. 현재 정상입니다.`,
  }),
  unchanged: ({ service, verb, why }) =>
    why?.kind === 'asked'
      ? { icon: '✖️', text: `${service} ${nouns[verb]} 취소됨` }
      : { icon: '❌', text: `${service} ${nouns[verb]} 못 함` },
  down: ({ service, verb }) => ({
    icon: '🔴',
    text:
      verb === 'update'
        ? `${service} 중단: 업데이트와 되돌리기 모두 실패`
        : `${service} 중단: 되돌리기에 실패했고 원상 복구도 실패`,
  }),
  observed: ({ service, verb }) => ({ icon: '👁', text: `${service} ${nouns[verb]}: 실행하지 않음` }),
};

const asked: Record<(Note & { key: 'asked' })['what'], (name: string) => string> = {
  cancel: (name) => `${name} – 업데이트를 취소하는 중입니다.`,
  'roll-back': (name) => `${name} – 이전 버전으로 되돌리는 중입니다.`,
  wait: (name) => `${name} – 정상이 될 때까지 10분 더 기다립니다.`,
};
const notAsked: Record<(Note & { key: 'not-asked' })['why'], (name: string) => string> = {
  over: (name) => `${name} – 그 업데이트는 이미 끝났습니다.`,
  stopped: (name) => `${name} – 이미 중지되어 취소할 수 없습니다. 되돌리기는 가능합니다.`,
  back: (name) => `${name} – 이미 되돌리는 중입니다.`,
};

export const updates: Catalogue['updates'] = {
  it: '서비스',
  listed,
  versions,
  step: (step) => steps[step] ?? step,
  hazard: (what, at) =>
    rich`${what.kind === 'dependents' || (what.kind === 'shares' && what.isOurs) ? '🔗' : '⚠️'} ${hazard(what, at)}`,

  plan: {
    question: (name, between) => rich`⬆️ ${b(`${name} 업데이트할까요?`)} ${between}`,
    backup: '실행 중에 백업하고 검증하여 다른 백업과 함께 보관',
    download: (images, size) => `이미지 ${images}개 내려받기${size === undefined ? '' : `, ${size}`}`,
    here: '새 이미지는 이미 내려받음',
    stop: (names, snapshot) => `${names} 중지${snapshot ? ', 정지 상태 스냅샷' : ''}, 새 버전 시작`,
    health: (limit) => `정상이 될 때까지 최대 ${limit} 대기`,
    away: (span) => `지난번 기준 중단 시간: 약 ${span}.`,
    awayUnknown: (first, last) => `${first}~${last}번 동안 중단됩니다.`,
    failure: (first, last, withData) =>
      withData
        ? rich`${first}번 또는 ${last}번에서 실패하면 ${b('이미지와 데이터 모두')} 중지 시점으로 되돌립니다.`
        : rich`${first}번 또는 ${last}번에서 실패하면 이미지만 되돌리고 데이터는 그때 상태로 둡니다.`,
    notCovered: (what) => rich`🗄 백업하지 않는 데이터: ${what}`,
    breaking: (count) => rich`⚠️ 릴리스 노트에 호환성이 깨지는 변경 ${count}건이 있습니다:`,
    valid: (until) => rich`${i(rich`유효 시간: ${until}까지`)}`,
    confirm: (withData) => (withData ? '백업 후 업데이트' : '업데이트'),
  },

  back: {
    question: (name, between) => rich`↩️ ${b(`${name} 되돌릴까요?`)} ${between}`,
    retry: (name, to) => rich`↩️ ${b(`${name} 복구할까요?`)} → ${to}`,
    versions: (from, to) =>
      to === undefined || to === from ? '→ 이전 이미지' : from === undefined ? `→ ${to}` : `${from} → ${to}`,
    stop: (names, snapshot) => (snapshot ? `${names} 중지, 현재 데이터 스냅샷` : `${names} 중지`),
    place: (withData) => (withData ? '이미지와 데이터를 되돌리고 시작' : '이미지를 되돌리고 시작'),
    health: '정상이 될 때까지 대기',
    dataToo: '데이터도 함께 되돌립니다.',
    withData: {
      'other-schema':
        '데이터 구조가 그때와 달라 이전 버전이 읽지 못할 수 있습니다. 그래서 데이터도 함께 되돌립니다.',
      unreadable: '이전 버전이 데이터를 읽을 수 있는지 알 수 없습니다. 그래서 데이터도 함께 되돌립니다.',
      'same-schema': '데이터도 함께 되돌립니다.',
      'not-covered': '데이터도 함께 되돌립니다.',
    },
    imageOnly: {
      'same-schema': '✅ 이미지만 바뀝니다. 데이터 구조가 그때와 같아 잃는 것이 없습니다.',
      'other-schema': '⚠️ 이미지만 바뀝니다. 지금 데이터를 이전 버전이 읽지 못할 수 있습니다.',
      unreadable: '⚠️ 이미지만 바뀝니다. 이전 버전이 지금 데이터를 읽을 수 있는지 알 수 없습니다.',
      'not-covered':
        '⚠️ 이미지만 바뀝니다. 데이터 사본이 없어, 지금 데이터를 이전 버전이 읽지 못할 수 있습니다.',
    },
    asOf: (at) => rich`🗄 데이터 기준 시각: ${at}`,
    lost: (what) => rich`⚠️ 그 뒤에 쓴 데이터: ${what}. 서비스에서는 사라지며, 디스크에는 보관합니다.`,
    lostNothing: '그 뒤에 쓴 데이터는 (셀 수 있는 범위에서) 없습니다.',
    lostUnknown: '⚠️ 그 뒤에 쓴 데이터의 양을 셀 수 없습니다. 서비스에서는 사라지며, 디스크에는 보관합니다.',
    confirm: '되돌리기',
  },

  all: {
    question: (count) =>
      rich`⬆️ ${b(count === 1 ? '서비스 1개를 업데이트할까요?' : `서비스 ${count}개를 차례로 업데이트할까요?`)}`,
    nothing: rich`✅ ${b('업데이트할 것이 없습니다.')}`,
    order: (count) =>
      count === 1
        ? '실패하면 이전 버전으로 되돌립니다.'
        : '하나가 정상임을 확인한 뒤 다음으로 넘어갑니다. 실패한 것은 되돌리고 거기서 멈춥니다.',
    leftHead: '직접 하셔야 할 것:',
    left: (state) => rich`▫️ ${b(state.name)} ${left(state)}`,
    leftFor: (name, cause) => rich`❔ ${b(name)} – ${said(cause)}`,
    unknown: '확인하지 못함',
    confirm: (count) => (count === 1 ? '업데이트' : `${count}개 모두 업데이트`),
    done: (count) => rich`✅ ${b(`서비스 ${count}개 업데이트 완료`)}`,
    some: (done, all, icon, name) =>
      rich`${icon} ${b(`${all}개 중 ${done}개 업데이트 완료`)} · 확인 필요: ${name}`,
    down: (done, all, name) => rich`🔴 ${b(`${name} 중단`)} · ${all}개 중 ${done}개 업데이트 완료`,
    rest: (names) => rich`⏸ 시작하지 않음: ${names}`,
  },

  outcome: {
    head: (report) => heads[report.outcome](report),
    took: (took, down) => ` – ${took}${down === undefined ? '' : `, 중단 ${down}`}`,
    healthy: (containers) => (containers <= 1 ? '정상입니다.' : `컨테이너 ${containers}개 모두 정상입니다.`),
    kept: (version, at) =>
      at === undefined
        ? rich`되돌리기용 보관: ${version ?? '이전'} 이미지`
        : rich`되돌리기용 보관: ${version ?? '이전'} 이미지, ${at} 스냅샷`,
    runs: (version, down) =>
      down === undefined
        ? `중지한 것은 없습니다. ${version ?? OLD} 그대로 실행 중입니다.`
        : `${version ?? OLD} 다시 실행 중이며 데이터는 그대로입니다. 중단 시간 ${down}.`,
    down: (span) => ` 중단 시간 ${span}.`,
    data: (at, isStop) => rich`데이터 기준 시각: ${at}${isStop ? '(중지 시점)' : ''}`,
    nothingSince: '. 그 뒤에 쓴 데이터는 없습니다.',
    since: (what) => rich`그 뒤에 쓴 데이터(따로 보관함): ${what}`,
    aside: '보관 위치:',
    imageOnly: '이미지만 되돌렸습니다. 데이터는 새 버전이 남긴 그대로입니다.',
    why: (why) => rich`원인: ${ended(why)}`,
    whyLost: (why) => rich`되돌리지 못한 원인: ${ended(why)}`,
    skipped: (version) =>
      rich`${version ?? '이 이미지'} – 요청하시거나 더 새로운 버전이 나올 때까지 건너뜁니다.`,
    snapshot: (at) => rich`${at} 스냅샷은 온전합니다.`,
    run: '서버에서 실행하세요:',
    warning: (text) => rich`⚠️ ${said(text)}`,
    observed: '관찰 모드(STEWARD_OBSERVE)라서 아무것도 변경하지 않았습니다.',
    counts: (tables, more) => {
      const signed = (change: number) => (change < 0 ? `−${number(-change)}` : `+${number(change)}`);
      const parts = tables.map(({ name, change }) => `${name} ${signed(change)}`);
      return more.tables === 0
        ? parts.join(', ')
        : `${parts.join(', ')}, 그 밖의 테이블 ${more.tables}개 ${signed(more.change)}`;
    },
  },

  failure: {
    step: (step, cause) => `${steps[step] ?? step} 실패 – ${said(cause)}`,
    slow: (limit) => `${duration(limit)} 안에 정상이 되지 않음`,
    version: (expected, found) => `실행은 되지만 버전이 다름(예상 ${expected}, 실제 ${found})`,
    image: (container) =>
      `${container} 컨테이너의 이미지를 다른 것이 바꿈(배포, 또는 다른 업데이트 프로그램)`,
    asked: '요청에 따름',
    'cut-off': '작업 중에 Steward가 종료됨',
  },

  fresh: (name, version, tag) => {
    const which = version === '' ? '' : `${version}, `;
    return tag === undefined
      ? rich`✅ ${b(`${name} 최신`)} – ${which}방금 확인했으며 재시작하지 않았습니다.`
      : rich`✅ ${b(`${name} 최신`)} – ${which}${code(tag)} 태그의 최신 이미지입니다. 방금 확인했으며 재시작하지 않았습니다.`;
  },
  asked: (what, name) => rich`⏳ ${asked[what](name)}`,
  notAsked: (why, name) => rich`✋ ${notAsked[why](name)}`,
  superseded: (name, what, now) =>
    now === undefined
      ? rich`🔄 ${b(`${name} ${what}`)} – 더 이상 제안하지 않습니다. 변경한 것이 없습니다.`
      : rich`🔄 ${b(`${name} ${what}`)} – 더 이상 제안하지 않습니다. 지금 제안하는 버전: ${now}. 변경한 것이 없습니다.`,

  typed: (word) => rich`계속하려면 다음을 답장으로 보내세요: ${code(word)}`,
  wrongWord: (word) =>
    rich`다른 말입니다. 계속하려면 다음을 답장으로 보내세요: ${code(word)}. 변경한 것이 없습니다.`,
};
