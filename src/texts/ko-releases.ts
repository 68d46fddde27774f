/** What is published for the services, in Korean. */
import type { ReleaseTrouble } from '../report/releases.ts';
import { b, code, rich } from '../rich.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';

/** "2.x" of `2`, "2.1.x" of `v2.1`. */
const line = (tag: string) => `${tag.replace(/^v/i, '')}.x`;

const names: Record<'short' | 'id' | 'invalid', string> = {
  short: '레지스트리가 적혀 있지 않습니다. docker.io/library/postgres:16처럼 전체 이름을 적으세요',
  id: '이미지 ID로 시작되어 확인할 태그가 없습니다',
  invalid: '이미지 이름이 아닙니다',
};

const trouble = (what: ReleaseTrouble, until: string): string => {
  switch (what.kind) {
    case 'failed':
      return `${what.what}: ${said(what.cause)}`;
    case 'rate-limit':
      return `${what.what}: 요청 한도를 넘었습니다. ${until} 이후에 다시 확인합니다`;
    case 'not-running':
      return `실행 중이 아님: ${what.container}`;
    case 'name':
      return `이미지 ${what.image}: ${names[what.reason]}`;
    case 'no-tag':
      return `이미지 ${what.image}: 레지스트리에 더 이상 없습니다`;
    case 'no-release':
      return `GitHub에 릴리스가 없음: ${what.repository}`;
    case 'no-version':
      return `최신 릴리스: ${what.release}. 실행 중인 버전은 알 수 없습니다`;
    case 'versions':
      return `실행 중: ${what.from}, 최신 릴리스: ${what.release}. 어느 쪽이 새것인지 알 수 없습니다`;
  }
};

export const releases: Catalogue['releases'] = {
  updates: (amount) => rich`⬆️ ${b(`업데이트 ${amount}건`)}`,
  none: (amount) => rich`✅ ${b(`${amount}개 모두 최신`)}, 방금 확인함`,
  noneKnown: rich`✅ ${b('업데이트 없음')}, 마지막 확인 기준`,
  nothingNew: (amount) => rich`✅ ${b('업데이트 없음')}, ${amount}개는 확인하지 못함`,
  nothing: rich`⚪ ${b('확인할 것이 없습니다:')} 이미지나 ${code('release.github')} 설정이 있는 서비스가 없습니다.`,
  reminder: rich`⏰ ${b('다시 알려 달라고 하신 업데이트입니다')}`,
  silentHead: rich`⚠️ ${b('릴리스를 확인하지 못하고 있습니다')}`,
  silent: (name, span) => rich`${b(name)} – ${span}째 확인하지 못함`,

  versions: (from, to) => (from === undefined ? to : `${from} → ${to}`),
  newerImage: (tag) => (tag === undefined ? rich`새 이미지` : rich`새 이미지(${code(tag)})`),
  old: (age) => `${age} 전 공개`,
  breaking: '⚠️ 호환성이 깨지는 변경',
  beyond: (version, tag) => rich`새 버전 ${version} 공개됨 · 지금 태그 ${code(`:${tag}`)} 범위: ${line(tag)}`,
  pinned: (file, from, to) =>
    file === undefined
      ? rich`버전 고정: 설정에서 ${code(`:${from}`)} → ${code(`:${to}`)} 변경 후 배포하세요.`
      : rich`버전 고정: ${code(file)}에서 ${code(`:${from}`)} → ${code(`:${to}`)} 변경 후 배포하세요.`,
  awaited: (name, version, tag) =>
    tag === undefined
      ? rich`⏳ ${b(name)} – ${version} 공개됨, 이미지는 아직 없음`
      : rich`⏳ ${b(name)} – ${version} 공개됨, 이미지는 아직 없음(지금 태그 ${code(`:${tag}`)})`,
  skipped: (name, version) => rich`⏭ ${b(name)} – ${version} 건너뜀`,
  failed: (name, version, at, why) => rich`⛔ ${b(name)} – ${version} 시작 실패(${at}): ${said(why)}`,
  vectors: (name, version, image) =>
    rich`⛔ ${b(`${name} ${version} 공개됨 · 아직 업데이트하지 마세요:`)} 데이터베이스 이미지 ${code(image)} – 이 버전에서 쓸 수 없습니다. 먼저 VectorChord로 옮기세요.`,
  local: (name, release) =>
    release === undefined
      ? rich`🏠 ${b(name)} – 여기서 만든 이미지라 레지스트리에서 확인할 수 없음`
      : rich`🏠 ${b(name)} – 여기서 만든 이미지, 새 릴리스 ${release} 공개됨`,
  unknown: (name, version) =>
    version === undefined
      ? rich`❔ ${b(name)} – 알 수 없음`
      : rich`❔ ${b(name)} ${version} – 최신인지 알 수 없음`,
  untracked: (name) => rich`⚪ ${b(name)} – 확인할 것이 없음: 이미지도 ${code('release.github')} 설정도 없음`,
  fresh: (name, version, tag) => {
    const which = version === undefined ? '' : `${version}, `;
    return tag === undefined
      ? rich`✅ ${b(`${name} 최신`)} – ${which}새로운 것이 없습니다. 방금 확인했으며 재시작하지 않았습니다.`
      : rich`✅ ${b(`${name} 최신`)} – ${which}${code(tag)} 태그의 최신 이미지입니다. 방금 확인했으며 재시작하지 않았습니다.`;
  },
  trouble,
  notes: '릴리스 노트',

  skippedNow: (name, what, newer) =>
    newer === undefined
      ? rich`⏭ ${b(`${name} ${what}`)} – 건너뜁니다. 다음 버전이 나오면 알려 드립니다.`
      : rich`⏭ ${b(`${name} ${what}`)} – 건너뜁니다. 그 사이 공개된 ${newer} 버전은 건너뛰지 않습니다.`,
  unskipped: (name, what) =>
    what.length === 0
      ? rich`${b(name)} – 건너뛴 버전이 없습니다.`
      : rich`↩️ ${b(name)} ${what.join(', ')} – 다시 제안합니다.`,
  reminding: (name, what, at) => rich`⏰ ${b(`${name} ${what}`)} – ${at}에 다시 알려 드립니다.`,
};
