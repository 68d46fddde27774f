/** What is said of pictures, in Korean: of one on its way, of the last ones, of the album's cleaning. */
import type { ImmichTrouble, PictureProblem, PictureWorry } from '../report/pictures.ts';
import { b, code, i, rich, type Rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';

const immichTrouble = (reason: ImmichTrouble, cause: string): Rich => {
  switch (reason) {
    case 'down':
      return rich`⚠️ Immich가 중단되었습니다: ${said(cause)}`;
    case 'maintenance':
      return rich`⚠️ Immich가 점검 모드입니다. 점검이 끝나면 저장합니다.`;
    case 'key':
      return rich`⚠️ IMMICH_API_KEY의 키를 Immich가 알지 못합니다. Immich 계정 설정에서 새 키를 만드시면 그때 저장합니다.`;
    case 'permission':
      return rich`⚠️ IMMICH_API_KEY의 키에 권한이 없습니다: ${code(cause)}. Immich 계정 설정에서 추가하시면 그때 저장합니다.`;
    case 'too-large':
      return rich`⚠️ Immich에 저장하지 못했습니다. 앞의 프록시가 이 크기의 파일을 거부합니다. 경로는 그대로 쓸 수 있습니다.`;
    case 'disk-full':
      return rich`⚠️ Immich의 디스크가 가득 찼습니다. 공간이 생기면 저장합니다.`;
    case 'rejected':
      return rich`⚠️ Immich에 저장하지 못했습니다. Immich의 응답: ${said(cause)}. 경로는 그대로 쓸 수 있습니다.`;
    case 'failed':
      return rich`⚠️ Immich에 아직 저장하지 못했습니다: ${said(cause)}. 다시 시도합니다.`;
  }
};

type Unseen = Extract<PictureWorry, { key: 'album-unseen' }>;
export const unseen = (why: Unseen['why']): Rich => {
  switch (why.kind) {
    case 'no-account':
      return rich`Immich에 이 주소의 계정이 없습니다. IMMICH_SHARE_WITH의 값을 바로잡으세요.`;
    case 'permission':
      return rich`IMMICH_API_KEY의 키에 권한이 없습니다: ${code(why.permission)}. Immich 계정 설정에서 추가하세요.`;
    case 'other':
      return rich`${said(why.cause)}.`;
  }
};

const cleaningTrouble = (reason: ImmichTrouble, cause: string): Rich => {
  switch (reason) {
    case 'down':
      return rich`Immich가 중단되었습니다(${said(cause)}). 내일 다시 시도합니다. 지금 하려면 /clean`;
    case 'maintenance':
      return rich`Immich가 점검 모드입니다. 내일 다시 시도합니다. 지금 하려면 /clean`;
    case 'key':
      return rich`IMMICH_API_KEY의 키를 Immich가 알지 못합니다. Immich 계정 설정에서 새 키를 만드세요.`;
    case 'permission':
      return rich`IMMICH_API_KEY의 키에 권한이 없습니다: ${code(cause)}. Immich 계정 설정에서 추가하세요.`;
    default:
      return rich`${said(cause)}`;
  }
};

const pictureProblem = (problem: PictureProblem): Rich => {
  switch (problem.kind) {
    case 'too-large':
      return problem.limit < 1e9
        ? rich`❌ ${b(`받지 못했습니다: ${formatSize(problem.size)}.`)} Telegram 봇이 내려받을 수 있는 한도: ${formatSize(problem.limit)}.\n이 파일은 Immich 앱으로 올리시거나, 로컬 Bot API 서버(최대 2 GB)를 사용하세요.`
        : rich`❌ ${b(`받지 못했습니다: ${formatSize(problem.size)}.`)} 제가 받을 수 있는 한도: ${formatSize(problem.limit)}. 이 파일은 Immich 앱으로 올려 주세요.`;
    case 'empty':
      return rich`❌ ${b('받지 못했습니다: 빈 파일입니다.')} 다시 보내 주세요.`;
    case 'not-an-image':
      return rich`❌ ${b('받지 못했습니다: 사진이 아닙니다')}${problem.found === undefined ? '' : `(${said(problem.found)})`}. 사진, 동영상, PDF, 텍스트 파일을 받습니다.`;
    case 'too-many-pixels':
      return rich`❌ ${b(`받지 못했습니다: ${problem.width}×${problem.height} 픽셀.`)} 제가 처리할 수 있는 크기를 넘습니다. 더 작은 사진으로 보내 주세요.`;
    case 'tiny':
      return rich`⚠️ ${problem.width}×${problem.height} 픽셀뿐이라 에이전트가 알아보기 어렵습니다.`;
    case 'undecodable':
      return rich`⚠️ 해석할 수 없는 사진이라 에이전트가 열 수 없습니다: ${said(problem.cause)}. 다시 보내시거나, JPEG 또는 PNG 형식으로 보내 주세요.`;
    case 'unsupported':
      return rich`⚠️ 코딩 에이전트가 읽을 수 없는 형식입니다: ${problem.format}. JPEG 또는 PNG 형식으로 보내 주세요.`;
    case 'damaged':
      return rich`⚠️ 파일이 손상되어 사진의 일부가 없습니다.`;
    case 'no-ffmpeg':
      return rich`🎞 코딩 에이전트는 동영상을 볼 수 없습니다. 이 호스트에 ffmpeg를 설치하면 장면을 모은 사진을 함께 만들어 드립니다. 이 안내는 한 번만 드립니다.`;
    case 'no-frames':
      return rich`⚠️ 동영상의 장면을 보여 드릴 수 없습니다: ${said(problem.cause)}`;
    case 'no-clip':
      return rich`⚠️ 라이브 포토의 사진은 있지만 영상이 없습니다: ${said(problem.cause)}`;
    case 'immich':
      return immichTrouble(problem.reason, problem.cause);
    case 'telegram':
      return rich`❌ ${b('Telegram에서 가져오지 못했습니다:')} ${said(problem.cause)}. 다시 보내 주세요.`;
    case 'lost':
      return rich`❌ ${b('저장하기 전에 파일이 없어졌습니다.')} 누군가 지운 폴더: ${code(problem.folder)}. 다시 보내 주세요.`;
    case 'disk-full':
      return rich`❌ ${b('저장하지 못했습니다: 디스크가 가득 찼습니다.')} 공간이 필요한 폴더: ${code(problem.folder)}. 알아서 다시 시도합니다.`;
    case 'storage':
      return rich`❌ ${b('저장하지 못했습니다')} – ${code(problem.folder)}: ${said(problem.cause)}. 알아서 다시 시도합니다.`;
  }
};

export const pictures: Catalogue['pictures'] = {
  ready: rich`📸 ${b('사진 준비됨')}`,
  readyDocument: rich`📄 ${b('문서 준비됨')}`,
  asItIs: rich`📎 ${b('원본 그대로 저장함')}`,
  readyMany: (count) => rich`📸 ${b(`사진 ${count}장 준비됨`)}`,
  alsoThere: (count) => `그중 ${count}장은 Immich에 이미 있었음`,
  wasThere: rich`Immich 라이브러리에 이미 있던 사진입니다. 그대로 두고 정리하지 않습니다.`,
  down: rich`🟡 ${b('사진 준비됨 · Immich 중단, 나중에 저장합니다')}`,
  waiting: (count) => rich`사진 ${count}장이 기다리고 있습니다. 저장되면 이 메시지를 고칩니다.`,
  tiles: (count) => rich`✂️ 긴 사진이라 위에서부터 ${count}조각으로도 나누었습니다.`,
  frames: rich`🎞 동영상의 장면입니다. 동영상 파일:`,
  clip: rich`🎞 함께 온 영상:`,
  moving: rich`🎞 동영상 파일:`,
  receiving: rich`📥 ${b('받는 중…')}`,
  shrunk: rich`${i('Telegram이 사진을 줄였습니다. 글씨가 작으면 파일로 보내 주세요.')}`,
  also: (path) => rich`같은 파일: ${code(path)}`,
  kept: (kept, of) =>
    rich`📌 ${kept === of ? '보관 중' : `${of}장 중 ${kept}장 보관 중`}: 해제하실 때까지 남겨 둡니다.`,
  cleaned: rich`${i('앨범에서는 정리했습니다. 사본은 조금 더 남아 있습니다.')}`,
  gone: (names) => rich`🧹 ${b(names)} – 정리되었습니다.`,
  inImmich: (path) => rich`Immich 경로: ${code(path)}`,
  problem: pictureProblem,
  about: (names) => rich`${i(`(${names.join(', ')})`)}`,
};

export const images: Catalogue['images'] = {
  none: rich`🖼 ${b('사진이 없습니다.')} 한 장 보내 주세요.`,
  head: (count) => rich`🖼 ${b(count === 1 ? '마지막 사진' : `최근 사진 ${count}장`)}`,
  missing: '파일이 없어짐',
  states: {
    waiting: 'Immich 대기 중',
    filed: '저장됨',
    library: '원래 라이브러리에 있던 사진',
    kept: '📌 보관 중',
    cleaned: '앨범에서 정리됨, 곧 삭제',
    local: '폴더에만 있음',
  },
};

export const cleaning: Catalogue['cleaning'] = {
  head: {
    plan: (album, count) =>
      rich`🧹 ${b(`${album} 앨범을 정리할까요?`)} ${count === 0 ? 'Immich에서 삭제되는 것은 없습니다.' : `사진 ${count}장을 완전히 삭제합니다.`}`,
    done: (album, count) => rich`🧹 ${b(`${album} 정리 결과`)}\n이미지 ${count}장을 삭제했습니다.`,
    observed: (album, count) => rich`👁 ${b(`${album} – 사진 ${count}장: 삭제하지 않음`)}`,
  },
  others: {
    plan: (album, count) =>
      rich`↪️ ${b(`${album} 앨범에서 사진 ${count}장을 뺄까요?`)} 제가 넣은 것이 아닙니다. 삭제하지 않으며, 라이브러리에는 그대로 있습니다.`,
    done: (album, count) =>
      rich`↪️ ${b(`${album} 앨범에서 사진 ${count}장을 뺐습니다`)}. 삭제한 것은 없습니다.`,
    observed: (album, count) => rich`👁 ${b(`${album} – 사진 ${count}장: 앨범에서 빼지 않음`)}`,
  },
  nothing: (album) => rich`✨ ${b(`${album} – 정리할 사진이 없습니다`)}`,
  troubled: (album, why) =>
    rich`🟡 ${b(`${album} 앨범을 정리하지 못했습니다:`)} ${cleaningTrouble(why.reason, why.cause)}`,
  before: (count) => rich`그 전에 사진 ${count}장을 삭제했습니다.`,
  made: (count, isOver) =>
    rich`앨범이 없어져서 새로 ${isOver ? '만들었습니다' : '만듭니다'}${count === 0 ? '' : `(제가 올린 사진 ${count}장 포함)`}.`,
  putBack: (count, isOver) =>
    rich`삭제된 앨범의 사진 ${count}장을 다시 ${isOver ? '넣었습니다' : '넣습니다'}.`,
  adopted: (count, isOver) =>
    rich`제가 올렸지만 기록에 없던 사진 ${count}장을 다시 ${isOver ? '기록했습니다' : '기록합니다'}. 이 중 무엇이 보관된 사진이었는지는 알 수 없습니다.`,
  failed: (count, cause) => rich`⚠️ 사진 ${count}장을 삭제하지 못했습니다: ${said(cause)}`,
  kept: (count) => rich`📌 보관 중인 사진 ${count}장`,
  young: (count, age) => rich`받은 지 ${age} 안 된 사진 ${count}장은 남겨 둠`,
  foreign: (count) => rich`제가 넣지 않은 사진 ${count}장은 그대로 두었습니다.`,
  released: (count) => rich`누군가 앨범에서 뺀 사진 ${count}장은 라이브러리에 그대로 두었습니다.`,
  copies: (count, folder, isOver) =>
    rich`기한이 지난 사본: 사진 ${count}장, ${code(folder)} – ${isOver ? '삭제했습니다' : '함께 삭제합니다'}.`,
  folderTrouble: (folder, cause) => rich`⚠️ 사본을 지우지 못했습니다 – ${code(folder)}: ${said(cause)}`,
  observed: rich`관찰 모드(STEWARD_OBSERVE)라서 아무것도 변경하지 않았습니다.`,
  delete: (count) => `${count}장 삭제`,
  clean: '정리',
  takeOut: '앨범에서 빼기',
};
