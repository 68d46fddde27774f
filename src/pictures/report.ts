/** What a card says of its pictures. */
import { join } from 'node:path';
import type { PicturesReport, PictureState } from '../report/pictures.ts';
import type { PictureRow, PictureStage } from '../store/pictures.ts';

const STATES: Readonly<Record<PictureStage, PictureState['state']>> = {
  new: 'receiving',
  stored: 'receiving',
  readable: 'ready',
  uploaded: 'ready',
  filed: 'filed',
  settled: 'filed',
  local: 'ready',
  refused: 'refused',
};

/** Formats of documents; everything else is read by the copy that was made of it. */
const READ_AS_THEY_ARE: readonly string[] = ['pdf', 'svg', 'txt'];

type Surroundings = {
  folder: string;
  /** Pictures of all cards that wait for Immich. */
  waiting: number;
  immich: 'on' | 'off';
  /** Name of Immich among the services, where it is one. */
  service: string | undefined;
  /** Immich as a person's browser reaches it. */
  webUrl: string | undefined;
};

/** @param rows in the order sent */
export function reportOf(rows: readonly PictureRow[], around: Surroundings): PicturesReport {
  const isDown = rows.some(isHeldUp);
  return {
    kind: 'pictures',
    pictures: rows.map((row) => stateOf(row, around)),
    // A count that nobody is shown would only make for edits.
    waiting: isDown ? around.waiting : 0,
    immich: isDown ? 'down' : around.immich,
    service: around.service,
    shrunkHint: rows.some(({ shrunk }) => shrunk),
  };
}

/** If a card has something to say yet: while all is being fetched, the reaction on the message is enough. */
export const isTelling = (rows: readonly PictureRow[]): boolean =>
  rows.some((row) => STATES[row.state] !== 'receiving' || row.trouble !== undefined);

/** If Immich's album, or only the folder, holds something that cleaning would take. */
const isKeepable = (row: PictureRow) =>
  row.removedAt === undefined &&
  (row.state === 'filed' || row.state === 'settled' || row.state === 'local') &&
  row.duplicate !== 'library';

const isHeldUp = ({ trouble }: PictureRow) => trouble?.kind === 'immich' && trouble.reason === 'down';

const stateOf = (row: PictureRow, { folder, webUrl }: Surroundings): PictureState => {
  const isGone = row.removedAt !== undefined;
  const inFolder = (name: string) => join(folder, name);
  // What was found in the library is not ours to clean, and stays where it is.
  const isInImmich = row.cleanedAt === undefined || row.duplicate === 'library';
  const isFiled = STATES[row.state] === 'filed' && isInImmich;
  return {
    number: row.number,
    name: row.name ?? '',
    path: row.name === undefined || isGone ? undefined : inFolder(row.name),
    isReadable: row.width !== undefined || READ_AS_THEY_ARE.includes(row.format ?? ''),
    names: isGone ? [] : row.names.map(inFolder),
    tiles: isGone ? [] : row.tiles.map(inFolder),
    moving: row.moving === undefined || isGone ? undefined : inFolder(row.moving),
    isFrames: row.moving !== undefined && row.clip === undefined,
    hostPath: isInImmich ? row.hostPath : undefined,
    width: row.width,
    height: row.height,
    size: row.copySize,
    state: isGone && row.state !== 'refused' ? 'gone' : STATES[row.state],
    duplicate: row.duplicate,
    url:
      webUrl === undefined || row.assetId === undefined || !isFiled
        ? undefined
        : `${webUrl}/photos/${row.assetId}`,
    kept: row.kept,
    keepable: isKeepable(row),
    cleaned: row.cleanedAt !== undefined && row.assetId !== undefined && !isInImmich,
    problem: row.trouble ?? row.problem,
  };
};
