/** What the doctor finds, in Korean: for each check what it looks for, what was found, why it matters and what to change. */
import type { CheckName } from '../doctor/names.ts';
import { b, code, i, rich, type Rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import type { CheckWords } from './en-doctor.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { bare } from './ko-words.ts';

const memory = (bytes: string | number | undefined): string => formatSize(Number(bytes), 1024);

const things: Readonly<Record<string, string>> = { unit: '유닛', container: '컨테이너' };

const noUpdate: Readonly<Record<string, string>> = {
  id: '이미지 ID로 만들어져 버전을 알 수 없습니다',
  local: '어느 레지스트리에도 없는 이미지입니다',
  digest: '다이제스트 하나로 고정되어 있습니다',
  tag: '한 버전으로 고정되어 있고, 릴리스를 확인할 곳이 설정되지 않았습니다',
};

const forms: Readonly<Record<string, string>> = {
  missing: '파일이 없습니다',
  empty: '비어 있습니다',
  bare: 'NAME=value 줄이 아닙니다',
  lines: '값만 읽는 곳에 NAME=value 줄이 있습니다',
  exported: 'export로 시작하는 줄이 있습니다. 셸만 이해하는 형식입니다',
  windows: 'Windows 줄바꿈이 있어 값마다 붙습니다',
};

const jobs: Readonly<Record<string, string>> = {
  'clean-album': 'Steward와 같은 앨범을 정리하며, 원래 라이브러리에 있던 사진까지 지웁니다',
  'check-versions': 'Steward와 같이 새 버전을 확인합니다',
  'back-up': 'Steward와 별도로 같은 백업을 합니다',
};

const checks: Record<CheckName, CheckWords> = {
  missing: {
    about: 'services.yaml에 있지만 호스트에 없음',
    found: ({ what = '' }) => `services.yaml에 있지만 호스트에 없는 ${things[what] ?? ''}입니다`,
    why: '언제까지나 중단으로 표시되고, 업데이트와 백업이 실패합니다.',
    change: 'services.yaml에서 이름을 고치거나 빼 주세요.',
  },
  unlisted: {
    about: '호스트에 있지만 services.yaml에 없음',
    found: ({ what = '' }) => `호스트에 있지만 services.yaml에 없는 ${things[what] ?? ''}입니다`,
    why: '아무도 지켜보거나 업데이트하거나 백업하지 않습니다.',
    change: 'services.yaml에 추가해 주세요.',
  },
  'no-restart': {
    about: '끝나면 다시 시작되지 않음',
    found: () => '끝나도 다시 시작되지 않습니다',
    why: '밤에 한 번 죽으면 누군가 볼 때까지 멈춰 있습니다.',
    change: 'systemd 또는 엔진이 다시 시작하게 해 주세요.',
  },
  'no-update': {
    about: '업데이트할 수 없는 이미지',
    found: ({ why = '', image = '' }) => `${noUpdate[why] ?? ''}: ${image}`,
    why: '보안 구멍을 막은 새 버전이 나와도 알 수 없습니다.',
    change:
      '태그가 있는 이미지를 쓰고 services.yaml에 릴리스를 확인할 곳을 적거나, 그곳에 `update: false`라고 적어 주세요.',
  },
  'latest-tag': {
    about: 'latest 태그 이미지',
    found: ({ image = '' }) => `실행 중인 이미지: ${image}`,
    why: '데이터가 건너뛰면 안 되는 버전을 건너뛸 수 있고, 이름으로는 무엇이 실행되는지 알 수 없습니다.',
    change: '주 버전 하나에 머무는 태그를 적어 주세요.',
  },
  'short-image-name': {
    about: '레지스트리가 없는 이미지 이름',
    found: ({ image = '' }) => `레지스트리가 적히지 않은 이름으로 만들어졌습니다: ${image}`,
    why: '목록에서 그 이름을 가진 첫 레지스트리의 이미지가 쓰입니다. 누가 올렸는지는 따지지 않습니다.',
    change: '전체 이름을 적어 주세요.',
  },
  'ml-memory': {
    about: '메모리 제한보다 많은 메모리가 필요한 머신러닝 이미지',
    found: ({ variant = '', limit, wants }) =>
      `제한 ${memory(limit)}, ${variant} 이미지에 필요한 메모리 ${memory(wants)}`,
    why: '모델을 읽다가 종료되고 다시 시작하기를 되풀이합니다. 이 때문에 서버 전체가 멈춘 적이 있습니다.',
    change: '제한을 늘리거나 일반 이미지를 써 주세요.',
  },
  'vector-extension': {
    about: 'Immich 3에서 쓸 수 없는 pgvecto.rs',
    found: ({ image = '' }) => `벡터를 pgvecto.rs에 저장합니다 (${image})`,
    why: 'Immich 3은 여기에서 시작되지 않습니다.',
    change: 'Immich가 2.x일 때 Immich가 배포하는 VectorChord 이미지로 옮겨 주세요.',
  },
  'no-memory-limit': {
    about: '메모리 제한 없음',
    found: () => '메모리 제한이 없습니다',
    why: '컨테이너 하나의 메모리 누수가 SSH를 포함한 모두의 메모리를 가져갑니다.',
    change: '지금 쓰는 메모리의 두 배쯤으로 제한해 주세요 (/status에 나옵니다).',
  },
  'no-health-check': {
    about: '상태 검사 없음',
    found: () => '상태 검사가 없습니다',
    why: '멈춘 것과 정상인 것이 똑같아 보입니다.',
    change: '상태 검사를 추가하거나, services.yaml의 서비스에 `health.url`을 적어 주세요.',
  },
  root: {
    about: 'root로 실행',
    found: () => 'root로 실행됩니다',
    why: '컨테이너를 벗어나면 호스트의 root가 됩니다.',
    change: '이미지가 root 없이도 된다면 사용자를 지정해 주세요.',
  },
  privileged: {
    about: '특권 컨테이너',
    found: () => '특권 컨테이너입니다',
    why: '호스트에 root가 할 수 있는 모든 일을 할 수 있고, 아무것도 막지 못합니다.',
    change: '`--privileged`를 빼고 필요한 장치나 권한 하나만 주세요.',
  },
  'engine-socket': {
    about: '엔진 소켓 마운트',
    found: ({ path = '' }) => `엔진 소켓이 마운트되어 있습니다: ${path}`,
    why: '엔진에 요청할 수 있으면 디스크 전체를 가진 컨테이너를 시작할 수 있으니 root와 같습니다. 읽기 전용이어도 마찬가지입니다.',
    change: '마운트를 빼거나, 조회만 통과시키는 프록시를 소켓 앞에 두세요.',
  },
  'monitor-network': {
    about: '127.0.0.1에 닿지 못하는 모니터',
    found: ({ network = '' }) => `네트워크 ${network} 안에 있어 127.0.0.1이 컨테이너 자신입니다`,
    why: '이 호스트의 모든 서비스를 중단으로 보거나 아예 보지 못합니다.',
    change: '호스트 네트워크를 쓰게 해 주세요.',
  },
  'render-group': {
    about: '권한 없는 그래픽 카드',
    found: () => '/dev/dri가 있지만 열 수 있는 그룹이 없습니다',
    why: '하드웨어 디코딩이 실패하고, 말없이 프로세서가 그 일을 합니다.',
    change: '렌더 노드를 소유한 그룹을 추가해 주세요.',
  },
  'cannot-save': {
    about: '저장하지 못하는 Redis',
    found: ({ line = '' }) => `로그: ${line}`,
    why: 'Redis가 쓰기를 거부하고, 이를 쓰는 프로그램이 도중에 멈춥니다.',
    change: '데이터 폴더의 소유자, 디스크, 복사본을 만들 여유 메모리를 확인해 주세요.',
  },
  'time-zone': {
    about: '호스트와 다른 시간대',
    found: ({ zone = '', host = '' }) => `컨테이너 ${zone}, 호스트 ${host}`,
    why: '로그, 예약, 기록되는 날짜가 몇 시간씩 어긋납니다.',
    change: 'TZ를 설정해 주세요.',
  },
  'open-database': {
    about: '모든 네트워크에 열린 데이터베이스 또는 관리 화면',
    found: ({ address = '', port = '' }) => `모든 네트워크에 열려 있습니다 (${address}:${port})`,
    why: '공개된 포트는 방화벽을 지나칩니다. 엔진이 직접 열어 줍니다.',
    change: '127.0.0.1에만 공개하거나 공개하지 마세요. 같은 네트워크의 컨테이너끼리는 서로 닿습니다.',
  },
  'wide-address': {
    about: '이 서버와 VPN 밖에서도 닿음',
    found: ({ address = '', port = '' }) => `열린 주소: ${address}:${port}`,
    why: '이 호스트의 나머지는 127.0.0.1과 VPN에서만 응답합니다. 공개된 포트는 방화벽을 지나칩니다.',
    change: '127.0.0.1에 공개하고 프록시 뒤에 두세요.',
  },
  'vpn-not-awaited': {
    about: 'VPN 주소를 기다리지 않고 사용',
    found: ({ address = '', interface: link = '' }) => `${address} 주소를 쓰지만 기다리지 않습니다 (${link})`,
    why: '부팅 뒤 주소가 1분쯤 늦게 올 수 있고, systemd가 포기할 때까지 시작에 실패합니다.',
    change: '아직 없는 주소도 쓸 수 있게 하거나, VPN 유닛 뒤에 시작하게 해 주세요.',
  },
  'heartbeat-here': {
    about: '이 서버를 가리키는 하트비트',
    found: ({ name = '' }) => `이 서버를 가리킵니다: ${name}`,
    why: '서버가 멈추면 이를 알려야 할 것도 함께 멈춥니다.',
    change: '집 밖의 모니터를 적어 주세요.',
  },
  'secret-in-environment': {
    about: '환경 변수에 있는 비밀',
    found: ({ names = '' }) => `환경 변수에 있습니다: ${names}`,
    why: '엔진이나 systemd에 물을 수 있는 누구나 읽을 수 있고, Nix 저장소나 덤프에 남습니다.',
    change: '파일에 두세요. 많은 이미지가 이름 끝에 `_FILE`이 붙은 변수를 압니다.',
  },
  'secret-readable': {
    about: '누구나 읽을 수 있는 비밀 파일',
    found: ({ reader = '', mode = '' }) =>
      `이 서버의 누구나 읽을 수 있습니다 (모드 ${mode}, 사용하는 곳: ${reader})`,
    why: '코딩 에이전트를 포함해 모든 사용자의 모든 프로그램이 가질 수 있습니다.',
    change: '다른 사용자의 권한을 빼 주세요.',
  },
  'secret-form': {
    about: '이해할 수 없는 비밀 파일',
    found: ({ reader = '', form = '' }) => `${forms[form] ?? ''} (사용하는 곳: ${reader})`,
    why: '이해하지 못한 것은 설정되지 않은 것으로 치며, 알려 주지도 않습니다.',
    change: 'systemd와 --env-file에는 NAME=value 줄을, 이름이 _FILE로 끝나는 변수에는 값만 적어 주세요.',
  },
  'acme-token': {
    about: '인증서용 토큰 없음',
    found: ({ names = '' }) => `받지 못하는 것: ${names}`,
    why: '인증서가 갱신되지 않아 석 달 안에 만료됩니다.',
    change: '`EnvironmentFile=`이 가리키는 파일에 이름과 값을 적어 주세요.',
  },
  'token-shared': {
    about: '봇 두 개가 쓰는 Telegram 토큰',
    found: () => '지난 하루 사이에 다른 프로그램이 이 토큰으로 메시지를 받았습니다',
    why: '메시지마다 둘 중 하나에만 우연히 도착합니다.',
    change: '다른 쪽을 멈추거나, BotFather에서 따로 토큰을 받아 주세요.',
  },
  'data-owner': {
    about: '컨테이너가 쓸 수 없는 데이터 폴더',
    found: ({ path = '', owner = '', user = '' }) =>
      `쓸 수 없습니다: ${path} (소유자 ${owner}, 호스트에서 본 컨테이너 사용자 ${user})`,
    why: '처음 쓸 때 실패합니다. 시작할 때일 수도, 한 달 뒤일 수도 있습니다.',
    change: '호스트에서 본 컨테이너 사용자에게 폴더를 넘겨 주세요.',
  },
  'network-chown': {
    about: '네트워크 디스크의 ":U"',
    found: ({ path = '' }) => `시작할 때마다 소유자를 바꿉니다(":U"). 네트워크 디스크입니다: ${path}`,
    why: '그곳의 모든 파일 소유자가 바뀌거나, 몇 분 뒤에 시작이 실패합니다.',
    change: 'U를 빼 주세요.',
  },
  'backup-same-disk': {
    about: '데이터와 같은 디스크에 있는 백업',
    found: ({ path = '', folder = '' }) => `데이터(${path})와 백업(${folder})이 한 디스크에 있습니다`,
    why: '디스크가 고장 나면 둘 다 사라집니다.',
    change: '`backups.folder`를 다른 디스크에 두세요.',
  },
  'no-off-site': {
    about: '집 밖에 백업 없음',
    found: () => '백업이 여기에만 있습니다',
    why: '화재, 도난, 낙뢰는 서버와 디스크를 모두 가져갑니다.',
    change: 'services.yaml에 외부 보관소를 적어 주세요 (docs/backups.md).',
  },
  'keys-only-here': {
    about: '백업을 읽는 데 꼭 필요한 키',
    found: () => '이것 없이는 백업을 읽을 수 없습니다. 다른 곳에 사본이 있는지는 알 수 없습니다',
    why: '백업은 서버보다 오래 남지만 아무도 열 수 없게 됩니다.',
    change: '종이나, 이 서버에서 실행되지 않는 비밀번호 관리자에 사본을 두고 나서 이 줄을 숨겨 주세요.',
  },
  'immich-key-lacks': {
    about: '권한이 모자라는 Immich 키',
    found: ({ names = '' }) => `없는 권한: ${names}`,
    why: '사진이 저장되지 않거나 앨범이 정리되지 않습니다.',
    change: 'Immich의 계정 설정, API 키에서 이 권한이 있는 키를 만들어 주세요.',
  },
  'immich-key-excess': {
    about: '권한이 너무 많은 Immich 키',
    found: ({ names = '' }) => `필요하지 않은 권한: ${names}`,
    why: '키를 손에 넣으면 그 권한까지 갖게 됩니다.',
    change: 'docs/install.md에 있는 권한만 가진 키를 만들어 주세요.',
  },
  'immich-key-owner': {
    about: '라이브러리 주인의 Immich 키',
    found: ({ email = '' }) => `라이브러리 주인의 키입니다: ${email}`,
    why: '그 계정의 모든 사진을 지울 수 있습니다. 봇 계정의 키는 봇이 저장한 것만 지울 수 있습니다.',
    change: 'Immich에 봇 계정을 만들고 그 계정에서 키를 만들어 주세요.',
  },
  'no-lingering': {
    about: '로그아웃하면 서비스가 멈추는 사용자',
    found: ({ user = '' }) => `로그인해 있을 때만 서비스가 실행됩니다 (사용자 ${user})`,
    why: '부팅한 뒤 누군가 로그인할 때까지 아무것도 실행되지 않습니다.',
    change: '로그인 없이도 남아 있게 해 주세요.',
  },
  'no-newuidmap': {
    about: 'newuidmap 없음',
    found: ({ user = '' }) => `newuidmap이 설치되어 있지 않습니다 (컨테이너를 실행하는 사용자 ${user})`,
    why: '이것이 없으면 컨테이너에 사용자가 하나뿐이라 대부분의 이미지가 시작되지 않습니다.',
    change:
      'uidmap, shadow 또는 shadow-utils 패키지를 설치하세요. NixOS에는 `security.shadow.enable`이 있습니다.',
  },
  'late-runtime-folder': {
    about: '사용자의 런타임 폴더보다 먼저 시작',
    found: ({ folder = '' }) => `기다리지 않고 사용합니다: ${folder}`,
    why: '부팅할 때 폴더가 늦게 생겨 첫 시작이 실패합니다.',
    change: '사용자 관리자 유닛 뒤에 시작하게 해 주세요.',
  },
  'engine-backend': {
    about: '소켓과 다른 엔진',
    found: ({ socket = '', declared = '', found = '' }) =>
      `${socket} – 예상한 엔진 ${declared}, 응답한 엔진 ${found}`,
    why: '이미지 이름, 다시 시작, 업데이트가 두 엔진에서 서로 다릅니다.',
    change: '쓰려는 엔진의 소켓을 적어 주세요.',
  },
  'old-timer': {
    about: 'Steward와 겹치는 예전 타이머',
    found: ({ job = '' }) => jobs[job] ?? '',
    why: '같은 일을 하는 둘이 서로 방해하고, 한쪽은 다른 쪽이 저장한 것을 모릅니다.',
    change: 'Steward가 지켜보기만 하는 때가 지나면 꺼 주세요.',
  },
  'prune-timer': {
    about: '실행 중이 아닌 이미지를 모두 지우는 타이머',
    found: () => '"system prune --all"을 실행합니다',
    why: '되돌리기에 필요한 이전 이미지와, 마침 정지된 서비스의 이미지를 지웁니다.',
    change: '--all을 빼 주세요. 필요 없는 것은 Steward가 지웁니다.',
  },
};

const severities = { critical: '심각', warning: '경고', notice: '참고' } as const;

/** What stands between backticks is to be typed as it is. */
const spelt = (text: string): Rich =>
  text.split('`').map((part, index) => (index % 2 === 0 ? part : code(part)));

export const doctor: Catalogue['doctor'] = {
  checks,
  of: (scope) => `${scope}: `,
  well: (of, count) => rich`🟢 ${b(`${of}바꿀 것 없음`)}, 검사 ${count}개`,
  head: (of, counts) =>
    rich`🩺 ${b(of + counts.map(({ severity, count }) => `${severities[severity]} ${count}건`).join(', '))}`,
  found: (subject, what) => rich`${b(subject)} – ${what}`,
  several: (about, subjects, more) =>
    rich`${b(about)}: ${subjects.join(', ')}${more === 0 ? '' : ` 외 ${more}개`}`,
  rest: (more, unseen) =>
    rich`${i([...(more === 0 ? [] : [`그 밖에 ${more}건`]), ...(unseen === 0 ? [] : [`보지 못했거나 일부만 본 것 ${unseen}건`])].join(', '))}`,
  why: (text) => rich`${i(spelt(text))}`,
  change: (text) => rich`➡️ ${spelt(text)}`,
  silence: (line) => rich`${i('의도한 것이라면 services.yaml의 checks, doctor 아래에:')} ${code(line)}`,
  ignored: (count) => rich`${i(`services.yaml에 따라 ${count}건 숨김`)}`,
  unseen: (what, more, why) =>
    rich`❔ ${b(what.join(', '))}${more <= 0 ? '' : ` 외 ${more}개`} – ${bare(said(why))}`,
  fileName: (day) => `doctor-${day}.txt`,
  whole: (count) =>
    rich`${i(`전체 ${count}건은 파일에 있습니다. /doctor 뒤에 서비스나 검사 이름을 적으면 그것만 볼 수 있습니다.`)}`,
};
