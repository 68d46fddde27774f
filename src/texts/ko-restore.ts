/** Restoring backups, in Korean. */
import type { Level } from '../backup/proof.ts';
import type { RestoreReport } from '../report/restore.ts';
import { b, code, i, rich } from '../rich.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { bare } from './ko-words.ts';

const proofs: Record<Level, string> = {
  copied: '복사만 함, 검증 안 됨',
  decoded: '모든 바이트를 읽어 확인',
  restored: '복원해 보고 원본과 같음을 확인',
};

const heads: Record<RestoreReport['outcome'], (report: RestoreReport) => { icon: string; text: string }> = {
  restored: ({ service }) => ({ icon: '✅', text: `${service} 복원 완료, 현재 정상` }),
  placed: ({ service }) => ({ icon: '✅', text: `${service} 데이터를 제자리에 두었습니다` }),
  'rolled-back': ({ service, verb }) =>
    verb === 'undo'
      ? { icon: '↩️', text: `${service} – 복원 전의 데이터로 되돌렸습니다` }
      : { icon: '↩️', text: `${service} – 백업으로 시작하지 못해 복원 전의 데이터로 되돌렸습니다` },
  unchanged: ({ service }) => ({ icon: '❌', text: `${service} 복원 못 함` }),
  down: ({ service, data }) => ({
    icon: '🔴',
    text:
      data === 'backup' ? `${service} 복원했지만 시작되지 않음` : `${service} 중단: 복원 후 시작되지 않음`,
  }),
  observed: ({ service, verb }) => ({
    icon: '👁',
    text: verb === 'undo' ? `${service} 복원 취소: 실행하지 않음` : `${service} 복원: 실행하지 않음`,
  }),
};

