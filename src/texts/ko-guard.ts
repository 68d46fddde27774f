/** Versions that the configuration names, and deploys, in Korean. */
import type { DeployReport, GuardReport, PinChange } from '../report/updates.ts';
import { b, code, rich, type Rich } from '../rich.ts';
import type { Catalogue } from './en.ts';

const OLD = '이전 버전';
const NEW = '새 버전';

const places = (count: number): string => (count === 1 ? '' : `(${count}곳)`);

const SOMEWHERE = '설정';

/** "x – :v1 → :v2(2곳) 변경" */
function change({ file, lines }: PinChange): Rich {
  const where = file === undefined ? rich`${SOMEWHERE}` : rich`${code(file)}`;
  const what = lines.map(
    ({ was, next, places: count }) => rich`${code(was)} → ${code(next)}${places(count)}`,
  );
  return rich`${where} – ${what.flatMap((one, index) => (index === 0 ? one : [', ', ...one]))} 변경`;
}

/** For a coding agent. A file of Nix is deployed by its rebuild; of another one its owner knows how. */
function prompt({ file, lines }: PinChange, service: string): string {
  const edits = lines.map(({ was, next, places: count }) => `${was} → ${next}${places(count)}`).join(', ');
  const deploy = file?.endsWith('.nix') === true ? 'nixos-rebuild switch 명령으로 배포하고' : '배포하고';
  return `${file ?? SOMEWHERE}에서 다음만 바꾸고 다른 것은 바꾸지 마세요: ${edits}. 그런 다음 ${deploy} 다음을 실행하세요: steward status ${service}`;
}

const between = (from: string | undefined, to: string | undefined): string =>
  [from, to].filter((one) => one !== undefined).join(' → ');

/** A tag that moves says the same before and after. */
const moved = (from: string | undefined, to: string | undefined): string =>
  from === to ? `다른 이미지${from === undefined ? '' : `(${from})`}` : between(from, to);

const heads: Record<Exclude<GuardReport['stage'], 'ended'>, (report: GuardReport) => Rich> = {
  waiting: ({ service, from, to }) =>
    rich`🛡 ${b(`${service} ${between(from, to)} – 설정에 고정된 버전입니다`)}`,
  unchanged: ({ service }) =>
    rich`❌ ${b(`${service} – 배포를 준비하지 못했습니다`)}. 중지한 것도 남긴 것도 없습니다.`,
  'going-back': ({ service, to }) => rich`↩️ ${b(`${service} 정지됨 – 되돌리는 중 → ${to ?? OLD}`)}`,
  'not-back': ({ service, to }) => rich`🔴 ${b(`${service} 중단: 되돌리기 실패 → ${to ?? OLD}`)}`,
  observed: ({ service, from, to }) =>
    rich`👁 ${b(`${service} ${between(from, to)} 배포 준비: 실행하지 않음`)} – 관찰 모드(STEWARD_OBSERVE)라서 아무것도 변경하지 않았습니다.`,
};

const wellHeads: Record<DeployReport['course'], (report: DeployReport) => Rich> = {
  announced: ({ service, to }) => rich`✅ ${b(`${service} → ${to ?? NEW}`)} – 배포대로 실행 중입니다.`,
  unannounced: ({ service, from, to }) =>
    rich`✅ ${b(`${service} 배포됨`)}: ${moved(from, to)} – 현재 정상입니다.`,
  back: ({ service, to }) => rich`↩️ ${b(`${service} → ${to ?? OLD} 복구 완료`)} – 현재 정상입니다.`,
  again: ({ service, to }) =>
    rich`⚠️ ${b(`${service} → ${to ?? NEW} 다시 실행 중`)} – 현재 정상입니다. 설정에 이전 버전이 적히기 전에 시작되었습니다. 더 이상 되돌리지 않습니다.`,
};

const badHeads: Record<DeployReport['course'], (report: DeployReport) => Rich> = {
  announced: ({ service, to }) => rich`🔴 ${b(`${service} ${to ?? NEW} 배포됨, 정상이 아닙니다`)}`,
  unannounced: ({ service, from, to }) =>
    rich`🔴 ${b(`${service} 배포됨, 정상이 아닙니다`)}: ${moved(from, to)}`,
  back: ({ service, to }) => rich`🔴 ${b(`${service} ${to ?? OLD} 다시 시작됨, 정상이 아닙니다`)}`,
  again: ({ service, to }) =>
    rich`🔴 ${b(`${service} ${to ?? NEW} 다시 시작됨, 정상이 아닙니다`)}: 설정에 아직 이전 버전이 적혀 있지 않습니다.`,
};

