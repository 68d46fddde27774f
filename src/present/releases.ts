/** What is published: offers first, with what breaks; then what cannot be had, what is unknown, and what is fresh. */
import type { Block, Button, Card } from '../card.ts';
import type { ReleaseState, ReleaseTrouble } from '../report/releases.ts';
import { b, join, link, rich, type Rich, type Span } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';

type Releases = Presented<'releases'>;

/** What there is to be had. */
const OFFERS = new Set<string>(['newer-image', 'pinned', 'major']);

export function presentReleases(report: Releases, texts: Texts): Card {
  const { services: states } = report;
  const [only, ...others] = states;
  const isSingle = only !== undefined && others.length === 0 && report.silent.length === 0;
  const fresh = states.filter(({ verdict }) => verdict.kind === 'fresh');
  const telling = states.filter(({ verdict }) => verdict.kind !== 'fresh');

  const blocks: Block[] = [];
  if (!isSingle || report.why === 'reminder') blocks.push(...headline(report, texts));
  if (isSingle) blocks.push(...single(only, report.at, texts));
  else {
    blocks.push(...telling.flatMap((state) => lines(state, report.at, texts)));
    if (fresh.length > 0 && telling.length > 0) blocks.push([]);
    if (fresh.length > 0) blocks.push(rich`✅ ${nameList(fresh)}`);
  }
  blocks.push(...silence(report, texts));
  const url = isSingle ? only.notes?.url : undefined;
  const notes: Button[][] = url === undefined ? [] : [[{ label: texts.buttons.releaseNotes, url }]];
  return notes.length === 0 ? { blocks } : { blocks, buttons: notes };
}

const nameList = (states: readonly ReleaseState[]): Rich =>
  join(
    states.map(({ name, from }) => rich`${b(name)}${from === undefined ? '' : ` ${from}`}`),
    ' · ',
  );

function headline({ why, services: states }: Releases, texts: Texts): Block[] {
  const { releases } = texts;
  if (why === 'reminder') return [releases.reminder, []];
  if (states.length === 0)
    return why === 'digest' ? [] : [releases[why === 'known' ? 'noneKnown' : 'nothing']];
  const offers = states.filter(({ verdict }) => OFFERS.has(verdict.kind)).length;
  if (offers > 0) return [releases.updates(offers), []];
  const open = states.filter(({ verdict }) => verdict.kind !== 'fresh');
  if (open.length === 0) return [releases.none(states.length), []];
  // A release that must not be installed is told by its own line.
  const unknown = open.filter(({ verdict }) => verdict.kind === 'unknown').length;
  return unknown === 0 ? [] : [releases.nothingNew(unknown), []];
}

function single(state: ReleaseState, now: number, texts: Texts): Block[] {
  if (state.verdict.kind === 'fresh') return [texts.releases.fresh(state.name, state.from, state.tag)];
  const [first = [], ...rest] = lines(state, now, texts);
  return OFFERS.has(state.verdict.kind) && !('quote' in first)
    ? [rich`⬆️ ${first}`, ...rest]
    : [first, ...rest];
}

/** One service: a line, what there is to do, and the notes behind a tap. */
function lines(state: ReleaseState, now: number, texts: Texts): Block[] {
  const { releases } = texts;
  const { name, verdict, from, to = '', tag, beyond, notes } = state;
  const causes = state.troubles.map((trouble) => rich`⚠️ ${troubleText(trouble, texts)}`);
  switch (verdict.kind) {
    case 'newer-image':
    case 'pinned':
      return [
        offerLine(state, now, texts),
        ...(beyond === undefined || tag === undefined ? [] : [releases.beyond(beyond, tag)]),
        ...(verdict.kind === 'pinned' ? [releases.pinned(verdict.file, verdict.tag, verdict.nextTag)] : []),
        ...quote(notes),
        ...causes,
      ];
    case 'major':
      return [rich`${b(name)} ${releases.beyond(to, tag ?? '')}`, ...quote(notes), ...causes];
    case 'blocked':
      return [
        blockedLine(state, verdict.reason, texts),
        ...(beyond === undefined || tag === undefined ? [] : [releases.beyond(beyond, tag)]),
        ...causes,
      ];
    case 'awaited':
      return [releases.awaited(name, to, tag), ...causes];
    case 'local':
      return [releases.local(name, state.to)];
    case 'unknown':
      return [releases.unknown(name, from), ...causes];
    case 'untracked':
      return [releases.untracked(name)];
    case 'fresh':
      return [releases.fresh(name, from, tag)];
  }
}

function offerLine(state: ReleaseState, now: number, texts: Texts): Rich {
  const { releases } = texts;
  const { name, from, to, tag, publishedAt, size, notes } = state;
  const facts: Rich[] = [
    to === undefined ? releases.newerImage(tag) : rich`${releases.versions(from, to)}`,
    ...(publishedAt === undefined ? [] : [rich`${releases.old(texts.about(now - publishedAt))}`]),
    ...(size === undefined || size === 0 ? [] : [rich`${texts.size(size)}`]),
    ...((notes?.breaking.length ?? 0) > 0 ? [rich`${releases.breaking}`] : []),
    ...(notes === undefined ? [] : [rich`${link(releases.notes, notes.url)}`]),
  ];
  return rich`${b(name)} ${join(facts, ' · ')}`;
}

function blockedLine(
  { name, to, key, verdict }: ReleaseState,
  reason: Extract<typeof verdict, { kind: 'blocked' }>['reason'],
  texts: Texts,
): Rich {
  const { releases } = texts;
  const what = to ?? key?.slice(0, 'sha256:'.length + 12) ?? '';
  switch (reason.kind) {
    case 'skipped':
      return releases.skipped(name, what);
    case 'failed': {
      const at: Span = { time: reason.at, fallback: texts.dateOf(reason.at), format: 'relative' };
      return releases.failed(name, what, at, reason.why);
    }
    case 'vectors':
      return releases.vectors(name, what, reason.image);
  }
}

function quote(notes: ReleaseState['notes']): Block[] {
  if (notes === undefined) return [];
  const all = [...notes.breaking.map((text) => rich`⚠️ ${text}`), ...notes.gist.map((text) => rich`${text}`)];
  return all.length === 0 ? [] : [{ quote: all }];
}

function silence({ silent, services, at }: Releases, texts: Texts): Block[] {
  if (silent.length === 0) return [];
  return [
    ...(services.length === 0 ? [] : [[]]),
    texts.releases.silentHead,
    ...silent.flatMap(({ name, since, troubles }): Block[] => [
      texts.releases.silent(name, texts.about(at - since)),
      ...(troubles.length === 0
        ? []
        : [{ quote: troubles.map((trouble) => rich`${troubleText(trouble, texts)}`) }]),
    ]),
  ];
}

export function troubleText(trouble: ReleaseTrouble, texts: Texts): string {
  const until = trouble.kind === 'rate-limit' ? texts.local(trouble.until).time.slice(0, 5) : '';
  return texts.releases.trouble(trouble, until);
}
