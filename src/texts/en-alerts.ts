/** Troubles that nobody asked about, in English. */
import type {
  AlertRingReport,
  Ending,
  Finding,
  FindingFact,
  HostFact,
  Mended,
  MuteReport,
  ServiceFact,
  ToldAlert,
  Who,
} from '../report/alerts.ts';
import { b, i, rich, type Rich } from '../rich.ts';
import { checks } from './en-checks.ts';
import { watchFacts } from './en-watch-facts.ts';
import { allOf, capital, hostNamed, plural, sentence } from './en-words.ts';

export const alertActions = {
  snooze: () => 'Snooze 1 h',
  wake: () => 'Wake',
  ack: () => "I'm on it",
  mute: (span?: string) => `Mute ${(span ?? '').replace('h', ' h')}`,
  unmute: () => 'Unmute',
};

export const alertCommands = {
  snooze: 'Silence an alert for a while',
  ack: 'Say that you look after an alert',
  mute: 'Silence all but critical alerts for a while',
};

const partOfHost = ({ host, what }: HostFact): string =>
  `${what === 'engine' ? 'the engine' : what} of ${hostNamed(host)}`;

const jobNamed = (job: string, subject: string | undefined): string =>
  subject === undefined ? job : `${job} ${subject}`;

function serviceTitle({ trouble, state, ...fact }: ServiceFact, name = fact.title): string {
  switch (trouble.kind) {
    case 'restarting':
      return `${name} restarts again and again`;
    case 'no-answer':
      return `${name} does not answer`;
    case 'starting':
      return `${name} does not come up`;
    case 'silent':
      return `${name} cannot be looked at`;
    default:
      return {
        down: `${name} is down`,
        degraded: `${name} is unhealthy`,
        unknown: `${name} cannot be asked`,
      }[state];
  }
}

/** What is wrong, as the first words of an alert. */
function title({ fact, service }: Finding): string {
  switch (fact.kind) {
    case 'service':
      return serviceTitle(fact, service);
    case 'host':
      return `${capital(partOfHost(fact))} does not answer`;
    case 'job':
      return `${jobNamed(fact.job, fact.subject)} failed`;
    case 'log':
    case 'slow-pattern':
    case 'deploy-left':
      return watchFacts.title(fact, service);
    default:
      return checks.title(fact);
  }
}

/** That it is wrong no more. */
function over({ fact, service }: Finding): string {
  switch (fact.kind) {
    case 'service':
      return `${service ?? fact.title} is back`;
    case 'host':
      return `${capital(partOfHost(fact))} answers again`;
    case 'job':
      return `${jobNamed(fact.job, fact.subject)} went well again`;
    case 'log':
    case 'slow-pattern':
    case 'deploy-left':
      return watchFacts.over(fact, service);
    default:
      return checks.over(fact);
  }
}

/** What is not looked at any more, or was stopped, is not well. */
function ended(finding: Finding, ending: Ending | undefined): Rich {
  const { fact, service } = finding;
  if (ending === undefined || ending === 'well') return rich`🟢 ${b(over(finding))}`;
  const name = service ?? ('title' in fact ? fact.title : title(finding));
  return ending === 'stopped'
    ? rich`⚪ ${b(`${name} was stopped`)}`
    : rich`⚪ ${b(`${name} is not watched any more`)}`;
}

const isDown = (fact: FindingFact): boolean => fact.kind === 'service' && fact.state === 'down';

const by = (who: Who): string =>
  who === 'you' ? 'you' : who === 'schedule' ? 'Steward, as scheduled' : who.name;

const mended: Record<Mended['verb'], string> = {
  restart: 'Restarted',
  start: 'Started',
  update: 'Updated',
  rollback: 'Rolled back',
  restore: 'Restored',
};

type Rings = Record<AlertRingReport['why'], (what: string, lasted: string) => Rich>;

export const alerts = {
  title,
  over,
  since: (at: Rich) => rich` since ${at}`,
  /** Of a part of a service: what is wrong with it, as a sentence of its own. */
  cause: (part: string | undefined, why: string) =>
    part === undefined
      ? sentence(why)
      : `${part}: ${sentence(why).replace(/^./, (first) => first.toLowerCase())}`,
  limit: (why: string, limit: string) => `${why} (limit ${limit})`,
  restarts: (count: number) => (count === 1 ? 'It was restarted once.' : `It was restarted ${count} times.`),
  check: (output: string) => `Health check: ${sentence(output)}`,
  unseen: (names: string) => `Not to be looked at meanwhile: ${names}.`,
  stillFine: (count: number) =>
    count === 1 ? 'Still fine: the other service.' : `Still fine: the other ${plural(count, 'service')}.`,
  alsoDown: (names: string) => `In trouble as well: ${names}.`,
  stillDown: (names: string) => `Still in trouble: ${names}.`,
  again: (times: number, before: string) =>
    times === 2
      ? `It was so before, for ${before}.`
      : `It was so ${times - 1} times before, for ${before} altogether.`,
  onIt: (who: Who) => (who === 'you' ? rich`🙋 You are on it.` : rich`🙋 ${by(who)} is on it.`),
  snoozed: (who: Who, until: Rich) =>
    who === 'you' ? rich`😴 Silent until ${until}.` : rich`😴 Silent until ${until}, as ${by(who)} wished.`,

  ended: ({ finding, ending }: Pick<ToldAlert, 'finding' | 'ending'>, lasted: string) =>
    rich`${ended(finding, ending)} – ${isDown(finding.fact) ? 'down for' : 'after'} ${lasted}.`,
  mended: ({ verb, by: who }: Mended) => ` ${mended[verb]} by ${by(who)}.`,
  memoryNow: (amount: string) => ` Memory now ${amount}.`,
  was: (what: string) => rich`Was: ${i(what)}`,

  many: (count: number) => b(plural(count, 'trouble')),
  manyLeft: (left: number, count: number) => b(`${left} of ${plural(count, 'trouble')} left`),
  manyOver: (count: number) => rich`🟢 ${b(`${allOf(count)} troubles are over`)}`,
  more: (count: number) => rich`… and ${count} more`,
  line: (what: string) => b(what),

  ring: {
    lasts: (what, lasted) => rich`${b(what)} – still, for ${lasted}.`,
    again: (what) => rich`${b(what)} again.`,
    worse: (what) => rich`${b(what)}. It got worse.`,
    'snooze-over': (what, lasted) =>
      rich`${b(what)} – still, for ${lasted}. It was silent as long as you wished.`,
  } satisfies Rings as Rings,
  lastMany: (count: number) => b(`${plural(count, 'trouble')} still there`),
  nobody: 'Nobody has said that they are on it.',

  acked: (what: string) => rich`🙋 You are on it: ${what}. It rings no more.`,
  snoozedNow: (what: string, until: Rich) => rich`😴 Silent until ${until}: ${what}.`,
  woken: (what: string) => rich`🔔 No longer silent: ${what}.`,

  held: (count: number) => rich`🌙 ${b(`Held while it was quiet: ${count}`)}`,

  muted: ({ until, who }: { until: Rich; who: Who }) =>
    rich`🔕 ${b('Muted')} until ${until}${who === 'you' ? '' : `, by ${by(who)}`}. Critical alerts ring all the same; the rest is told when it is over.`,
  notMuted: rich`🔔 ${b('Not muted.')}`,
  quietHours: ({ from, to }: NonNullable<MuteReport['quietHours']>) =>
    `Every night from ${from} to ${to} only critical alerts ring.`,
  waiting: (count: number) => `${plural(count, 'report')} held back so far.`,
};
