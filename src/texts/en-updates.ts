/** Updates and the way back, in English. */
import type { Note } from '../report/notes.ts';
import type { ReleaseState } from '../report/releases.ts';
import type { UpdateHazard, UpdateReport } from '../report/updates.ts';
import { b, code, i, rich, type Rich, type Span } from '../rich.ts';
import { allOf, duration, plural } from './en-words.ts';

type Verb = UpdateReport['verb'];
/** Where the version is not known. */
const NEW = 'the new version';
const OLD = 'the old version';

/** "server", "server and ml", "server, ml and 2 more" */
const listed = (names: readonly string[], most = 3): string => {
  if (names.length <= 1) return names.join('');
  if (names.length > most)
    return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
};

/** "v2.5.5 → v2.6.0", as far as they are known and differ. */
const versions = (from: string | undefined, to: string | undefined): string =>
  to === undefined || to === from
    ? `${from === undefined ? '' : `${from} `}to a newer image`
    : from === undefined
      ? `to ${to}`
      : `${from} → ${to}`;

/** What a step does, as it is named where it failed. */
const steps: Readonly<Record<string, string>> = {
  check: 'the check beforehand',
  before: 'a unit that runs before it',
  backup: 'the backup',
  download: 'the download',
  unpack: 'loading the old image',
  stop: 'stopping',
  snapshot: 'the snapshot at rest',
  switch: 'changing the image',
  start: 'starting',
  health: 'the wait for health',
  after: 'a unit that runs after it',
  archive: 'keeping the old image as a file',
  'back-stop': 'stopping the new version',
  'back-data': 'putting the data back',
  'back-images': 'putting the image back',
  'back-start': 'starting the old version',
  'back-health': 'the wait for the health of the old version',
  server: 'the wait for the database server',
  verify: 'reading the backup',
  ready: 'making its data ready',
  place: 'putting the data in its place',
};

const hazard = (what: UpdateHazard, at: (moment: number) => Span): Rich => {
  switch (what.kind) {
    case 'pull':
      return rich`${code(what.unit)} pulls by itself (${code(what.how)}), which can undo a way back. Take that out of the unit.`;
    case 'auto-update':
      return rich`${code(what.timer)} updates containers, too. Two updaters undo each other's work: ${code(`systemctl disable --now ${what.timer}`)}`;
    case 'compose-pull':
      return rich`${b(what.container)} is pulled at each start (${code(`pull_policy: ${what.policy}`)}), which can undo a way back. Set ${code('pull_policy: missing')}.`;
    case 'recreated':
      return what.lost.length > 0
        ? rich`${b(what.container)} is made anew without ${code(what.lost.join(' '))}, which the engine does not take from others. Run it from a unit to keep that.`
        : rich`${b(what.container)} is made anew; the engine does not tell whether it has ${code(what.untold.join(' '))}, so they would be lost.`;
    case 'shares':
      return what.isOurs
        ? rich`${b(what.container)} lives in the network of ${b(what.provider)}, so it is made anew with it.`
        : rich`${b(what.container)} lives in the network of ${b(what.provider)} and is no part of this service: it loses its network until it is made anew.`;
    case 'no-data':
      return rich`Nothing says where its data is, so a way back has only the image, and the old version may not read what the new one wrote. Add ${code('backup')} in ${code('services.yaml')}.`;
    case 'image-only':
      return rich`The way back has only the image, as configured; the old version may not read what the new one wrote. ${code('rollback: with-data')} puts both back.`;
    case 'failed-before':
      return rich`It failed with this image ${at(what.at)}: ${ended(what.why)} Read the notes first.`;
    case 'dependents':
      return rich`Down with it, and started again after it: ${listed(what.units)}.`;
  }
};

/** With one full stop at its end. */
const ended = (text: string): string => `${text.replace(/[.\s]+$/, '')}.`;

