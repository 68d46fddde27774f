/** What is said of the inbox, in Korean. */
import type { ImmichTrouble, InboxProblem, InboxTrouble } from '../report/pictures.ts';
import { b, code, i, rich, type Rich } from '../rich.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';

const immichTrouble = (reason: ImmichTrouble, cause: string): Rich => {
  switch (reason) {
    case 'down':
      return rich`Immich가 중단되었습니다: ${said(cause)}.`;
    case 'maintenance':
      return rich`Immich가 점검 모드입니다.`;
    case 'key':
      return rich`INBOX_API_KEY의 키를 Immich가 알지 못합니다. Immich 계정 설정에서 새 키를 만드세요.`;
    case 'permission':
      return rich`INBOX_API_KEY의 키에 권한이 없습니다: ${code(cause)}. Immich 계정 설정에서 추가하세요.`;
    case 'disk-full':
      return rich`Immich의 디스크가 가득 찼습니다.`;
    case 'too-large':
      return rich`Immich 앞의 프록시가 이 크기의 파일을 거부합니다. IMMICH_URL에 Immich의 직접 주소를 적으세요.`;
    case 'rejected':
      return rich`Immich가 거부했습니다: ${said(cause)}.`;
    case 'failed':
      return rich`Immich가 받지 못했습니다: ${said(cause)}.`;
  }
};

const trouble = (what: InboxTrouble, waiting: number): Rich => {
  switch (what.kind) {
    case 'immich': {
      const why = immichTrouble(what.reason, what.cause);
      return rich`🟡 ${b(`인박스: 파일 ${waiting}개 대기 중`)} – ${why} 나중에 알아서 이어 갑니다.`;
    }
    case 'folder':
      return rich`🟡 ${b('인박스를 사용할 수 없습니다')} – ${code(what.folder)}: ${said(what.cause)}`;
    case 'overlap':
      return rich`❌ ${b('인박스를 건드리지 않았습니다')} – 서로 겹친 폴더: ${code(what.folder)}, ${code(what.other)}. 뒤의 폴더는 비우면 안 됩니다. INBOX_DIR에 전용 폴더를 지정하세요.`;
  }
};

const problem = (what: InboxProblem, album: string): Rich => {
  switch (what.kind) {
    case 'immich':
      return immichTrouble(what.reason, what.cause);
    case 'trashed':
      return rich`Immich의 휴지통에 있습니다. 휴지통에서 복원하거나 휴지통을 비우세요.`;
    case 'temporary':
      return rich`에이전트용 사진으로 Immich에 이미 있으며, 곧 삭제됩니다. 그 뒤에 넣을 앨범: ${b(album)}`;
    case 'vanishing':
      return rich`Immich에 있다고 하지만 보이지 않습니다.`;
    case 'differs':
      return rich`Immich가 다른 파일로 받아들였습니다.`;
    case 'own-file':
      return rich`Immich 자신의 파일인 것 같습니다.`;
    case 'unreadable':
      return rich`읽거나 지울 수 없습니다: ${said(what.cause)}`;
  }
};

export const inbox: Catalogue['inbox'] = {
  trouble,
  problem,
  working: (done, all) => rich`🔵 ${b(`인박스: 파일 ${all}개 중 ${done}개`)}`,
  done: (done, album) => rich`📥 ${b(`인박스의 파일 ${done}개`)} – 앨범 ${b(album)}`,
  none: rich`⚠️ ${b('인박스에서 아무것도 가져오지 못했습니다')}`,
  recovered: rich`✅ ${b('인박스를 다시 사용할 수 있습니다')}`,
  before: (done) => rich`그 전에 파일 ${done}개를 옮겼습니다.`,
  known: (known, done) =>
    done === 1
      ? rich`라이브러리에 이미 있던 파일입니다.`
      : rich`그중 ${known}개는 라이브러리에 이미 있었습니다.`,
  observed: () => rich`${i('관찰 모드(STEWARD_OBSERVE)라서 폴더의 파일을 지우지 않았습니다.')}`,
  kept: (count) => rich`⚠️ ${b(`인박스에 남은 파일 ${count}개:`)}`,
  others: (count) => rich`… 외 파일 ${count}개`,
};
