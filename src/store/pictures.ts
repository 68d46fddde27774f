/** Pictures on their way to the agent and to Immich: every step is a recorded state that can be resumed or repeated harmlessly. */
import type { SQLInputValue } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import type { PictureProblem } from '../report/pictures.ts';
import type { Database } from '../store.ts';

export type PictureSource = {
  fileId: string;
  uniqueId: string;
  /**
   * `photo` was made smaller by Telegram; the others come as they are. An `upload` did not come from Telegram: its
   * bytes wait in the folder, under the name that `fileId` is a part of.
   */
  kind: 'photo' | 'document' | 'video' | 'animation' | 'live-photo' | 'upload';
  size?: number;
  name?: string;
  mime?: string;
  width?: number;
  height?: number;
  /** The moving part of a live photo, a file of its own. */
  clip?: { fileId: string; uniqueId: string; size?: number };
};

/** A live photo's clip and what Immich made of it. */
export type Clip = {
  format: string;
  /** Hexadecimal. */
  sha1: string;
  /** Bytes. */
  size: number;
  /** Uploads that were begun. */
  uploads: number;
  /** Immich holds it, by our hand. */
  assetId?: string;
  /** Stays in the folder alone. */
  isLeft?: true;
};

export type IncomingPicture = {
  chat: number;
  /** Undefined for an upload, which came in no message. */
  messageId: number | undefined;
  /** Key of the outbox card: one for a message, one for all parts of an album. */
  card: string;
  caption?: string;
  source: PictureSource;
};

export type PictureStage =
  /** Written down, not fetched yet. */
  | 'new'
  /** The original is on disk. */
  | 'stored'
  /** The readable copy is on disk and its path is told. */
  | 'readable'
  /** Immich holds it, as ours. */
  | 'uploaded'
  /** In the album, or found to be the user's own; the storage template may still move it. */
  | 'filed'
  /** Nothing more happens to it by itself. */
  | 'settled'
  /** Stays in PICTURES_DIR: there is no Immich, or Immich does not take it. */
  | 'local'
  /** Not taken. */
  | 'refused';

export type PictureRow = {
  number: number;
  card: string;
  chat: number;
  messageId: number | undefined;
  source: PictureSource;
  caption: string | undefined;
  state: PictureStage;
  /** Of the original, by its content: `jpeg`, `heic`, `mp4`, `pdf`. */
  format: string | undefined;
  /** Of the original, hexadecimal. */
  sha1: string | undefined;
  /** Of the original, in bytes. */
  size: number | undefined;
  /** File name in PICTURES_DIR of what the agent is to open. */
  name: string | undefined;
  width: number | undefined;
  height: number | undefined;
  copySize: number | undefined;
  /** File names of the pieces of a long screenshot, top to bottom. */
  tiles: readonly string[];
  /** File name in PICTURES_DIR of the video or clip of which `name` shows moments. */
  moving: string | undefined;
  clip: Clip | undefined;
  /** This one's card says that Telegram shrank it. */
  shrunk: boolean;
  /** What is wrong with the picture itself; it stays so. */
  problem: PictureProblem | undefined;
  /** What holds it up for now. */
  trouble: PictureProblem | undefined;
  /** Uploads that were begun. */
  uploads: number;
  assetId: string | undefined;
  duplicate: 'own' | 'library' | undefined;
  /** The album that it was put into, by our hand. */
  albumId: string | undefined;
  immichPath: string | undefined;
  hostPath: string | undefined;
  /** How often the path was read again after filing. */
  checks: number;
  /** Neither the album's cleaning nor that of the folder takes it. */
  kept: boolean;
  /** Further file names in PICTURES_DIR, which people gave it, the newest last. */
  names: readonly string[];
  /** When the album was cleaned of it, or would have been; the copies in PICTURES_DIR live a while longer. */
  cleanedAt: number | undefined;
  /** When the copies went. */
  removedAt: number | undefined;
  /** Failures of the present step. */
  attempts: number;
  notBefore: number;
  receivedAt: number;
  filedAt: number | undefined;
};

export type PictureChanges = Partial<
  Omit<PictureRow, 'number' | 'card' | 'chat' | 'messageId' | 'source' | 'receivedAt'>
>;

