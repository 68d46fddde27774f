/** What watching finds beside services that do not work, in Korean. */
import { rich } from '../rich.ts';
import type { Catalogue } from './en.ts';
import { hostNamed } from './ko-words.ts';

/** In the first line of an alert; a pattern can be long. */
const shown = (pattern: string): string => (pattern.length > 60 ? `${pattern.slice(0, 60)}…` : pattern);

export const watchFacts: Catalogue['watchFacts'] = {
  title(fact, service) {
    switch (fact.kind) {
      case 'log':
        return `${service ?? fact.title} 로그에 나타남: “${shown(fact.pattern)}”`;
      case 'slow-pattern':
        return `${service ?? fact.title} 로그: 찾는 데 너무 오래 걸리는 패턴`;
      case 'deploy-left':
        return fact.host === 'local' ? '배포가 끝나지 않음' : `${hostNamed(fact.host)}: 배포가 끝나지 않음`;
    }
  },
  over(fact, service) {
    switch (fact.kind) {
      case 'log':
        return `${service ?? fact.title} 로그에 30분째 나타나지 않음: “${shown(fact.pattern)}”`;
      case 'slow-pattern':
        return `${service ?? fact.title} 로그: 모든 패턴을 다시 찾는 중`;
      case 'deploy-left':
        return `${hostNamed(fact.host)}: 배포가 끝남`;
    }
  },
  logged: ({ part, count }, last) =>
    count === 1 ? rich`${part}, ${last}:` : rich`${part}, ${count}회, 마지막 ${last}:`,
  slow: ({ pattern }) =>
    `“${shown(pattern)}” 패턴은 Steward를 다시 시작할 때까지 찾지 않습니다. 반복 안에 반복이 없는 단순한 패턴이라면 어느 줄에서나 빠릅니다.`,
  deploy: ({ unit }, begun) =>
    rich`${unit} 유닛이 ${begun}부터 활성 상태입니다. 경보는 그대로 알려 드리고, 업데이트는 기다립니다. 배포 중인 것이 없다면 중지하세요: ${{ code: `systemctl stop ${unit}` }}`,
};