export const restore: Catalogue['restore'] = {
  proof: (level) => proofs[level],

  plan: {
    question: (name, at) => rich`↩️ ${b(`${name} 복원할까요?`)} 백업 시각: ${at}`,
    backup: (id, size, proof) => rich`🗄 ${code(id)} – ${size}, ${proof}`,
    trouble: (why) => rich`⚠️ 검증되지 않은 백업입니다: ${said(why)}`,
    unproven: '⚠️ 아직 검증되지 않은 백업입니다. 무엇이든 중지하기 전에 전체를 읽어 봅니다.',
    replacesNone: '바뀔 기존 데이터가 없습니다.',
    unreadable: '⚠️ 기존 데이터의 일부를 읽을 수 없어, 그 안에 무엇이 더 새로운지 알 수 없습니다.',
    nothingNewer: '이 백업보다 새로운 데이터는 (셀 수 있는 범위에서) 없습니다.',
    files: (count) => `파일 ${count}개`,
    latest: (parts, at) =>
      rich`⚠️ 이 백업보다 새로운 데이터: ${parts.join(', ')}${at === undefined ? '' : rich`. 가장 최근 시각: ${at}`}`,
    kept: '바뀌는 데이터는 따로 옮겨 7일 동안 보관합니다.',
    verify: '백업 전체를 읽고, 지금 데이터 옆에 새 데이터를 준비',
    stop: (names) => `${names} 중지, 데이터 교체, 시작`,
    place: '데이터를 제자리에 두기',
    health: '정상이 될 때까지 대기, 실패하면 지금 데이터로 되돌림',
    healthOnly: '정상이 될 때까지 대기',
    down: (ready, away) =>
      `${ready === undefined ? '준비에는 복사하는 만큼의 시간이 걸립니다' : `준비 시간: 지난 모의 복원 기준 약 ${ready}`}. 2번부터 중단됩니다(${away === undefined ? '재시작하는 동안' : `재시작과 같은 약 ${away}`}).`,
    otherImage: (container, image, was, isHere) =>
      isHere
        ? rich`⚠️ ${b(container)} – 그때와 다른 이미지입니다. 지금 것이 더 오래되었다면 이 데이터를 읽지 못할 수 있습니다. 그때의 이미지가 아직 여기 있으니 이름을 되돌릴 수 있습니다: ${code(`podman tag ${was} ${image}`)}`
        : rich`⚠️ ${b(container)} – 그때와 다른 이미지입니다(그때: ${code(was)}). 지금 것이 더 오래되었다면 이 데이터를 읽지 못할 수 있습니다. 먼저 설정에 그때의 버전을 적으세요.`,
    missing: (names) => rich`⚪ 아직 여기에 없어 시작하지 않는 것: ${names}. 데이터를 둔 뒤에 배포하세요.`,
    notCovered: (what) => rich`🗄 백업에 없는 데이터: ${what}`,
    confirm: '복원',
  },

  undo: {
    question: (name, at) => rich`↩️ ${b(`${name} 복원을 취소할까요?`)} 복원 시각: ${at}`,
    what: '복원 전의 데이터로 되돌립니다. 그 뒤에 쓴 데이터는 따로 옮겨 7일 동안 보관합니다.',
    stop: (names) => `${names} 중지, 데이터 교체, 시작`,
    health: '정상이 될 때까지 대기',
    confirm: '복원 취소',
  },

  all: {
    question: (count, folder) =>
      rich`↩️ ${b(count === 1 ? '서비스 1개를 복원할까요?' : `서비스 ${count}개를 차례로 복원할까요?`)} 백업 폴더: ${code(folder)}`,
    nothing: (folder) => rich`✖️ ${b('복원할 수 있는 것이 없습니다.')} 백업 폴더: ${code(folder)}`,
    line: (name, at, size, proof) => rich`${b(name)} – ${at}, ${size}, ${proof}`,
    order: '시작되지 않는 서비스가 나오면 그 데이터를 되돌리고 거기서 멈춥니다.',
    leftHead: '직접 하셔야 할 것:',
    unknown: (name) => rich`▫️ ${b(name)} – 서비스 파일에 없습니다. 추가한 뒤 다시 요청하세요.`,
    definition: '이전 설정:',
    cause: (name, cause) => rich`▫️ ${b(name)} – ${said(cause)}`,
    confirm: (count) => (count === 1 ? '복원' : `${count}개 모두 복원`),
    done: (count) => rich`✅ ${b(`서비스 ${count}개 복원 완료`)}`,
    some: (done, all, name) => rich`↩️ ${b(`${all}개 중 ${done}개 복원 완료`)} · 확인 필요: ${name}`,
    down: (done, all, name) => rich`🔴 ${b(`${name} 중단`)} · ${all}개 중 ${done}개 복원 완료`,
    rest: (names) => rich`⏸ 시작하지 않음: ${names}`,
    notHeld: rich`${i('비밀 값, 호스트 설정, 각 계획에 백업하지 않는다고 적힌 데이터는 어느 백업에도 없습니다.')}`,
  },

  outcome: {
    head: (report) => heads[report.outcome](report),
    took: (took, down) => ` – ${took}${down === undefined ? '' : `, 중단 ${down}`}`,
    asOf: (at) => rich`데이터 기준 시각: ${at}`,
    replaced: (counts) => rich`바뀐 데이터(따로 보관함): ${counts}`,
    aside: (until) => rich`${until}까지 보관:`,
    undone: (until) => rich`대신 들어왔던 데이터, ${until}까지 보관:`,
    untouched: (down) =>
      down === undefined
        ? '중지한 것은 없습니다. 데이터는 그대로입니다.'
        : `데이터 변경 없이 다시 실행 중입니다. 중단 시간 ${down}.`,
    down: (span) => `중단 시간 ${span}.`,
    nothingBefore: '백업의 데이터를 제자리에 두었습니다. 그 전에는 데이터가 없어 되돌릴 것이 없습니다.',
    missing: (names) => rich`아직 여기에 없어 시작하지 않음: ${names}. 이제 배포하세요.`,
    whyLost: (why) => rich`실행되지 않는 원인: ${bare(said(why))}.`,
    run: '서버에서 다음을 실행하면 되돌리기를 다시 시도합니다:',
    observed: '관찰 모드(STEWARD_OBSERVE)라서 아무것도 변경하지 않았습니다.',
  },
};