export type Pictures = {
  /**
   * Write a picture down under the next number.
   * @param above the next number is over this too: the highest that a file in the folder has
   * @returns undefined when the message's picture is there already
   */
  add(picture: IncomingPicture, above: number): PictureRow | undefined;
  get(number: number): PictureRow | undefined;
  /** All of a card, in the order sent. */
  ofCard(card: string): PictureRow[];
  ofMessage(chat: number, messageId: number): PictureRow | undefined;
  /** The newest upload of these bytes since a time. */
  ofUpload(sha1: string, since: number): PictureRow | undefined;
  /** Those that can be opened, the newest first. */
  latest(count: number): PictureRow[];
  /** Whose given name this is, with or without its extension. */
  ofName(name: string): PictureRow | undefined;
  /** All that were filed as this asset. */
  ofAsset(assetId: string): PictureRow[];
  /** If any was ever put into an album. */
  wereFiled(): boolean;
  /** Those that the cleaning of the album has not dealt with, in any state. */
  uncleaned(): PictureRow[];
  /** Those whose album was cleaned until this time, and whose copies nobody keeps. */
  expired(until: number): PictureRow[];
  /** Write down an asset of a store that was lost: known to be ours, and no more. */
  adopt(asset: { assetId: string; albumId: string; sha1: string; sentAt: number }): PictureRow;
  /** Those in one of these states that may be worked on at this time, oldest first. */
  due(states: readonly PictureStage[], at: number, most: number): PictureRow[];
  /** When the first of those that may not may be. */
  nextAt(states: readonly PictureStage[], after: number): number | undefined;
  /** Those that are not at an end. */
  open(): PictureRow[];
  update(number: number, changes: PictureChanges): PictureRow;
  /** Give a picture another number, because somebody else's file bears its name. */
  renumber(number: number, above: number): PictureRow;
  /** If this bot made the asset: a row says that it did not find it in the library. */
  isOwnAsset(assetId: string, except: number): boolean;
  /** If an upload of the same bytes was begun for another picture. */
  isTwinUploading(number: number, sha1: string): boolean;
  /** How many wait for Immich. */
  waiting(): number;
  /** How many ever came in. */
  count(): number;
};

/** Names of the columns, and how their values go in and out. */
const COLUMNS: Readonly<Record<keyof PictureRow, { column: string; form?: 'json' | 'flag' }>> = {
  number: { column: 'number' },
  card: { column: 'card' },
  chat: { column: 'chat' },
  messageId: { column: 'message_id' },
  source: { column: 'source', form: 'json' },
  caption: { column: 'caption' },
  state: { column: 'state' },
  format: { column: 'format' },
  sha1: { column: 'sha1' },
  size: { column: 'size' },
  name: { column: 'name' },
  width: { column: 'width' },
  height: { column: 'height' },
  copySize: { column: 'copy_size' },
  tiles: { column: 'tiles', form: 'json' },
  moving: { column: 'moving' },
  clip: { column: 'clip', form: 'json' },
  shrunk: { column: 'shrunk', form: 'flag' },
  problem: { column: 'problem', form: 'json' },
  trouble: { column: 'trouble', form: 'json' },
  uploads: { column: 'uploads' },
  assetId: { column: 'asset_id' },
  duplicate: { column: 'duplicate' },
  albumId: { column: 'album_id' },
  immichPath: { column: 'immich_path' },
  hostPath: { column: 'host_path' },
  checks: { column: 'checks' },
  kept: { column: 'kept', form: 'flag' },
  names: { column: 'names', form: 'json' },
  cleanedAt: { column: 'cleaned_at' },
  removedAt: { column: 'removed_at' },
  attempts: { column: 'attempts' },
  notBefore: { column: 'not_before' },
  receivedAt: { column: 'received_at' },
  filedAt: { column: 'filed_at' },
};
const ENTRIES = Object.entries(COLUMNS) as [keyof PictureRow, (typeof COLUMNS)[keyof PictureRow]][];
const SELECT = `select ${ENTRIES.map(([key, { column }]) => `${column} as "${key}"`).join(', ')} from pictures`;

type Raw = Record<string, string | number | null>;

const fromRaw = (raw: Raw): PictureRow =>
  Object.fromEntries(
    ENTRIES.map(([key, { form }]) => {
      const value = raw[key] ?? undefined;
      if (form === 'flag') return [key, value === 1];
      return [key, form === 'json' && typeof value === 'string' ? JSON.parse(value) : value];
    }),
  ) as PictureRow;

const toRaw = (key: keyof PictureRow, value: unknown): SQLInputValue => {
  if (value === undefined) return null;
  const { form } = COLUMNS[key];
  if (form === 'flag') return value === true ? 1 : 0;
  return form === 'json' ? JSON.stringify(value) : (value as SQLInputValue);
};

const marks = (list: readonly unknown[]) => list.map(() => '?').join(', ');

