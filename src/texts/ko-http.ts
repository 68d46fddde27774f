/** What is answered by HTTP, in Korean. */
import type { HttpProblem } from '../http/problem.ts';
import { formatSize } from '../units.ts';
import type { Catalogue } from './en.ts';
import { said } from './ko-said.ts';
import { bare } from './ko-words.ts';

const problem = (what: HttpProblem): string => {
  switch (what.kind) {
    case 'not-found':
      return '이 주소에는 아무것도 없습니다. 사용할 수 있는 주소: POST /pictures, POST /inbox, GET /healthz, GET /metrics';
    case 'method':
      return `이 방식은 받지 않습니다. 다음을 사용하세요: ${what.allowed}`;
    case 'token':
      return '토큰이 없거나 틀렸습니다. HTTP_TOKEN의 값을 "Authorization: Bearer" 헤더에 넣어 보내세요.';
    case 'too-often':
      return `요청이 너무 많습니다. ${Math.ceil(what.wait / 1000)}초 뒤에 다시 시도하세요.`;
    case 'busy':
      return '동시에 올리는 파일이 너무 많습니다. 잠시 뒤에 다시 시도하세요.';
    case 'no-file':
      return '요청에 파일이 없습니다. 파일 하나는 본문으로, 여러 개는 폼의 파일로 보내세요.';
    case 'form':
      return `폼을 읽을 수 없습니다: ${bare(said(what.cause))}.`;
    case 'encoding':
      return '본문이 압축되어 있습니다. 파일을 그대로 보내세요.';
    case 'file-too-large':
      return `너무 큽니다. 파일 하나의 한도: ${formatSize(what.limit)}. 아무것도 받지 않았습니다.`;
    case 'too-large':
      return `너무 큽니다. 모든 파일을 합한 한도: ${formatSize(what.limit)}. 아무것도 받지 않았습니다.`;
    case 'too-many-files':
      return `파일이 너무 많습니다. 요청 하나의 한도: ${what.limit}개. 아무것도 받지 않았습니다.`;
    case 'disk-full':
      return '디스크가 가득 찼습니다. 아무것도 받지 않았습니다.';
    case 'storage':
      return `파일을 쓸 수 없습니다: ${bare(said(what.cause))}. 아무것도 받지 않았습니다.`;
    case 'no-owner':
      return 'Steward의 주인이 아직 없습니다. 첫 시작 때 로그에 남은 링크를 여세요.';
    case 'inbox-off':
      return `인박스가 꺼져 있습니다. 설정되지 않은 값: ${what.why}`;
    case 'failed':
      return '실패했습니다. 원인은 Steward의 로그에 있습니다.';
  }
};

export const http: Catalogue['http'] = {
  problem,
  inInbox: (name) => `인박스에 넣었습니다: ${name}`,
  notForInbox: (found) =>
    `받지 않았습니다: 사진이나 동영상이 아닙니다${found === undefined ? '' : `(${said(found)})`}.`,
};
