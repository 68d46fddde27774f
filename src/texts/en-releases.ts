/** What is published for the services, in English. */
import type { ReleaseTrouble } from '../report/releases.ts';
import { b, code, rich, type Rich, type Span } from '../rich.ts';
import { allOf } from './en-words.ts';

/** "2.x" of `2`, "2.1.x" of `v2.1`. */
const line = (tag: string) => `${tag.replace(/^v/i, '')}.x`;

const names: Record<'short' | 'id' | 'invalid', string> = {
  short: 'it names no registry; write it whole, such as docker.io/library/postgres:16',
  id: 'it was started by its id, so there is no tag to look at',
  invalid: 'that is no name of an image',
};

/** @param until the end of a rate limit, in the host's time */
const trouble = (what: ReleaseTrouble, until: string): string => {
  switch (what.kind) {
    case 'failed':
      return `${what.what}: ${what.cause}`;
    case 'rate-limit':
      return `${what.what}: too many requests for now, again after ${until}`;
    case 'not-running':
      return `${what.container} does not run`;
    case 'name':
      return `image ${what.image}: ${names[what.reason]}`;
    case 'no-tag':
      return `image ${what.image}: the registry does not have it any more`;
    case 'no-release':
      return `${what.repository} has no release on GitHub`;
    case 'no-version':
      return `${what.release} is the newest release, but the version that runs cannot be told`;
    case 'versions':
      return `"${what.from}" runs and "${what.release}" is the newest release: which of them is newer cannot be told`;
  }
};

const count = (amount: number, one: string) => `${amount} ${amount === 1 ? one : `${one}s`}`;

export const releases = {
  updates: (amount: number) => rich`⬆️ ${b(count(amount, 'update'))}`,
  none: (amount: number) => rich`✅ ${b(`${allOf(amount)} fresh`)}, checked just now`,
  noneKnown: rich`✅ ${b('No updates')} as of the last checks`,
  nothingNew: (amount: number) => rich`✅ ${b('No updates')}; ${amount} could not be told`,
  nothing: rich`⚪ ${b('Nothing to check:')} no service has an image or a ${code('release.github')}.`,
  reminder: rich`⏰ ${b('You wanted to be reminded')}`,
  silentHead: rich`⚠️ ${b('No news of releases')}`,
  silent: (name: string, span: string) => rich`${b(name)} could not be checked for ${span}`,

  versions: (from: string | undefined, to: string) => (from === undefined ? to : `${from} → ${to}`),
  newerImage: (tag: string | undefined): Rich =>
    tag === undefined ? rich`a newer image` : rich`a newer image of ${code(tag)}`,
  old: (age: string) => `${age} old`,
  breaking: '⚠️ breaking change',
  beyond: (version: string, tag: string) =>
    rich`${version} is out; your tag ${code(`:${tag}`)} stays on ${line(tag)}`,
  pinned: (file: string | undefined, from: string, to: string): Rich =>
    file === undefined
      ? rich`Pinned: change ${code(`:${from}`)} to ${code(`:${to}`)} in your configuration, then deploy.`
      : rich`Pinned: in ${code(file)} change ${code(`:${from}`)} to ${code(`:${to}`)}, then deploy.`,
  awaited: (name: string, version: string, tag: string | undefined): Rich =>
    tag === undefined
      ? rich`⏳ ${b(name)} – ${version} is out; its image is not there yet`
      : rich`⏳ ${b(name)} – ${version} is out; its image is not there yet (you run ${code(`:${tag}`)})`,
  skipped: (name: string, version: string) => rich`⏭ ${b(name)} – ${version} is skipped`,
  failed: (name: string, version: string, at: Span, why: string) =>
    rich`⛔ ${b(name)} – ${version} did not come up ${at}: ${why}`,
  vectors: (name: string, version: string, image: string) =>
    rich`⛔ ${b(`${name} ${version} is out, but do not update yet:`)} its database runs ${code(image)}, which this version cannot use. Move it to VectorChord first.`,
  local: (name: string, release: string | undefined): Rich =>
    release === undefined
      ? rich`🏠 ${b(name)} – its image was built here; no registry knows it`
      : rich`🏠 ${b(name)} – its image was built here; ${release} is out`,
  unknown: (name: string, version: string | undefined): Rich =>
    version === undefined
      ? rich`❔ ${b(name)} – unknown`
      : rich`❔ ${b(name)} ${version} – unknown if it is the newest`,
  untracked: (name: string) =>
    rich`⚪ ${b(name)} – nothing to check: no image, and no ${code('release.github')} in the configuration`,
  fresh: (name: string, version: string | undefined, tag: string | undefined): Rich => {
    const what: Rich[] = [
      ...(version === undefined ? [] : [rich`${version}, `]),
      tag === undefined ? rich`nothing newer` : rich`the newest image of ${code(tag)}`,
    ];
    return rich`✅ ${b(`${name} is fresh`)} – ${what.flat()}, checked just now. Nothing was restarted.`;
  },
  trouble,
  notes: 'notes',

  skippedNow: (name: string, what: string, newer: string | undefined): Rich =>
    newer === undefined
      ? rich`⏭ ${b(`${name} ${what}`)} is skipped. The next version is told again.`
      : rich`⏭ ${b(`${name} ${what}`)} is skipped. ${newer} is out since; that one is not.`,
  unskipped: (name: string, what: readonly string[]): Rich =>
    what.length === 0
      ? rich`Nothing of ${b(name)} was skipped.`
      : rich`↩️ ${b(name)} ${what.join(', ')} is offered again.`,
  reminding: (name: string, what: string, at: Span) =>
    rich`⏰ ${b(`${name} ${what}`)}: I come back to it ${at}.`,
};