export function createPictures(database: Database, clock: Clock): Pictures {
  const get = (number: number) => {
    const raw = database.get<Raw>(`${SELECT} where number = ?`, number);
    return raw === undefined ? undefined : fromRaw(raw);
  };
  const ofMessage = (chat: number, messageId: number) => {
    const raw = database.get<Raw>(`${SELECT} where chat = ? and message_id = ?`, chat, messageId);
    return raw === undefined ? undefined : fromRaw(raw);
  };
  const known = (number: number) => {
    const row = get(number);
    if (row === undefined) throw new Error(`There is no picture ${number}`);
    return row;
  };
  /** The sequence remembers numbers of rows that are gone. */
  const nextNumber = (above: number) =>
    Math.max(
      above,
      database.get<{ seq: number }>(`select seq from sqlite_sequence where name = 'pictures'`)?.seq ?? 0,
    ) + 1;

  return {
    add: ({ chat, messageId, card, caption, source }, above) =>
      database.transaction(() => {
        // Looked up first: an insert that gives way to a conflict would use a number up.
        if (messageId !== undefined && ofMessage(chat, messageId) !== undefined) return undefined;
        const number = nextNumber(above);
        database.run(
          `insert into pictures (number, card, chat, message_id, source, caption, received_at)
           values (?, ?, ?, ?, ?, ?, ?)`,
          number,
          card,
          chat,
          messageId ?? null,
          JSON.stringify(source),
          caption ?? null,
          clock.now(),
        );
        return known(number);
      }),
    get,
    ofCard: (card) =>
      database.all<Raw>(`${SELECT} where card = ? order by message_id, number`, card).map(fromRaw),
    ofMessage,
    ofUpload(sha1, since) {
      const raw = database.get<Raw>(
        `${SELECT} where sha1 = ? and received_at >= ? and source ->> 'kind' = 'upload'
         order by number desc limit 1`,
        sha1,
        since,
      );
      return raw === undefined ? undefined : fromRaw(raw);
    },
    latest: (count) =>
      database
        .all<Raw>(
          `${SELECT} where name is not null and removed_at is null and state <> 'refused'
           order by number desc limit ?`,
          count,
        )
        .map(fromRaw),
    ofName(name) {
      const raw = database.get<Raw>(
        `${SELECT} where exists (
           select 1 from json_each(names) where value = ?1 or substr(value, 1, length(?1) + 1) = ?1 || '.'
         )`,
        name,
      );
      return raw === undefined ? undefined : fromRaw(raw);
    },
    ofAsset: (assetId) => database.all<Raw>(`${SELECT} where asset_id = ?`, assetId).map(fromRaw),
    wereFiled: () => database.get('select 1 from pictures where album_id is not null limit 1') !== undefined,
    uncleaned: () => database.all<Raw>(`${SELECT} where cleaned_at is null order by number`).map(fromRaw),
    expired: (until) =>
      database
        .all<Raw>(
          `${SELECT} where cleaned_at <= ? and removed_at is null and kept = 0 order by number`,
          until,
        )
        .map(fromRaw),
    adopt: ({ assetId, albumId, sha1, sentAt }) =>
      database.transaction(() => {
        const number = nextNumber(0);
        const source: PictureSource = { fileId: '', uniqueId: '', kind: 'document' };
        database.run(
          `insert into pictures (number, card, chat, source, state, sha1, asset_id, album_id, received_at, filed_at)
           values (?, ?, 0, ?, 'settled', ?, ?, ?, ?, ?)`,
          number,
          `adopted:${assetId}`,
          JSON.stringify(source),
          sha1,
          assetId,
          albumId,
          sentAt,
          sentAt,
        );
        return known(number);
      }),
    due: (states, at, most) =>
      database
        .all<Raw>(
          `${SELECT} where state in (${marks(states)}) and not_before <= ? order by number limit ?`,
          ...states,
          at,
          most,
        )
        .map(fromRaw),
    nextAt: (states, after) =>
      database.get<{ at: number | null }>(
        `select min(not_before) as at from pictures where state in (${marks(states)}) and not_before > ?`,
        ...states,
        after,
      )?.at ?? undefined,
    open: () =>
      database
        .all<Raw>(`${SELECT} where state not in ('settled', 'local', 'refused') order by number`)
        .map(fromRaw),
    update(number, changes) {
      const keys = Object.keys(changes) as (keyof PictureChanges)[];
      database.run(
        `update pictures set ${keys.map((key) => `${COLUMNS[key].column} = ?`).join(', ')} where number = ?`,
        ...keys.map((key) => toRaw(key, changes[key])),
        number,
      );
      return known(number);
    },
    renumber: (number, above) =>
      database.transaction(() => {
        const next = nextNumber(Math.max(above, number));
        database.run('update pictures set number = ? where number = ?', next, number);
        // An update of the key does not move the sequence.
        database.run(`update sqlite_sequence set seq = ? where name = 'pictures'`, next);
        return known(next);
      }),
    isOwnAsset: (assetId, except) =>
      database.get(
        `select 1 from pictures where asset_id = ? and number <> ? and duplicate is not 'library'`,
        assetId,
        except,
      ) !== undefined,
    isTwinUploading: (number, sha1) =>
      database.get('select 1 from pictures where sha1 = ? and number <> ? and uploads > 0', sha1, number) !==
      undefined,
    count: () => database.get<{ count: number }>('select count(*) as count from pictures')?.count ?? 0,
    waiting: () =>
      database.get<{ count: number }>(
        `select count(*) as count from pictures where state in ('readable', 'uploaded')`,
      )?.count ?? 0,
  };
}
