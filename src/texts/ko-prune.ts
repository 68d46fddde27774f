/** Pruning, in Korean. */
import type { KeepReason, PruneRefusal } from '../report/prune.ts';
import { b, code, i, rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { bare } from './ko-words.ts';

/** In the order told. */
const reasons: Record<KeepReason, string> = {
  used: '컨테이너가 사용 중',
  ours: '되돌리기용',
  named: '유닛, 스크립트 또는 구성 파일에 적힘',
  built: '레지스트리에 없음',
  young: '쓰이지 않은 지 1주일이 지나지 않음',
  unsure: '레지스트리 확인 불가',
};

const refusals = (why: PruneRefusal): string => {
  switch (why.kind) {
    case 'unread':
      return `유닛에 적힌 이미지를 확실히 알 수 없음: ${bare(said(why.cause))}`;
    case 'unreachable':
      return bare(said(why.cause));
    case 'busy':
      return `작업 중: ${why.service}`;
  }
};

export const prune: Catalogue['prune'] = {
  plan: (count, size) =>
    rich`🧹 ${b(`사용하지 않는 이미지 ${count}개를 삭제할까요?`)} 최대 ${formatSize(size)} – 이미지끼리 레이어를 나누어 쓰기도 합니다.`,
  done: (count, won) =>
    rich`🧹 ${b(`사용하지 않는 이미지 ${count}개 삭제`)}${won === undefined ? '' : ` – ${formatSize(won)} 확보`}`,
  observed: (count, size) =>
    rich`👁 ${b(`이미지 ${count}개를 삭제했을 것입니다`)} – 최대 ${formatSize(size)}. 관찰 모드(STEWARD_OBSERVE)라서 아무것도 바꾸지 않았습니다.`,
  nothing: rich`🧹 ${b('정리할 것이 없습니다.')}`,
  host: (name) => rich`${b(name)}`,
  refused: (why) => rich`⚠️ 이 호스트에서는 정리하지 않습니다 – ${refusals(why)}.`,
  image: ({ name, isNamed, size, age, trouble }) =>
    rich`${trouble === undefined ? '•' : '⏭'} ${code(name)}${isNamed ? '' : ' (이름 없음)'} – ${formatSize(size)}${age === undefined ? '' : `, ${age} 전 빌드`}${trouble === undefined ? '' : `; 남김: ${bare(said(trouble))}`}`,
  cache: (size, trouble) =>
    rich`${trouble === undefined ? '•' : '⏭'} 빌드 캐시 – ${formatSize(size)}${trouble === undefined ? '' : `; 남김: ${bare(said(trouble))}`}`,
  kept: (kept) => {
    const parts = (Object.keys(reasons) as KeepReason[]).flatMap((reason) => {
      const count = kept[reason] ?? 0;
      return count === 0 ? [] : [`${reasons[reason]} ${count}개`];
    });
    return parts.length === 0 ? [] : rich`${i(`남김: ${parts.join(', ')}. 볼륨은 건드리지 않습니다.`)}`;
  },
  confirm: '삭제',
};
