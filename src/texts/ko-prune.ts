/** Pruning, in Korean. */
import type { KeepReason, PruneRefusal } from '../report/prune.ts';
import { b, code, i, rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { bare } from './ko-words.ts';

/** In the order told. */
const reasons: Record<KeepReason, string> = {
  used: '컨테이너에서 사용 중',
  ours: '되돌리기용',
  named: '유닛, 스크립트 또는 구성 파일에 이름이 있음',
  built: '레지스트리에 없음',
  young: '일주일이 지나지 않음',
  unsure: '레지스트리에 확인하지 못함',
};

const refusals = (why: PruneRefusal): string => {
  switch (why.kind) {
    case 'unread':
      return `유닛이 쓰는 이미지를 확실히 알 수 없습니다: ${bare(said(why.cause))}`;
    case 'unreachable':
      return bare(said(why.cause));
    case 'busy':
      return `${why.service} 작업이 진행 중입니다`;
  }
};

const stays = (trouble: string | undefined): string =>
  trouble === undefined ? '' : `; 그대로 둠: ${bare(said(trouble))}`;

export const prune: Catalogue['prune'] = {
  plan: (count, size) =>
    rich`🧹 ${b(`사용하지 않는 이미지 ${count}개를 삭제할까요?`)} 최대 ${formatSize(size)} (이미지끼리 레이어를 공유합니다).`,
  done: (count, won) =>
    rich`🧹 ${b(`사용하지 않는 이미지 ${count}개 삭제 완료`)}${won === undefined ? '' : ` – ${formatSize(won)} 확보`}`,
  observed: (count, size) =>
    rich`👁 ${b(`이미지 ${count}개를 삭제했을 것입니다`)} (최대 ${formatSize(size)}). 관찰 모드(STEWARD_OBSERVE)이므로 아무것도 바꾸지 않았습니다.`,
  nothing: rich`🧹 ${b('정리할 이미지가 없습니다.')}`,
  host: (name) => rich`${b(name)}`,
  refused: (why) => rich`⚠️ 이 호스트에서는 아무것도 정리하지 않았습니다: ${refusals(why)}.`,
  image: ({ name, isNamed, size, age, trouble }) =>
    rich`${trouble === undefined ? '•' : '⏭'} ${code(name)}${isNamed ? '' : ' (이름 없음)'} – ${formatSize(size)}${age === undefined ? '' : `, ${age} 전 빌드`}${stays(trouble)}`,
  cache: (size, trouble) =>
    rich`${trouble === undefined ? '•' : '⏭'} 빌드 캐시 – ${formatSize(size)}${stays(trouble)}`,
  kept(kept) {
    const parts = (Object.keys(reasons) as KeepReason[]).flatMap((reason) => {
      const count = kept[reason] ?? 0;
      return count === 0 ? [] : [`${reasons[reason]} ${count}개`];
    });
    return parts.length === 0
      ? []
      : rich`${i(`그대로 둠: ${parts.join(', ')}. 볼륨은 절대 건드리지 않습니다.`)}`;
  },
  confirm: '삭제',
};
