/** One card for what came in one message or one album: the path first, ready to copy. */
import type { Block, Button, Card } from '../card.ts';
import type { PictureState } from '../report/pictures.ts';
import { code, join, plain, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { copyButton } from './copy.ts';
import type { Presented } from './index.ts';

export function presentPictures(report: Presented<'pictures'>, texts: Texts): Card {
  const { pictures: words } = texts;
  const ready = report.pictures.filter((picture) => picture.path !== undefined);
  const receiving = report.pictures.filter((picture) => isComing(picture)).length;
  const paths = ready.map((picture) => picture.names.at(-1) ?? (picture.path as string));

  const blocks: Block[] = [];
  const head = headline(report, ready, texts);
  if (head !== undefined) blocks.push(head, ...paths.map((path) => rich`${code(path)}`));
  // A name does not end the number's meaning. In an album a second line each would hide the first ones.
  const [only] = ready;
  if (only?.path !== undefined && ready.length === 1 && only.names.length > 0)
    blocks.push(words.also(only.path));
  const gone = report.pictures.filter((picture) => picture.state === 'gone');
  if (gone.length > 0) blocks.push(words.gone(gone.map(({ name }) => name).join(', ')));
  for (const { tiles } of ready) {
    if (tiles.length > 0)
      blocks.push(words.tiles(tiles.length), { quote: tiles.map((path) => rich`${code(path)}`) });
  }
  const moving = ready.filter((picture) => picture.moving !== undefined);
  const videos = moving.map((picture) => rich`${code(picture.moving ?? '')}`);
  if (videos.length === 1)
    blocks.push(rich`${moving[0]?.isFrames ? words.frames : words.clip} ${videos[0] ?? ''}`);
  if (videos.length > 1) blocks.push(words.moving, { quote: videos });
  if (receiving > 0) blocks.push(words.receiving);
  if (report.immich === 'down' && ready.length > 0) blocks.push(words.waiting(Math.max(1, report.waiting)));
  if (ready.length === 1 && ready[0]?.duplicate === 'library') blocks.push(words.wasThere);
  if (report.shrunkHint) blocks.push(words.shrunk);
  const kept = ready.filter((picture) => picture.kept);
  if (kept.length > 0) blocks.push(words.kept(kept.length, ready.length));
  else if (ready.some((picture) => picture.cleaned)) blocks.push(words.cleaned);
  blocks.push(...problems(report, texts));
  const hostPaths = ready.flatMap((picture) => (picture.hostPath === undefined ? [] : [picture.hostPath]));
  if (hostPaths.length > 0) blocks.push({ quote: hostPaths.map((path) => words.inImmich(path)) });

  const row: Button[] = copyButton(paths, texts);
  const keep = keepButton(ready, texts);
  if (keep !== undefined) row.push(keep);
  const url = ready.length === 1 ? ready[0]?.url : undefined;
  if (url !== undefined) row.push({ label: texts.buttons.open, url });
  const { immich, service } = report;
  if (immich === 'down' && service !== undefined)
    row.push({ label: texts.buttons.statusOf(service), command: 'status', args: [service] });
  // Of a long screenshot the pieces are what an agent can read.
  const pieces = ready.length === 1 ? (ready[0]?.tiles ?? []) : [];
  const rows = [row, copyButton(pieces, texts, texts.buttons.copyPieces(pieces.length))];
  const buttons = rows.filter((each) => each.length > 0);
  return buttons.length === 0 ? { blocks } : { blocks, buttons };
}

/** What all of an album have in common is said once; what only some have, with their names. */
function problems(report: Presented<'pictures'>, { pictures: words }: Texts): Rich[] {
  const said = new Map<string, { text: Rich; names: string[] }>();
  for (const picture of report.pictures) {
    const { problem, path, name } = picture;
    if (problem === undefined || isWaiting(report, picture)) continue;
    const text = words.problem(problem);
    const one = said.get(plain(text)) ?? { text, names: [] };
    said.set(plain(text), one);
    if (path !== undefined) one.names.push(name);
  }
  const count = report.pictures.length;
  return [...said.values()].map(({ text, names }) =>
    names.length === 0 || names.length === count ? text : rich`${text} ${words.about(names)}`,
  );
}

/** For all of the card; once all are kept, the way back. */
function keepButton(ready: readonly PictureState[], texts: Texts): Button | undefined {
  const keepable = ready.filter((picture) => picture.keepable);
  if (keepable.length === 0) return undefined;
  const numbers = keepable.map(({ number }) => String(number));
  return keepable.every((picture) => picture.kept)
    ? { label: texts.buttons.letGo, command: 'keep', args: [...numbers, 'off'] }
    : { label: texts.buttons.keep, command: 'keep', args: numbers };
}

const isComing = (picture: PictureState) =>
  picture.path === undefined && picture.state !== 'refused' && picture.state !== 'gone';

/** That Immich is down is said once for the card, not for each picture. */
const isWaiting = (report: Presented<'pictures'>, picture: PictureState) =>
  report.immich === 'down' && picture.problem?.kind === 'immich' && picture.state === 'ready';

function headline(
  report: Presented<'pictures'>,
  ready: readonly PictureState[],
  texts: Texts,
): Rich | undefined {
  const { pictures: words } = texts;
  const [only, ...others] = ready;
  if (only === undefined) return undefined;
  if (report.immich === 'down') return words.down;
  if (others.length > 0) {
    const known = ready.filter((picture) => picture.duplicate === 'library').length;
    return join(
      [words.readyMany(ready.length), ...(known === 0 ? [] : [rich`${words.alsoThere(known)}`])],
      ', ',
    );
  }
  const facts = [
    only.width === undefined || only.height === undefined ? undefined : `${only.width}×${only.height}`,
    // A phone breaks the line hereabouts: not between an amount and its unit.
    only.size === undefined ? undefined : texts.size(only.size).replace(' ', '\u{a0}'),
  ].filter((fact) => fact !== undefined);
  const isDocument = only.width === undefined;
  const head = only.isReadable ? (isDocument ? words.readyDocument : words.ready) : words.asItIs;
  return facts.length === 0 ? head : rich`${head} – ${facts.join(', ')}`;
}
