/** Versions that the configuration names, and deploys, in English. */
import type { DeployReport, GuardReport, PinChange } from '../report/updates.ts';
import { b, code, rich, type Rich, type Span } from '../rich.ts';
import { plural } from './en-words.ts';

const OLD = 'the old version';
const NEW = 'the new version';

const places = (count: number): string => (count === 1 ? '' : ` (${plural(count, 'place')})`);

const SOMEWHERE = 'your configuration';

/** "in x change :v1 to :v2 (2 places)" */
function change({ file, lines }: PinChange): Rich {
  const where = file === undefined ? rich`${SOMEWHERE}` : rich`${code(file)}`;
  const what = lines.map(
    ({ was, next, places: count }) => rich`${code(was)} to ${code(next)}${places(count)}`,
  );
  return rich`In ${where} change ${what.flatMap((one, index) => (index === 0 ? one : [', ', ...one]))}`;
}

/** For a coding agent. A file of Nix is deployed by its rebuild; of another one its owner knows how. */
function prompt({ file, lines }: PinChange, service: string): string {
  const edits = lines.map(({ was, next, places: count }) => `${was} by ${next}${places(count)}`).join(', ');
  const deploy = file?.endsWith('.nix') === true ? 'deploy with nixos-rebuild switch' : 'deploy';
  return `In ${file ?? SOMEWHERE} replace ${edits} and change nothing else. Then ${deploy} and run: steward status ${service}`;
}

const between = (from: string | undefined, to: string | undefined): string =>
  [from, to].filter((one) => one !== undefined).join(' → ');

/** A tag that moves says the same before and after. */
const moved = (from: string | undefined, to: string | undefined): string =>
  from === to ? `another image${from === undefined ? '' : ` of ${from}`}` : between(from, to);

const ended: Record<'preparing' | 'stopped', (name: string, from: string) => Rich> = {
  preparing: (name, from) =>
    rich`✖️ ${b(`${name}: I do not wait for a deploy any more.`)} ${from} runs on; what was prepared is removed.`,
  stopped: (name, from) =>
    rich`⚪ ${b(`${name} stays stopped.`)} I do not wait for ${from} any more. Start it when its configuration is right; ${code(`rollback ${name}`)} waits again.`,
};

const heads: Record<Exclude<GuardReport['stage'], 'ended'>, (report: GuardReport) => Rich> = {
  waiting: ({ service, from, to }) =>
    rich`🛡 ${b(`${service} ${between(from, to)} is pinned in your configuration`)}`,
  unchanged: ({ service }) =>
    rich`❌ ${b(`${service}: the deploy could not be prepared`)}. Nothing was stopped, and nothing is left of it.`,
  'going-back': ({ service, to }) => rich`↩️ ${b(`${service} is stopped, on its way back to ${to ?? OLD}`)}`,
  'not-back': ({ service, to }) => rich`🔴 ${b(`${service} is DOWN; the way back to ${to ?? OLD} failed`)}`,
  observed: ({ service, from, to }) =>
    rich`👁 ${b(`Would have prepared ${service} ${between(from, to)}.`)} Steward only observes (STEWARD_OBSERVE); nothing was changed.`,
};

const wellHeads: Record<DeployReport['course'], (report: DeployReport) => Rich> = {
  announced: ({ service, to }) => rich`✅ ${b(`${service} runs ${to ?? NEW}`)}, as deployed.`,
  unannounced: ({ service, from, to }) =>
    rich`✅ ${b(`${service} was deployed`)}: ${moved(from, to)}, and is healthy.`,
  back: ({ service, to }) => rich`↩️ ${b(`${service} is back on ${to ?? OLD}`)} and healthy.`,
  again: ({ service, to }) =>
    rich`⚠️ ${b(`${service} runs ${to ?? NEW} again`)} and is healthy: it was started before its configuration named the old version. I do not take it back any more.`,
};

const badHeads: Record<DeployReport['course'], (report: DeployReport) => Rich> = {
  announced: ({ service, to }) => rich`🔴 ${b(`${service} ${to ?? NEW} is deployed, but not healthy`)}`,
  unannounced: ({ service, from, to }) =>
    rich`🔴 ${b(`${service} was deployed and is not healthy`)}: ${moved(from, to)}`,
  back: ({ service, to }) => rich`🔴 ${b(`${service} ${to ?? OLD} is started again, but not healthy`)}`,
  again: ({ service, to }) =>
    rich`🔴 ${b(`${service} ${to ?? NEW} was started again, and is not healthy`)}: its configuration does not name the old version yet.`,
};