/** Why a service is left out when all are updated. */
const left = ({ verdict, to }: ReleaseState): string => {
  const what = to ?? 'a newer image';
  switch (verdict.kind) {
    case 'pinned':
      return `${what}: pinned, change ${verdict.tag} to ${verdict.nextTag}${verdict.file === undefined ? '' : ` in ${verdict.file}`}`;
    case 'major':
      return `${what}: its tag never gives this line of versions`;
    case 'blocked':
      return {
        skipped: `${what}: skipped`,
        failed: `${what}: did not come up before`,
        vectors: `${what}: its database must move to VectorChord first`,
      }[verdict.reason.kind];
    default:
      return what;
  }
};

const gerunds: Record<Verb, string> = { update: 'update', rollback: 'rollback' };
const past: Record<Verb, string> = { update: 'updated', rollback: 'rolled back' };

/** The first lines of outcomes, without their icons, by what came of it. `from` runs again after a failure. */
const heads: Record<UpdateReport['outcome'], (report: UpdateReport) => { icon: string; text: string }> = {
  updated: ({ service, to, verb }) => ({
    icon: verb === 'update' ? '✅' : '↩️',
    text: verb === 'update' ? `${service} runs ${to ?? NEW}` : `${service} is back on ${to ?? OLD}`,
  }),
  'rolled-back': ({ service, from, verb, why }) => ({
    icon: '↩️',
    text:
      why?.kind === 'asked'
        ? `${service} is back on ${from ?? OLD}, as asked`
        : `${service} ${gerunds[verb]} failed; ${from ?? (verb === 'update' ? OLD : NEW)} is back and healthy`,
  }),
  unchanged: ({ service, verb, why }) =>
    why?.kind === 'asked'
      ? { icon: '✖️', text: `${service}: ${gerunds[verb]} cancelled` }
      : { icon: '❌', text: `${service} was not ${past[verb]}` },
  down: ({ service, verb }) => ({
    icon: '🔴',
    text:
      verb === 'update'
        ? `${service} is DOWN; update and rollback both failed`
        : `${service} is DOWN; the rollback failed, and the way back from it too`,
  }),
  observed: ({ service, verb }) => ({ icon: '👁', text: `Would have ${past[verb]} ${service}` }),
};

const asked: Record<(Note & { key: 'asked' })['what'], (name: string) => string> = {
  cancel: (name) => `${name}: the update is being cancelled.`,
  'roll-back': (name) => `${name}: going back to the old version.`,
  wait: (name) => `${name}: 10 min more to become healthy.`,
};
const notAsked: Record<(Note & { key: 'not-asked' })['why'], (name: string) => string> = {
  over: (name) => `${name}: that update is over.`,
  stopped: (name) => `${name} is stopped already, too late to cancel. It can be rolled back.`,
  back: (name) => `${name} is on its way back already.`,
};

