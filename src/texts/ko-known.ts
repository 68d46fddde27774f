/** Sentences that the rest of the house says in English, and what they are in Korean; `{}` stands for a value. */

export type Known = readonly (readonly [english: string, korean: string])[];

/** What a person can do wrong. A test sees that none is missing. */
export const MISTAKES: Known = [
  ['No service is called "{}". {}', '없는 서비스입니다: {}. {}'],
  ['No job is called "{}". {}', '없는 작업입니다: {}. {}'],
  ['No subject of {} is called "{}". {}', '{} 작업의 대상이 아닙니다: {}. {}'],
  ['No {} is called "{}". {}', '없는 이름입니다: {} {}. {}'],
  ['Did you mean {}?', '혹시 이것인가요? {}'],
  ['There are: {}.', '있는 것: {}.'],
  ['There is: {}.', '있는 것: {}.'],
  ['There was: {}.', '제안한 것: {}.'],
  ['There is none.', '하나도 없습니다.'],
  ['Nothing was.', '제안한 것이 없습니다.'],
  ['"{}" can be {}. Which one?', '{} – 여럿일 수 있습니다: {}. 어느 것인가요?'],
  ['"{}" can be {}.', '{} – 여럿일 수 있습니다: {}.'],
  ['Say which: {}.', '어느 것인지 적어 주세요: {}.'],
  ['Say which of them: {}.', '어느 것인지 적어 주세요: {}.'],
  ['Say which service.', '어느 서비스인지 적어 주세요.'],
  ['Say which picture: its number, such as p1432.', '어느 사진인지 번호로 적어 주세요. 예: p1432'],
  [
    'Say which picture, and the word: name p1432 login-bug.',
    '사진과 이름을 적어 주세요. 예: name p1432 login-bug',
  ],
  ['Say which job to {}.', '어느 작업인지 적어 주세요: jobs {} <작업>'],
  ['Say which folder: restore --from <folder>.', '어느 폴더인지 적어 주세요: restore --from <폴더>'],
  [
    'Say from which folder: restore all --from <folder>.',
    '어느 폴더에서 복원할지 적어 주세요: restore all --from <폴더>',
  ],
  [
    'Say whose logs: logs <service or container>.',
    '무엇의 로그인지 적어 주세요: logs <서비스 또는 컨테이너>',
  ],
  ['Cannot look back {} days: say 1 to {}.', '볼 수 없는 기간입니다: {}일. 가능한 범위: 1~{}'],
  ['One service at a time: "{}".', '서비스는 한 번에 하나씩 적어 주세요: {}'],
  ['One service at a time: "{}" names {}.', '서비스는 한 번에 하나씩 적어 주세요: {} ({}개)'],
  ['One backup at a time: "{}".', '백업은 한 번에 하나씩 적어 주세요: {}'],
  [
    'One backup at a time: restore <service> [which] [--from <folder>].',
    '백업은 한 번에 하나씩 적어 주세요: restore <서비스> [백업] [--from <폴더>]',
  ],
  ['One time at a time: mute [2h|off].', '시간은 하나만 적어 주세요: mute [2h|off]'],
  [
    'Cannot mute for "{}": say up to 7d, such as 2h, or off.',
    '끌 수 없는 시간입니다: {}. 7d까지, 예: 2h 또는 off',
  ],
  ['One time at a time: snooze [alert] [1h|off].', '시간은 하나만 적어 주세요: snooze [경보] [1h|off]'],
  ['Cannot snooze for "{}": say up to 7d, such as 1h.', '끌 수 없는 시간입니다: {}. 7d까지, 예: 1h'],
  ['It is over: no alert is open.', '끝났습니다. 열린 경보가 없습니다.'],
  ['Say which alert.', '어느 경보인지 적어 주세요.'],
  ['Alert {} is over.', '끝난 경보입니다: {}.'],
  ['No open alert is about "{}".', '열린 경보가 없습니다: {}.'],
  [
    'prune takes no names: it takes what nothing uses, and only that.',
    'prune에는 이름을 적지 않습니다. 아무도 사용하지 않는 것만 삭제합니다.',
  ],
  [
    'Cannot report "{}": say report, report week or report details.',
    '보고할 수 없습니다: {}. report, report week, report details 중 하나로 적어 주세요.',
  ],
  ['One job at a time: "{}" is too much.', '작업은 한 번에 하나씩 적어 주세요. 남는 말: {}'],
  [
    'One update at a time: cancel <service> [now|wait].',
    '업데이트는 한 번에 하나씩 적어 주세요: cancel <서비스> [now|wait]',
  ],
  [
    'One version at a time: remind <service> <day> [version].',
    '버전은 한 번에 하나씩 적어 주세요: remind <서비스> <요일> [버전]',
  ],
  [
    'One version at a time: skip <service> [version].',
    '버전은 한 번에 하나씩 적어 주세요: skip <서비스> [버전]',
  ],
  ['Cannot show {} lines: ask for 1 to {}.', '보여 드릴 수 없는 줄 수입니다: {}. 가능한 범위: 1~{}'],
  [
    'Cannot do "{}" to an update: say now (roll back) or wait (10 min more).',
    '업데이트에 할 수 없는 일입니다: {}. now(되돌리기) 또는 wait(10분 더 대기)를 적어 주세요.',
  ],
  ['Cannot remind you "{}": say {}.', '알 수 없는 때입니다: {}. 가능한 값: {}'],
  [
    'Cannot clean "{}": say clean, clean adopt or clean others.',
    '정리할 수 없는 대상입니다: {}. clean, clean adopt, clean others 중에서 적어 주세요.',
  ],
  [
    'Cannot list "{}" pictures: say a number from 1 to {}.',
    '사진 수가 아닙니다: {}. 1에서 {} 사이의 수를 적어 주세요.',
  ],
  ['There is no picture "{}". See images.', '없는 사진입니다: {}. 목록: images'],
  ['Picture "{}" was not taken.', '받지 못한 사진입니다: {}.'],
  ['Picture "{}" was cleaned, its file is gone.', '정리되어 파일이 없는 사진입니다: {}.'],
  [
    '"{}" cannot be a file\'s name: use letters and digits.',
    '파일 이름으로 쓸 수 없습니다: {}. 글자와 숫자를 쓰세요.',
  ],
  ['Cannot give a picture so long a name: {} characters at most.', '이름이 너무 깁니다. 최대 {}자입니다.'],
  [
    '"{}" would be taken for one of my own names. Choose another.',
    '제가 쓰는 이름과 헷갈립니다: {}. 다른 이름을 골라 주세요.',
  ],
  ['{} has no file that could be named.', '이름을 붙일 파일이 없습니다: {}.'],
  ['{} has nothing to look after here.', '여기에는 할 일이 없는 작업입니다: {}.'],
  ['{} has no backup configured.', '백업이 설정되지 않은 서비스입니다: {}.'],
  ['No service has a backup configured.', '백업이 설정된 서비스가 없습니다.'],
  [
    'No folder for backups is configured: set backups.folder in the services file.',
    '백업 폴더가 설정되지 않았습니다. 서비스 파일에 backups.folder 값을 적으세요.',
  ],
  ['There is no backup of {} yet.', '아직 백업이 없습니다: {}.'],
  [
    'No backup of {} is proven. Say which one is meant: {}.',
    '검증된 백업이 없습니다: {}. 어느 백업인지 적어 주세요: {}.',
  ],
  ['"{}" could be {} backups of {}: {}', '{} – 해당하는 백업이 {}개입니다({}): {}'],
  ['There is no backup "{}" of {}. The nearest: {}.', '없는 백업입니다: {} ({}). 가장 가까운 백업: {}.'],
  ['Nothing is missing in the newest backup of {}.', '최신 백업에서 줄어든 것이 없습니다: {}.'],
  [
    'Cannot keep backups in "{}": other things are in it, such as "{}". Give backups a folder of their own; if this one is meant, run: touch "{}"',
    '백업을 둘 수 없는 폴더입니다: {}. 다른 것이 들어 있습니다(예: {}). 백업 전용 폴더를 지정하세요. 이 폴더가 맞다면 실행하세요: touch "{}"',
  ],
  [
    'The backup disk is not mounted: "{}" is not the folder that the backups are in, because {}. Mount it; for a new disk run: touch "{}"',
    '백업 디스크가 마운트되지 않았습니다: {} – 백업이 있던 폴더가 아닙니다({}). 마운트하세요. 새 디스크라면 실행하세요: touch "{}"',
  ],
  [
    'Not enough space to copy the data of {}: it needs about {} in "{}", {} are free and {} of them are kept in reserve.',
    '데이터를 복사할 공간이 부족합니다: {}. 필요 약 {}({}), 남은 공간 {}, 그중 예비 {}.',
  ],
  [
    'Not enough space: it needs up to {} in "{}", {} are free and {} of them are kept in reserve',
    '공간이 부족합니다: 필요 최대 {}({}), 남은 공간 {}, 그중 예비 {}',
  ],
  [
    'Not enough space for the new images: {} are free in /var/lib, about {} are needed.',
    '새 이미지를 둘 공간이 부족합니다: /var/lib에 남은 공간 {}, 필요 약 {}.',
  ],
  ['Cannot {} {}: there is no unit "{}".', '할 수 없습니다({} {}): 유닛이 없습니다: {}.'],
  [
    'Cannot {} {}: its container "{}" is gone, and no unit makes it anew.',
    '할 수 없습니다({} {}): 컨테이너가 없고, 새로 만들 유닛도 없습니다: {}.',
  ],
  ['No update is running.', '진행 중인 업데이트가 없습니다.'],
  ['{} is being rolled back; that is seen through.', '{} – 되돌리는 중이며, 끝까지 진행합니다.'],
  [
    '{} is on its way back, which ends with your deploy, or with: update {} stop',
    '{} – 되돌리는 중입니다. 배포하시면 끝나며, 그만두려면: update {} stop',
  ],
  ['{} does not run: start {} first.', '실행 중이 아닙니다: {}. 먼저 시작하세요: start {}'],
  ['There is nothing of {} to go back from.', '되돌릴 것이 없습니다: {}.'],
  ['Nothing waits for a deploy of {}.', '배포를 기다리는 것이 없습니다: {}.'],
  [
    'There is no version of {} to go back to: Steward has not updated it yet.',
    '되돌릴 버전이 없습니다: {}. 아직 Steward로 업데이트한 적이 없습니다.',
  ],
  ['There is no update "{}" of {} to go back from. {}', '되돌릴 업데이트가 없습니다: {} ({}). {}'],
  [
    'The old image of {} is gone: somebody pruned it. Name its version ({}) in the configuration and deploy.',
    '이전 이미지가 정리되어 없습니다: {}. 설정에 그 버전({}) 이름을 적고 배포하세요.',
  ],
  [
    'A deploy is running ({}). Ask again when it is done.',
    '배포가 진행 중입니다({}). 끝난 뒤에 다시 요청해 주세요.',
  ],
  ['A deploy is running. Ask again when it is done.', '배포가 진행 중입니다. 끝난 뒤에 다시 요청해 주세요.'],
  [
    '{} is masked, so systemd would not start it again.',
    '{} – 유닛이 mask 상태라 systemd가 다시 시작하지 못합니다.',
  ],
  [
    '{} has no unit file any more, so systemd would not start it again.',
    '{} – 유닛 파일이 없어 systemd가 다시 시작하지 못합니다.',
  ],
  [
    '{} cannot be loaded, so systemd would not start it again.',
    '{} – 읽을 수 없어 systemd가 다시 시작하지 못합니다.',
  ],
  [
    '{} has a faulty setting, so systemd would not start it again.',
    '{} – 설정이 잘못되어 systemd가 다시 시작하지 못합니다.',
  ],
  ['{} {}, so systemd would not start it again.', '{} – systemd가 다시 시작하지 못합니다({}).'],
  ['{} does not run well, and {} needs it.', '상태가 좋지 않습니다: {}. 이것이 필요한 서비스: {}.'],
  ['{} has no container that is updated here.', '여기서 업데이트하는 컨테이너가 없습니다: {}.'],
  [
    'Cannot show logs of "{}": its container does not exist, and no unit keeps its log.',
    '로그를 보여 드릴 수 없습니다: {}. 컨테이너가 없고, 로그를 남기는 유닛도 없습니다.',
  ],
  [
    'Nothing newer is known for {}. Look with: check {}',
    '알려진 새 버전이 없습니다: {}. 확인하려면: check {}',
  ],
  ['"{}" was never offered for {}. {}', '제안한 적이 없는 버전입니다: {} ({}). {}'],
  ['There is no folder "{}".', '없는 폴더입니다: {}.'],
  [
    'There is no backup in "{}": neither a "{}", nor folders of services with backups in them.',
    '백업이 없는 폴더입니다: {}. {} 파일도, 백업이 든 서비스 폴더도 없습니다.',
  ],
  ['There is no backup of {} in "{}", but of: {}.', '백업이 없습니다: {} ({}). 있는 백업: {}.'],
  ['"{}" is one backup, {}: there is no "{}" in it.', '{} – 백업 하나입니다({}). 그 안에 없는 것: {}.'],
  [
    '"{}" holds backups of {} services: {}. Say which one, or all.',
    '{} – 서비스 {}개의 백업이 있습니다: {}. 어느 것인지, 또는 all이라고 적어 주세요.',
  ],
  ['Add it there.', '추가하세요.'],
  ['Add it there; it was:\n{}', '추가하세요. 이전 설정:\n{}'],
  [
    'The services file does not know {}, of which this is a backup. {}',
    '서비스 파일에 없는 서비스의 백업입니다: {}. {}',
  ],
  ['There is no restore of {} to undo.', '취소할 복원이 없습니다: {}.'],
  [
    'There was no data of {} before that restore, so there is nothing to undo.',
    '복원하기 전에 데이터가 없었으므로 취소할 것이 없습니다: {}.',
  ],
  [
    'What the restore of {} replaced is not kept any more: it was, for seven days.',
    '복원으로 바뀐 데이터의 보관 기간(7일)이 지났습니다: {}.',
  ],
  [
    'Cannot undo the restore of {}: its record lies with the backup, and "{}" is not there. Is its disk mounted?',
    '복원을 취소할 수 없습니다: {}. 기록이 있는 폴더가 없습니다: {}. 디스크가 마운트되어 있나요?',
  ],
  ['The backup {} of {} cannot be restored: {}', '복원할 수 없는 백업입니다: {} ({}). 원인: {}'],
  ['it cannot be read.', '읽을 수 없습니다.'],
  ['"{}" is a backup of {}, not of {}.', '{} – 다른 서비스의 백업입니다(백업: {}, 요청: {}).'],
  [
    'This backup holds {}, which is no source of {} in the services file any more. Name it there as it was, or restore it by hand (docs/restore.md).',
    '이 백업에 든 것: {}. 이제 서비스 파일에서 {} 백업 대상이 아닙니다. 이전처럼 적거나 직접 복원하세요(docs/restore.md).',
  ],
  [
    '{} does not exist here, and the database of {} goes back through it. Deploy it, and ask again.',
    '여기에 없는 컨테이너입니다: {}. {} 데이터베이스를 되돌리는 데 필요합니다. 배포한 뒤 다시 요청하세요.',
  ],
];