export const guard = {
  change: (what: PinChange) => rich`${change(what)}, then deploy.`,
  restore: (what: PinChange) => rich`To go back: ${lowerFirst(change(what))}, then deploy.`,
  prompt,

  plan: {
    question: (name: string, from: string | undefined, to: string | undefined) =>
      rich`🛡 ${b(`Prepare the deploy of ${name}`)} ${between(from, to)}?`,
    pinned: (file: string | undefined) =>
      file === undefined
        ? rich`Your configuration names the version, so the deploy is yours.`
        : rich`${code(file)} names the version, so the deploy is yours.`,
    backup: 'Backup while it runs, proven and kept with the others',
    wait: 'Wait for your deploy, judge the start and tell you',
    nothingStops: 'Nothing is stopped before you deploy.',
    wayBack: 'If it fails I can put the data back as of the backup; what is written after it would be lost.',
    noCopy: '⚠️ No copy of its data is made: nothing says where that is. A way back has only the image.',
    confirm: (isCovered: boolean) => (isCovered ? 'Back up and prepare' : 'Prepare'),
  },

  back: {
    question: (name: string, from: string | undefined, to: string | undefined) =>
      rich`↩️ ${b(`Take ${name} back`)} ${between(from, to)}?`,
    reason: {
      'same-schema': '✅ The data stays as it is: the old version knows its form, and nothing is lost.',
      'other-schema': 'The old version cannot read the data as it is now, so that goes back, too.',
      fewer: 'Rows or files are missing that were there before, so the data goes back, too.',
      unreadable: 'Whether the old version can read the data cannot be told, so that goes back, too.',
      'not-covered':
        '⚠️ There is no copy of the data; the old version may not read it as the new one left it.',
    },
    asOf: (at: Rich) =>
      rich`🗄 Data as of the backup of ${at}: there was no copy at rest, because the deploy was not mine.`,
    stop: (names: string) => `Stop ${names}`,
    place: 'Put the data back',
    change: (what: PinChange) => rich`You: ${lowerFirst(change(what))}, then deploy`,
    start: (to: string | undefined) => `Start ${to ?? OLD} once the configuration names it, and judge it`,
    startNow: (to: string | undefined) =>
      `Start ${to ?? OLD}, which the configuration names already, and judge it`,
    down: 'It is down until then.',
  },

  head: (report: GuardReport): Rich => {
    const { stage, service, from, to, isStopped } = report;
    if (stage !== 'ended') return heads[stage](report);
    return isStopped
      ? ended.stopped(service, from ?? OLD)
      : ended.preparing(service, from ?? (to === undefined ? OLD : `What was before ${to}`));
  },
  ready: (backupAt: Rich | undefined) =>
    backupAt === undefined
      ? rich`The new images are here already; there is no backup of its data.`
      : rich`Backup taken ${backupAt}, new images are here already.`,
  /** Under the service's state. */
  waits: (stage: 'deploy' | 'return', version: string | undefined, since: Span) =>
    stage === 'deploy'
      ? rich`🛡 Waiting for your deploy of ${version ?? NEW}, since ${since}`
      : rich`🛡 Waiting until the configuration names ${version ?? OLD} again`,
  watching: 'I watch the start, judge it and tell you.',
  atRest: (asOf: Rich | undefined) =>
    asOf === undefined
      ? rich`Its data is as it was at the stop.`
      : rich`Its data is back, as of the backup of ${asOf}.`,
  starts: 'I start it when the configuration names it, judge it and tell you.',
  startsNow: 'The configuration names it already: I start it within a minute, judge it and tell you.',
  stillStopped: 'It is stopped, or half so. Its backup is complete.',

  deploy: {
    head: (report: DeployReport): Rich => (report.isWell ? wellHeads : badHeads)[report.course](report),
    image: (container: string, was: string, now: string): Rich =>
      rich`${container}: ${code(was)} → ${code(now)}`,
    wayBack: (backupAt: Rich | undefined) =>
      backupAt === undefined
        ? rich`Way back kept: the old image`
        : rich`Way back kept: the old image and the backup of ${backupAt}`,
    dataBack: (at: Rich) =>
      rich`${code('rollback')} stops it and, where that is needed, puts its data back as of the backup of ${at}.`,
  },
};

const lowerFirst = (text: Rich): Rich =>
  text.map((span, index) =>
    index === 0 && typeof span === 'string' ? span.charAt(0).toLowerCase() + span.slice(1) : span,
  );