export const updates = {
  /** The service itself, where it is one container. */
  it: 'it',
  listed,
  versions,
  step: (step: string) => steps[step] ?? step,
  hazard: (what: UpdateHazard, at: (moment: number) => Span): Rich =>
    rich`${what.kind === 'dependents' || (what.kind === 'shares' && what.isOurs) ? '🔗' : '⚠️'} ${hazard(what, at)}`,

  plan: {
    question: (name: string, between: string) => rich`⬆️ ${b(`Update ${name}`)} ${between}?`,
    backup: 'Backup while it runs, proven and kept with the others',
    download: (images: number, size: string | undefined) =>
      `Download ${plural(images, 'image')}${size === undefined ? '' : `, ${size}`}`,
    here: 'The new image is here already',
    stop: (names: string, snapshot: boolean) =>
      `Stop ${names}${snapshot ? ', last snapshot at rest' : ''}, start the new ${names === 'it' ? 'one' : 'version'}`,
    health: (limit: string) => `Wait until healthy, at most ${limit}`,
    away: (span: string) => `Down for about ${span}, as last time.`,
    /** By their numbers in the plan. */
    awayUnknown: (first: number, last: number) => `Down during ${first} and ${last}.`,
    failure: (first: number, last: number, withData: boolean): Rich =>
      withData
        ? rich`If ${first} or ${last} fails I put image ${b('and')} data back, as of the stop.`
        : rich`If ${first} or ${last} fails I put the image back, and leave the data as it is then.`,
    notCovered: (what: string) => rich`🗄 No copy is made of: ${what}`,
    breaking: (count: number) =>
      rich`⚠️ The notes mention ${count === 1 ? 'a breaking change' : `${count} breaking changes`}:`,
    valid: (until: Span) => rich`${i(rich`Valid until ${until}`)}`,
    confirm: (withData: boolean) => (withData ? 'Back up and update' : 'Update'),
  },

  back: {
    question: (name: string, between: string) => rich`↩️ ${b(`Roll back ${name}`)} ${between}?`,
    retry: (name: string, to: string) => rich`↩️ ${b(`Bring ${name} back`)} to ${to}?`,
    versions: (from: string | undefined, to: string | undefined) =>
      to === undefined || to === from
        ? 'to the image of before'
        : from === undefined
          ? `to ${to}`
          : `${from} → ${to}`,
    stop: (names: string, snapshot: boolean) =>
      snapshot ? `Stop ${names}, snapshot of the data as it is now` : `Stop ${names}`,
    place: (withData: boolean) => (withData ? 'Put image and data back, start' : 'Put the image back, start'),
    health: 'Wait until healthy',
    dataToo: 'The data goes back, too.',
    withData: {
      'other-schema':
        'The data has another form than then, which the old version may not read. So it goes back, too.',
      unreadable: 'Whether the old version can read the data cannot be told. So it goes back, too.',
      'same-schema': 'The data goes back, too.',
      'not-covered': 'The data goes back, too.',
    },
    imageOnly: {
      'same-schema': '✅ Only the image changes. The data has the same form as before, and nothing is lost.',
      'other-schema': '⚠️ Only the image changes, and the old version may not read the data as it is now.',
      unreadable:
        '⚠️ Only the image changes. Whether the old version can read the data as it is now cannot be told.',
      'not-covered':
        '⚠️ Only the image changes: there is no copy of the data. The old version may not read it as it is now.',
    },
    asOf: (at: Rich) => rich`🗄 Data as of ${at}.`,
    lost: (what: string) => rich`⚠️ Written since: ${what}. The service loses that; it is kept on the disk.`,
    lostNothing: 'Nothing that can be counted was written since.',
    lostUnknown: '⚠️ What was written since cannot be counted. The service loses it; it is kept on the disk.',
    confirm: 'Roll back',
  },

  all: {
    question: (count: number) =>
      count === 1
        ? rich`⬆️ ${b('Update 1 service?')}`
        : rich`⬆️ ${b(`Update ${count} services, one after another?`)}`,
    nothing: rich`✅ ${b('Nothing to update.')}`,
    order: (count: number) =>
      count === 1
        ? 'If it fails, the old version comes back.'
        : 'Each is proven healthy before the next begins. One that fails is put back and ends the row.',
    leftHead: 'Left for you:',
    left: (state: ReleaseState): Rich => rich`▫️ ${b(state.name)} ${left(state)}`,
    leftFor: (name: string, cause: string): Rich => rich`❔ ${b(name)} – ${cause}`,
    unknown: 'it could not be looked up',
    confirm: (count: number) => (count === 1 ? 'Update' : `Update ${allOf(count).toLowerCase()}`),
    done: (count: number) => rich`✅ ${b(`${plural(count, 'service')} updated`)}`,
    some: (done: number, all: number, icon: string, name: string) =>
      rich`${icon} ${b(`${done} of ${all} updated`)}; ${name} needs a look`,
    down: (done: number, all: number, name: string) =>
      rich`🔴 ${b(`${name} is DOWN`)}; ${done} of ${all} updated`,
    rest: (names: string) => rich`⏸ Not begun: ${names}`,
  },

  outcome: {
    head: (report: UpdateReport): { icon: string; text: string } => heads[report.outcome](report),
    took: (took: string, down: string | undefined) =>
      ` – ${took}${down === undefined ? '' : `, down for ${down}`}`,
    healthy: (containers: number) =>
      containers <= 1 ? 'Healthy.' : `${allOf(containers)} containers healthy.`,
    kept: (version: string | undefined, at: Span | undefined): Rich =>
      at === undefined
        ? rich`Way back kept: image ${version ?? 'of before'}`
        : rich`Way back kept: image ${version ?? 'of before'} and the snapshot of ${at}`,
    runs: (version: string | undefined, down: string | undefined) =>
      down === undefined
        ? `Nothing was stopped; ${version ?? OLD} runs as before.`
        : `${version ?? OLD} runs again with its data as it was, down for ${down}.`.replace(/^t/, 'T'),
    down: (span: string) => ` Down for ${span}.`,
    data: (at: Rich, isStop: boolean) => rich`Data as of ${at}${isStop ? ', when it stopped' : ''}`,
    nothingSince: '; nothing was written since.',
    since: (what: string) => rich`Written since, and put aside: ${what}`,
    aside: 'Kept in',
    imageOnly: 'Only the image was put back; the data is as the new version left it.',
    why: (why: string) => rich`Why: ${ended(why)}`,
    whyLost: (why: string) => rich`Why no way back: ${ended(why)}`,
    skipped: (version: string | undefined) =>
      rich`${version ?? 'This image'} is skipped until you ask or a newer one appears.`,
    snapshot: (at: Span) => rich`The snapshot of ${at} is complete.`,
    run: 'On the server, run:',
    warning: (text: string) => rich`⚠️ ${text}`,
    observed: 'Steward only observes (STEWARD_OBSERVE); nothing was changed.',
    counts: (
      tables: readonly { name: string; change: number }[],
      more: { change: number; tables: number },
    ) => {
      const signed = (change: number) => (change < 0 ? `−${-change}` : `+${change}`);
      const parts = tables.map(({ name, change }) => `${name} ${signed(change)}`);
      return more.tables === 0
        ? parts.join(', ')
        : `${parts.join(', ')}, ${signed(more.change)} in ${plural(more.tables, 'more table')}`;
    },
  },

  failure: {
    step: (step: string, cause: string) => `${steps[step] ?? step} failed: ${cause}`,
    slow: (limit: number) => `it was not healthy within ${duration(limit)}`,
    version: (expected: string, found: string) => `it runs, but as ${found} instead of ${expected}`,
    image: (container: string) =>
      `something else gave ${container} another image: a deploy, or another updater`,
    asked: 'somebody asked for it',
    'cut-off': 'Steward was stopped in the middle of it',
  },

  fresh: (name: string, version: string, tag: string | undefined): Rich => {
    const what = version === '' ? rich`` : rich`${version}, `;
    return tag === undefined
      ? rich`✅ ${b(`${name} is fresh`)} – ${what}checked just now. Nothing was restarted.`
      : rich`✅ ${b(`${name} is fresh`)} – ${what}the newest image of ${code(tag)}, checked just now. Nothing was restarted.`;
  },
  asked: (what: (Note & { key: 'asked' })['what'], name: string) => rich`⏳ ${asked[what](name)}`,
  notAsked: (why: (Note & { key: 'not-asked' })['why'], name: string) => rich`✋ ${notAsked[why](name)}`,
  superseded: (name: string, what: string, now: string | undefined): Rich =>
    now === undefined
      ? rich`🔄 ${b(`${name} ${what}`)} is not offered any more. Nothing was changed.`
      : rich`🔄 ${b(`${name} ${what}`)} is not offered any more; ${now} is. Nothing was changed.`,

  typed: (word: string) => rich`To go ahead, reply: ${code(word)}`,
  wrongWord: (word: string) =>
    rich`That is another word. To go ahead, reply ${code(word)}; nothing was changed.`,
};
