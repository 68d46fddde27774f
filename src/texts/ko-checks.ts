/** What a look at the machine and at the ways to its services has found, in Korean: what, why it matters, what to do. */
import type { CertificateTrouble, CheckFact, SmartProblem } from '../report/host-findings.ts';
import { b, code, rich, type Rich, type Span } from '../rich.ts';
import { formatSize } from '../units.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { bare, hostNamed, number } from './ko-words.ts';

type Of<Kind extends CheckFact['kind']> = Extract<CheckFact, { kind: Kind }>;

type Words<Fact> = {
  title: (fact: Fact) => string;
  over: (fact: Fact) => string;
  found?: (fact: Fact, at: (moment: number) => Span) => Rich | undefined;
  why: (fact: Fact) => string;
  todo: (fact: Fact) => Rich;
};

const diskNamed = (path: string): string => (path === '/' ? '시스템 디스크' : `디스크 ${path}`);
const inCode = (texts: readonly string[]): Rich =>
  texts.flatMap((text, index) => [...(index === 0 ? [] : [', ']), code(text)]);

const certificate: Record<CertificateTrouble['kind'], (name: string) => string> = {
  expiring: (name) => `인증서 만료 임박: ${name}`,
  expired: (name) => `인증서 만료됨: ${name}`,
  'not-yet': (name) => `인증서 유효 기간 전: ${name}`,
  'wrong-name': (name) => `다른 이름의 인증서를 내보냄: ${name}`,
  untrusted: (name) => `신뢰할 수 없는 인증서: ${name}`,
};

const sectors: Record<Extract<SmartProblem, { kind: 'sectors' }>['what'], (count: number) => string> = {
  reallocated: (count) => `예비 블록으로 대체된 블록 ${count}개`,
  pending: (count) => `읽지 못해 다시 쓰기를 기다리는 블록 ${count}개`,
  uncorrectable: (count) => `완전히 잃은 블록 ${count}개`,
  media: (count) => `읽기 또는 쓰기 오류 ${count}건`,
};

function problem(what: SmartProblem): string {
  switch (what.kind) {
    case 'failing':
      return '디스크 스스로 고장이 임박했다고 알림';
    case 'worn':
      return `설계 수명의 ${what.used}% 사용`;
    case 'spare':
      return `남은 예비 블록 ${what.left}% (최소 ${what.least}%)`;
    case 'sectors':
      return sectors[what.what](what.count);
  }
}

const KERNEL_LOG = 'journalctl -k -p warning --since -1d';

const disk: Words<Of<'disk'>> = {
  title: ({ path, of, share }) =>
    of === 'space' ? `${diskNamed(path)} ${share}% 사용 중` : `${diskNamed(path)} 파일 개수 한도 임박`,
  over: ({ path }) => `${diskNamed(path)} 공간 확보됨`,
  found: ({ of, free, size, share }) =>
    of === 'space'
      ? rich`남은 공간 ${formatSize(free)} / ${formatSize(size)}.`
      : rich`만들 수 있는 파일의 ${share}% 사용. 남은 공간과 관계없이 앞으로 ${number(Math.round(free))}개까지 가능합니다.`,
  why: ({ path, level }) =>
    level === 'alarm'
      ? path === '/'
        ? '데이터베이스는 쓰지 못하면 멈추거나 손상됩니다. 백업과 업데이트는 그 전에 실패합니다.'
        : '여기에 쓰는 것이 곧 실패합니다: 업로드, 데이터베이스, 백업.'
      : '백업과 업데이트에는 데이터 말고도 여유 공간이 필요합니다.',
  todo: ({ path, of }) =>
    of === 'space'
      ? rich`무엇이 차지하는지 보려면: ${code(`du -xh --max-depth=2 ${path} | sort -h | tail`)}`
      : rich`어디에 있는지 보려면: ${code(`du -x --inodes --max-depth=2 ${path} | sort -n | tail`)}`,
};

const smart: Words<Of<'smart'>> = {
  title: ({ device, problems }) =>
    problems.some(({ kind }) => kind === 'failing') ? `${device} 고장 임박` : `${device} 노후 징후`,
  over: ({ device }) => `${device} 이상 보고 없음`,
  found: ({ model, problems }) =>
    rich`${model === undefined ? '' : `${model}. `}${problems.map(problem).join(', ')}.`,
  why: () => '디스크가 이렇게 알린 뒤에는 오래 버티지 못하는 일이 많습니다.',
  todo: ({ device }) =>
    rich`다른 곳의 백업이 최신인지 확인하고 디스크를 교체하세요: ${code(`smartctl -a ${device}`)}`,
};