/** What somebody sent instead of a picture. */
export const FILES: Known = [
  ['a {} archive', '{} 압축 파일'],
  ['a Photoshop file', 'Photoshop 파일'],
  ['a camera raw file', '카메라 RAW 파일'],
  ['a database', '데이터베이스'],
  ['a program', '프로그램'],
  ['a sound', '소리 파일'],
  ['an unknown file', '알 수 없는 파일'],
];

/** Why something did not work, and what went wrong beside it. */
export const CAUSES: Known = [
  ['Steward was stopped', 'Steward가 종료됨'],
  ['{} is busy', '다른 작업 중: {}'],
  ['Steward is stopping', 'Steward가 종료되는 중'],
  ['Steward was ended in the middle of it.', '작업 중에 Steward가 종료되었습니다.'],
  ['asked to stop', '중단 요청'],
  ['The old image is not kept as a file: {}', '이전 이미지를 파일로 보관하지 못했습니다: {}'],
  ['The backup of {} cannot be proven: {}', '검증할 수 없는 백업입니다: {}. {}'],
  ['What was written cannot be read again.', '기록한 것을 다시 읽을 수 없습니다.'],
  ['a restore of {} was cut off, and is not taken up yet', '끊긴 복원을 아직 이어받지 못했습니다: {}'],
  [
    'it was stopped for {} minutes, which is all that it may be (backup.pause.most)',
    '허용된 중지 시간 {}분을 다 썼습니다(backup.pause.most)',
  ],
  ['The engine at "{}" did not answer within {} s.', '엔진이 응답하지 않습니다: {} ({}초 초과).'],
  ['Cannot reach the engine at "{}": {}', '엔진에 연결할 수 없습니다: {} ({})'],
  [
    'nothing listens there. Start the engine: systemctl restart podman.socket',
    '응답하는 것이 없습니다. 엔진을 시작하세요: systemctl restart podman.socket',
  ],
  ['The connection to the engine was closed.', '엔진 연결이 닫혔습니다.'],
  ['The engine ended its stream of events.', '엔진이 이벤트 전송을 끝냈습니다.'],
  ['The engine broke off its stream of events.', '엔진의 이벤트 전송이 끊겼습니다.'],
  ['Cannot pull "{}": {}', '이미지를 내려받을 수 없습니다: {} ({})'],
  ['Cannot {}: the engine broke off its answer.', '엔진의 응답이 중간에 끊겼습니다({}).'],
  ['systemd did not answer "{}" within {} s.', 'systemd가 응답하지 않습니다: {} ({}초 초과).'],
  ['Immich at {} did not answer within {} s', 'Immich가 응답하지 않습니다: {} ({}초 초과)'],
  ['Cannot reach Immich at {}: a proxy answers {}', 'Immich에 연결할 수 없습니다: {} (프록시 응답 {})'],
  ['Cannot reach Immich at {}: {}', 'Immich에 연결할 수 없습니다: {} ({})'],
  ['Cannot reach the monitor at "{}": {}.', '모니터에 연결할 수 없습니다: {} ({}).'],
  ['Immich is in maintenance mode', 'Immich가 점검 모드입니다'],
  ['no answer in {} s', '{}초 동안 응답 없음'],
  ['{} has had enough requests for now', '{} – 요청 한도를 넘음'],
  ['There is no copy of the data.', '데이터 사본이 없습니다.'],
  ['The copy "{}" is damaged: {}', '손상된 사본입니다: {}. {}'],
  ['it has {} bytes instead of {}.', '크기가 다릅니다: {}바이트 (기록 {}바이트).'],
  ['it has other contents than were written.', '기록한 내용과 다릅니다.'],
  ['It is of {}, not of {}.', '다른 서비스의 것입니다(백업: {}, 요청: {}).'],
];
