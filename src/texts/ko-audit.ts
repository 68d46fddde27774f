/** What was asked of Steward, in Korean. */
import { b, rich } from '../rich.ts';
import type { AuditOutcome } from '../store/audit.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';

const outcomes: Readonly<Record<AuditOutcome, string>> = {
  done: '',
  failed: '실패',
  refused: '거부됨',
  busy: '다른 작업 중이었음',
  interrupted: '중간에 끊김',
  cancelled: '취소됨',
  expired: '계획의 유효 시간이 지남',
  changed: '계획 뒤에 상황이 바뀜',
  observed: '관찰 모드라서 실행하지 않음',
};

export const audit: Catalogue['audit'] = {
  head: (service, shown, total, days) => {
    const about = [
      ...(service === undefined ? [] : [service]),
      ...(days === undefined ? [] : [`최근 ${days}일`]),
    ];
    const of = about.length === 0 ? '' : ` · ${about.join(', ')}`;
    if (total === 0) return rich`🧾 ${b('요청받은 것이 없습니다')}${of}`;
    return rich`🧾 ${b(shown === total ? `기록 ${total}건` : `기록 ${total}건 중 최근 ${shown}건`)}${of}`;
  },
  by: (from, who) => ({ chat: `${who}(채팅)`, cli: `${who}(명령줄)`, schedule: '예약' })[from],
  outcome: (outcome, isConfirmed, reason) => {
    const what = outcome === undefined ? '실행 중' : outcomes[outcome];
    const why = reason === undefined || outcome === 'busy' ? '' : said(reason);
    return [isConfirmed ? '확인함' : '', [what, why].filter((part) => part !== '').join(': ')]
      .filter((part) => part !== '')
      .join(', ');
  },
  reasons: { stranger: '모르는 사람', guest: '손님' },
};