export const guard: Catalogue['guard'] = {
  change: (what) => rich`${change(what)} 후 배포하세요.`,
  restore: (what) => rich`되돌리려면: ${change(what)} 후 배포하세요.`,
  prompt,

  plan: {
    question: (name, from, to) => rich`🛡 ${b(`${name} 배포를 준비할까요?`)} ${between(from, to)}`,
    pinned: (file) =>
      file === undefined
        ? rich`버전이 설정에 적혀 있어 배포는 직접 하셔야 합니다.`
        : rich`버전이 적힌 파일: ${code(file)}. 배포는 직접 하셔야 합니다.`,
    backup: '실행 중에 백업하고 검증하여 다른 백업과 함께 보관',
    wait: '배포를 기다렸다가 시작을 판정하고 알림',
    nothingStops: '배포하시기 전에는 아무것도 중지하지 않습니다.',
    wayBack: '실패하면 데이터를 백업 시점으로 되돌릴 수 있습니다. 백업 뒤에 쓴 데이터는 잃게 됩니다.',
    noCopy: '⚠️ 데이터가 어디에 있는지 설정에 없어 사본을 만들지 않습니다. 이미지만 되돌릴 수 있습니다.',
    confirm: (isCovered) => (isCovered ? '백업 후 준비' : '준비'),
  },

  back: {
    question: (name, from, to) => rich`↩️ ${b(`${name} 되돌릴까요?`)} ${between(from, to)}`,
    reason: {
      'same-schema': '✅ 데이터는 그대로 둡니다. 이전 버전이 아는 구조라 잃는 것이 없습니다.',
      'other-schema': '이전 버전이 지금 데이터를 읽지 못하므로 데이터도 되돌립니다.',
      fewer: '전에 있던 행이나 파일이 없어졌으므로 데이터도 되돌립니다.',
      unreadable: '이전 버전이 데이터를 읽을 수 있는지 알 수 없으므로 데이터도 되돌립니다.',
      'not-covered': '⚠️ 데이터 사본이 없습니다. 새 버전이 남긴 데이터를 이전 버전이 읽지 못할 수 있습니다.',
    },
    asOf: (at) => rich`🗄 데이터 기준 시각: ${at} 백업. 제가 한 배포가 아니어서 정지 상태의 사본이 없습니다.`,
    stop: (names) => `${names} 중지`,
    place: '데이터 되돌리기',
    change: (what) => rich`직접 하실 일: ${change(what)} 후 배포`,
    start: (to) => `설정에 적히면 시작하고 판정: ${to ?? OLD}`,
    startNow: (to) => `설정에 이미 적힌 버전을 시작하고 판정: ${to ?? OLD}`,
    down: '그때까지 중단됩니다.',
  },

  head: (report) => {
    const { stage, service, from, to, isStopped } = report;
    if (stage !== 'ended') return heads[stage](report);
    const version = from ?? (to === undefined ? OLD : `${to} 이전 버전`);
    return isStopped
      ? rich`⚪ ${b(`${service} – 정지된 채로 둡니다.`)} 더 이상 기다리지 않는 버전: ${from ?? OLD}. 설정이 맞게 되면 시작하세요. 다시 기다리게 하려면: ${code(`rollback ${service}`)}`
      : rich`✖️ ${b(`${service} – 배포를 더 이상 기다리지 않습니다.`)} ${version} 그대로 실행하며, 준비해 둔 것은 지웠습니다.`;
  },
  ready: (backupAt) =>
    backupAt === undefined
      ? rich`새 이미지는 이미 내려받았습니다. 데이터 백업은 없습니다.`
      : rich`백업 시각: ${backupAt}. 새 이미지는 이미 내려받았습니다.`,
  waits: (stage, version, since) =>
    stage === 'deploy'
      ? rich`🛡 배포를 기다리는 중: ${version ?? NEW} (${since}부터)`
      : rich`🛡 설정에 다시 적히기를 기다리는 중: ${version ?? OLD}`,
  watching: '시작을 지켜보고 판정하여 알려 드립니다.',
  atRest: (asOf) =>
    asOf === undefined
      ? rich`데이터는 중지했을 때 그대로입니다.`
      : rich`데이터를 되돌렸습니다. 기준: ${asOf} 백업.`,
  starts: '설정에 적히면 시작하고 판정하여 알려 드립니다.',
  startsNow: '설정에 이미 적혀 있습니다. 1분 안에 시작하고 판정하여 알려 드립니다.',
  stillStopped: '완전히 또는 일부가 정지되어 있습니다. 백업은 온전합니다.',

  deploy: {
    head: (report) => (report.isWell ? wellHeads : badHeads)[report.course](report),
    image: (container, was, now) => rich`${container}: ${code(was)} → ${code(now)}`,
    wayBack: (backupAt) =>
      backupAt === undefined
        ? rich`되돌리기용 보관: 이전 이미지`
        : rich`되돌리기용 보관: 이전 이미지, ${backupAt} 백업`,
    dataBack: (at) =>
      rich`${code('rollback')} 명령은 서비스를 중지하고, 필요하면 데이터를 되돌립니다. 기준: ${at} 백업.`,
  },
};
