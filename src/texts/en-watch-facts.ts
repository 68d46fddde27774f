/** What watching finds beside services that do not work, in English. */
import type { DeployLeftFact, LogFact, SlowPatternFact, WatchFact } from '../report/watch-facts.ts';
import { rich, type Rich } from '../rich.ts';
import { capital, hostNamed, plural } from './en-words.ts';

/** In the first line of an alert; a pattern can be long. */
const shown = (pattern: string): string => (pattern.length > 60 ? `${pattern.slice(0, 60)}…` : pattern);

export const watchFacts = {
  title(fact: WatchFact, service: string | undefined): string {
    switch (fact.kind) {
      case 'log':
        return `${service ?? fact.title} logs “${shown(fact.pattern)}”`;
      case 'slow-pattern':
        return `${service ?? fact.title}: a pattern takes too long on its log`;
      case 'deploy-left':
        return fact.host === 'local'
          ? 'A deploy does not end'
          : `A deploy on ${hostNamed(fact.host)} does not end`;
    }
  },
  over(fact: WatchFact, service: string | undefined): string {
    switch (fact.kind) {
      case 'log':
        return `${service ?? fact.title} has logged no “${shown(fact.pattern)}” for half an hour`;
      case 'slow-pattern':
        return `${service ?? fact.title}: all patterns are looked for again`;
      case 'deploy-left':
        return `${capital(hostNamed(fact.host))} deploys no more`;
    }
  },
  logged: ({ part, count }: LogFact, last: Rich) =>
    count === 1 ? rich`${part}, at ${last}:` : rich`${part}, ${plural(count, 'time')}, last at ${last}:`,
  slow: ({ pattern }: SlowPatternFact) =>
    `“${shown(pattern)}” is not looked for until Steward starts again. A simpler one, without repetitions of repetitions, is quick on every line.`,
  deploy: ({ unit }: DeployLeftFact, begun: Rich) =>
    rich`${unit} is active since ${begun}. Alerts are told all the same; updates wait. If nothing is being deployed, stop it: ${{ code: `systemctl stop ${unit}` }}`,
};
