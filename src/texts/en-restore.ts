/** Restoring backups, in English. */
import type { Level } from '../backup/proof.ts';
import type { RestoreReport } from '../report/restore.ts';
import { b, code, i, rich, type Rich, type Span } from '../rich.ts';
import { allOf, plural } from './en-words.ts';

const proofs: Record<Level, string> = {
  copied: 'copied, not proven',
  decoded: 'decoded: every byte read back',
  restored: 'restored and equal',
};

/** The first lines of outcomes, by what came of it. */
const heads: Record<RestoreReport['outcome'], (report: RestoreReport) => { icon: string; text: string }> = {
  restored: ({ service }) => ({ icon: '✅', text: `${service} is restored and healthy` }),
  placed: ({ service }) => ({ icon: '✅', text: `The data of ${service} is in its place` }),
  'rolled-back': ({ service, verb }) =>
    verb === 'undo'
      ? { icon: '↩️', text: `${service} has its data of before the restore again` }
      : { icon: '↩️', text: `${service} did not come up with the backup; its data of before is back` },
  unchanged: ({ service }) => ({ icon: '❌', text: `${service} was not restored` }),
  down: ({ service, data }) => ({
    icon: '🔴',
    text:
      data === 'backup'
        ? `${service} is restored, but does not come up`
        : `${service} is DOWN after a restore`,
  }),
  observed: ({ service, verb }) => ({
    icon: '👁',
    text: verb === 'undo' ? `Would have undone the restore of ${service}` : `Would have restored ${service}`,
  }),
};

export const restore = {
  proof: (level: Level) => proofs[level],

  plan: {
    question: (name: string, at: Rich) => rich`↩️ ${b(`Restore ${name}`)} as of ${at}?`,
    backup: (id: string, size: string, proof: string) => rich`🗄 ${code(id)} – ${size}, ${proof}`,
    trouble: (why: string) => rich`⚠️ This backup is not proven: ${why}`,
    unproven: '⚠️ Nobody has proven this backup yet. It is read whole before anything stops.',
    replacesNone: 'There is no data yet that it would replace.',
    unreadable: '⚠️ Some of what is there cannot be read, so what is newer in it cannot be told.',
    nothingNewer: 'Nothing that can be counted is newer than this backup.',
    files: (count: number) => plural(count, 'file'),
    latest: (parts: readonly string[], at: Rich | undefined): Rich =>
      rich`⚠️ Newer than this backup: ${parts.join(', ')}${at === undefined ? '' : rich`; the latest ${at}`}`,
    kept: 'What it replaces is moved aside and kept for 7 days.',
    verify: 'Read the backup whole, make its data ready beside the present one',
    stop: (names: string) => `Stop ${names}, change places, start`,
    place: 'Put the data in its place',
    health: 'Wait until healthy; if not, the present data comes back',
    healthOnly: 'Wait until healthy',
    down: (ready: string | undefined, away: string | undefined) =>
      `${ready === undefined ? 'Making it ready takes about as long as copying it' : `Making it ready takes about ${ready}, as in the last drill`}. Down from step 2 on, ${away === undefined ? 'for a restart' : `about ${away}, as for a restart`}.`,
    otherImage: (container: string, image: string, was: string, isHere: boolean): Rich =>
      isHere
        ? rich`⚠️ ${b(container)} runs another image than then. Where it is older, it may not read this data: the one of then is still here, ${code(`podman tag ${was} ${image}`)} gives it its name again.`
        : rich`⚠️ ${b(container)} runs another image than then (${code(was)}). Where it is older, it may not read this data: name the version of then in the configuration first.`,
    missing: (names: string) =>
      rich`⚪ Not here yet, so not started: ${names}. Deploy it when the data is in its place.`,
    notCovered: (what: string) => rich`🗄 Not in any backup: ${what}`,
    confirm: 'Restore',
  },

  undo: {
    question: (name: string, at: Rich) => rich`↩️ ${b(`Undo the restore of ${name}`)} of ${at}?`,
    what: 'The data of before it comes back. What was written since is moved aside and kept for 7 days.',
    stop: (names: string) => `Stop ${names}, change places, start`,
    health: 'Wait until healthy',
    confirm: 'Undo it',
  },

  all: {
    question: (count: number, folder: string): Rich =>
      rich`↩️ ${b(count === 1 ? 'Restore 1 service?' : `Restore ${count} services, one after another?`)} From ${code(folder)}`,
    nothing: (folder: string) => rich`✖️ ${b('Nothing here can be restored.')} From ${code(folder)}`,
    line: (name: string, at: Rich, size: string, proof: string): Rich =>
      rich`${b(name)} – as of ${at}, ${size}, ${proof}`,
    order: 'The first that does not come up has its data put back, and ends the row.',
    leftHead: 'Left for you:',
    unknown: (name: string): Rich => rich`▫️ ${b(name)} – not in the services file. Add it, and ask again.`,
    definition: 'It was:',
    cause: (name: string, cause: string): Rich => rich`▫️ ${b(name)} – ${cause}`,
    confirm: (count: number) => (count === 1 ? 'Restore' : `Restore ${allOf(count).toLowerCase()}`),
    done: (count: number) => rich`✅ ${b(`${plural(count, 'service')} restored`)}`,
    some: (done: number, all: number, name: string) =>
      rich`↩️ ${b(`${done} of ${all} restored`)}; ${name} needs a look`,
    down: (done: number, all: number, name: string) =>
      rich`🔴 ${b(`${name} is DOWN`)}; ${done} of ${all} restored`,
    rest: (names: string) => rich`⏸ Not begun: ${names}`,
    notHeld: rich`${i('No backup holds secrets, the configuration of the host, or what each plan calls not covered.')}`,
  },

  outcome: {
    head: (report: RestoreReport) => heads[report.outcome](report),
    took: (took: string, down: string | undefined) =>
      ` – ${took}${down === undefined ? '' : `, down for ${down}`}`,
    asOf: (at: Rich) => rich`Data as of ${at}.`,
    replaced: (counts: string) => rich`Replaced, and put aside: ${counts}`,
    aside: (until: Span) => rich`Kept until ${until}:`,
    undone: (until: Span) => rich`What had come instead is kept until ${until}:`,
    untouched: (down: string | undefined) =>
      down === undefined
        ? 'Nothing was stopped; its data is as it was.'
        : `It runs again with its data as it was, down for ${down}.`,
    down: (span: string) => `Down for ${span}.`,
    nothingBefore: 'The data of the backup is in its place; there was none before, so nothing comes back.',
    missing: (names: string) => rich`Not started, because it is not here yet: ${names}. Deploy it now.`,
    whyLost: (why: string) => rich`Why it does not run: ${why.replace(/[.\s]+$/, '')}.`,
    run: 'On the server, this tries the way back again:',
    observed: 'Steward only observes (STEWARD_OBSERVE); nothing was changed.',
  },
};