const words: { [Kind in CheckFact['kind']]: Words<Of<Kind>> } = {
  disk,
  growth: {
    title: ({ path, daysLeft }) =>
      `${diskNamed(path)} ${daysLeft < 1 ? '하루 안에' : `${daysLeft}일 뒤`} 가득 참`,
    over: ({ path }) => `${diskNamed(path)} 증가 속도 느려짐`,
    found: ({ daily, free }) => rich`하루 증가량 ${formatSize(daily)}, 남은 공간 ${formatSize(free)}.`,
    why: () => '한꺼번에가 아니라 거의 매일 이렇게 늘었습니다.',
    todo: ({ path }) =>
      rich`무엇이 차지하는지 보려면: ${code(`du -xh --max-depth=2 ${path} | sort -h | tail`)}`,
  },
  mount: {
    title: ({ path, trouble }) =>
      ({
        'not-mounted': `${path} 마운트되지 않음`,
        gone: `${path} 없음`,
        silent: `${path} 응답 없음`,
        empty: `${path} 마운트되었지만 비어 있음`,
      })[trouble],
    over: ({ path }) => `${path} 다시 사용 가능`,
    why: ({ trouble }) =>
      trouble === 'empty'
        ? '의도한 디스크가 아닐 수 있습니다.'
        : trouble === 'silent'
          ? '여기에서 읽거나 쓰는 것이 모두 기다리며, 끝나지 않을 수도 있습니다.'
          : '지금 쓰는 것은 아래쪽 디스크에 쌓이고, 원래 데이터는 보이지 않습니다.',
    todo: ({ path, trouble }) =>
      trouble === 'empty'
        ? rich`무엇이 마운트되었는지 보려면: ${code(`findmnt ${path}`)}`
        : rich`원인을 보려면: ${code(`systemctl status "$(systemd-escape --path --suffix=mount ${path})"`)}`,
  },
  'read-only': {
    title: ({ path }) => `${path} 읽기 전용으로 바뀜`,
    over: ({ path }) => `${path} 다시 쓸 수 있음`,
    found: ({ device }) => rich`${code(device)} 파일 시스템은 전에 쓸 수 있었습니다.`,
    why: () =>
      '디스크나 파일 시스템이 고장 났을 때 남은 것을 지키려고 커널이 이렇게 합니다. 이제 아무것도 저장되지 않습니다.',
    todo: () => rich`원인을 보려면: ${code(KERNEL_LOG)}. 재시작하기 전에 백업되지 않은 것을 저장하세요.`,
  },
  memory: {
    title: ({ level }) => (level === 'alarm' ? '메모리 고갈' : '메모리 부족'),
    over: () => '메모리 여유 확보됨',
    found: ({ available, size, pressure }) =>
      rich`사용 가능 ${formatSize(available, 1024)} / ${formatSize(size, 1024)}${pressure === undefined || pressure < 1 ? '' : `. 최근 몇 분의 ${pressure}% 동안 모든 것이 메모리를 기다렸습니다`}.`,
    why: ({ level }) =>
      level === 'alarm'
        ? '커널이 무언가를 강제 종료하거나 호스트가 멈추게 됩니다.'
        : '모든 것이 느려지고, 메모리를 더 요구하는 것이 강제 종료될 수 있습니다.',
    todo: () => rich`무엇이 쓰는지 보려면: ${code('systemd-cgtop -m -n 1')}`,
  },
  swap: {
    title: () => '스왑 가득 참',
    over: () => '스왑 여유 확보됨',
    found: ({ used, size }) =>
      rich`사용 ${formatSize(used, 1024)} / ${formatSize(size, 1024)}. 프로그램들이 스왑을 기다리고 있습니다.`,
    why: () => '더 물러날 곳이 없습니다. 다음에는 무언가가 강제 종료됩니다.',
    todo: () => rich`무엇이 쓰는지 보려면: ${code('systemd-cgtop -m -n 1')}`,
  },
  temperature: {
    title: ({ sensor, degrees }) => `${sensor} ${degrees} °C`,
    over: ({ sensor }) => `${sensor} 온도 내려감`,
    found: ({ limit }) => rich`기준 온도 ${limit} °C.`,
    why: ({ level }) =>
      level === 'alarm'
        ? '스스로를 지키려고 속도를 낮추며, 그래도 안 되면 꺼집니다.'
        : '열은 디스크와 팬의 수명을 줄이고 호스트를 느리게 합니다.',
    todo: () => rich`먼지, 멈춘 팬, 자원을 다 쓰는 프로그램이 있는지 확인하세요: ${code('top')}`,
  },
  clock: {
    title: () => '시계가 시간 서버와 동기화되지 않음',
    over: () => '시계가 다시 동기화됨',
    why: () => '시각이 틀리면 인증서가 무효가 되고 2단계 인증 코드가 맞지 않습니다.',
    todo: () => rich`원인을 보려면: ${code('timedatectl timesync-status')}`,
  },
  'failed-units': {
    title: ({ host, units: [only, ...others] }) =>
      others.length === 0
        ? `${hostNamed(host)}: 유닛 실패 ${only ?? ''}`
        : `${hostNamed(host)}: 유닛 ${others.length + 1}개 실패`,
    over: ({ host }) => `${hostNamed(host)}: 실패한 유닛 없음`,
    found: ({ units }) => (units.length === 1 ? undefined : inCode(units.slice(0, 10))),
    why: () => '그 유닛이 하던 일(타이머, 마운트, 방화벽 규칙 등)이 이루어지지 않습니다.',
    todo: ({ units: [first = ''] }) => rich`원인을 보려면: ${code(`systemctl status ${first}`)}`,
  },
  'io-errors': {
    title: ({ device }) => `${device} 커널 입출력 오류`,
    over: ({ device }) => `${device} 하루 동안 오류 없음`,
    found: ({ count, line }) => rich`24시간 동안 ${count}건, 마지막: ${code(line)}`,
    why: () => '디스크, 케이블 또는 전원이 고장 나기 직전일 수 있습니다.',
    todo: () => rich`다른 곳의 백업이 최신인지 확인하세요. 전체 오류를 보려면: ${code(KERNEL_LOG)}`,
  },
  smart,
  vpn: {
    title: ({ interface: name }) => `${name} 주소 없음`,
    over: ({ interface: name }) => `${name} 주소 다시 있음`,
    why: () => 'VPN 주소로는 이 호스트의 어떤 것에도 연결할 수 없습니다.',
    todo: ({ interface: name }) => rich`VPN 데몬과 다음을 확인하세요: ${code(`ip address show ${name}`)}`,
  },
  certificate: {
    title: ({ name, trouble, asked: [host = name] }) =>
      certificate[trouble.kind](trouble.kind === 'wrong-name' ? host : name),
    over: ({ name, trouble, asked: [host = name] }) =>
      `인증서 다시 정상: ${trouble.kind === 'wrong-name' ? host : name}`,
    found: ({ name, trouble, validTo }, at) => {
      switch (trouble.kind) {
        case 'expiring':
        case 'expired':
          return rich`유효 기간: ${at(validTo)}까지.`;
        case 'not-yet':
          return rich`유효 기간: ${at(trouble.validFrom)}부터.`;
        case 'wrong-name':
          return rich`인증서에 적힌 이름: ${name}.`;
        case 'untrusted':
          return rich`원인: ${said(trouble.cause)}.`;
      }
    },
    why: ({ trouble }) =>
      trouble.kind === 'expiring'
        ? '지금쯤 갱신되었어야 합니다. 만료되면 브라우저와 앱이 연결을 거부합니다.'
        : '브라우저와 앱이 연결을 거부합니다.',
    todo: ({ trouble }) =>
      trouble.kind === 'untrusted'
        ? rich`직접 운영하는 인증 기관이라면 ${code('checks.proxy.authority')}에 적으세요. 아니라면 프록시의 로그를 확인하세요.`
        : rich`프록시의 로그를 확인하세요. 도메인용 토큰이 유효한지, 도메인이 아직 내 것인지 보세요.`,
  },
  url: {
    title: ({ title }) => `${title} 주소로 연결 안 됨`,
    over: ({ title }) => `${title} 주소로 다시 연결됨`,
    found: ({ url, cause }) => rich`${code(url)}: ${bare(said(cause))}.`,
    why: () => '이 호스트 안에서는 응답합니다. 그곳까지 가는 길이 끊겼습니다.',
    todo: () => rich`프록시와 프록시가 듣는 주소를 확인하세요.`,
  },
  'late-backup': {
    title: ({ title }) => `${title} 백업 늦음`,
    over: ({ title }) => `${title} 다시 백업됨`,
    found: ({ provenAt, cause }, at) => {
      const last =
        provenAt === undefined
          ? rich`검증된 백업이 아직 없습니다.`
          : rich`마지막 검증된 백업: ${at(provenAt)}.`;
      return cause === undefined ? last : rich`${last} 최근 시도 실패: ${bare(said(cause))}.`;
    },
    why: () => '그 뒤에 쓴 데이터는 다른 어디에도 없습니다.',
    todo: () => rich`지금 백업해 보고 결과를 확인하세요.`,
  },
};

/** Each kind has its words, of which the compiler cannot know that they belong together. */
const of = <Fact extends CheckFact>(fact: Fact): Words<CheckFact> =>
  words[fact.kind] as Words<never> as Words<CheckFact>;

export const checks: Catalogue['checks'] = {
  title: (fact) => of(fact).title(fact),
  over: (fact) => of(fact).over(fact),
  found: (fact, at) => of(fact).found?.(fact, at),
  why: (fact) => of(fact).why(fact),
  todo: (fact) => of(fact).todo(fact),

  news: {
    head: rich`ℹ️ ${b('지난 점검 이후')}`,
    rebooted: (at) => rich`호스트가 다시 켜졌습니다: ${at}`,
    engine: ({ host, was, now }) => rich`${hostNamed(host)}의 엔진: ${was} → ${now}`,
  },
};
