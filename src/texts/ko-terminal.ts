/** What only the command line says, in Korean. */
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { bare } from './ko-words.ts';

export const terminal: Catalogue['terminal'] = {
  usage: '사용법: steward <명령> [인수] [--json] [--yes] [--dry-run]',
  unknownCommand: (word, nearest) =>
    `없는 명령입니다: ${word}.${nearest.length === 0 ? ' 전체 목록: steward help' : ` 혹시 이 명령인가요? ${nearest.join(', ')}`}`,
  failed: (cause, wantsSudo) =>
    `실패했습니다: ${bare(said(cause))}.${wantsSudo ? ' sudo를 붙여 다시 실행하세요.' : ''}`,
  unchanged: '변경한 것이 없습니다.',
  brokenOff: '작업이 중간에 끊겼습니다',
  resumes: (again) =>
    `작업이 중간에 끊겼습니다. 1분 안에 봇이 이어서 처리합니다. 봇이 실행 중이 아니라면 다음 명령을 실행하세요: ${again}`,
  nobodyToAsk:
    '확인이 필요한 작업인데 물어볼 터미널이 없습니다. --yes를 붙이거나, --dry-run으로 계획만 확인하세요.',
  type: (word) => `계속하려면 다음을 그대로 입력하세요. ${word}: `,
  goAhead: '진행할까요? [y/N] ',
  // ㅛ is what the key of y writes while the keyboard stands on Korean.
  yes: /^(y(es)?|예|네|ㅛ)$/i,
};
