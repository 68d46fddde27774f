/** What monitors elsewhere and systemd are told of Steward itself, in Korean: one line, plain text. */
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';

export const pulse: Catalogue['pulse'] = {
  services: ({ well, all }) => `서비스 ${all}개 중 ${well}개 정상`,
  unwell: (why) => {
    switch (why.kind) {
      case 'store':
        return `아무것도 기록할 수 없음: ${said(why.cause)}`;
      case 'telegram':
        return why.since === undefined
          ? 'Telegram이 아직 응답하지 않음'
          : `Telegram 응답 없음, ${new Date(why.since).toISOString()}부터`;
      case 'starting':
        return 'Steward가 방금 시작됨';
    }
  },
  done: (subject) => (subject === undefined ? '완료' : `${subject}: 완료`),
  failed: (subject, cause) => (subject === undefined ? said(cause) : `${subject}: ${said(cause)}`),
};
