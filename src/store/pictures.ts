/** Pictures on their way to the agent and to Immich: every step is a recorded state that can be resumed or repeated harmlessly. */
import type { SQLInputValue } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import type { PictureProblem } from '../report.ts';
import type { Database } from '../store.ts';

export type PictureSource = {
  fileId: string;
  uniqueId: string;
  /** `photo` was made smaller by Telegram; the others come as they are. */
  kind: 'photo' | 'document' | 'video' | 'animation' | 'live-photo';
  size?: number;
  name?: string;
  mime?: string;
  width?: number;
  height?: number;
};

export type IncomingPicture = {
  chat: number;
  messageId: number;
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
  messageId: number;
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
  immichPath: string | undefined;
  hostPath: string | undefined;
  /** How often the path was read again after filing. */
  checks: number;
  kept: boolean;
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
  /** The newest first. */
  latest(count: number): PictureRow[];
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
  shrunk: { column: 'shrunk', form: 'flag' },
  problem: { column: 'problem', form: 'json' },
  trouble: { column: 'trouble', form: 'json' },
  uploads: { column: 'uploads' },
  assetId: { column: 'asset_id' },
  duplicate: { column: 'duplicate' },
  immichPath: { column: 'immich_path' },
  hostPath: { column: 'host_path' },
  checks: { column: 'checks' },
  kept: { column: 'kept', form: 'flag' },
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
        if (ofMessage(chat, messageId) !== undefined) return undefined;
        const number = nextNumber(above);
        database.run(
          `insert into pictures (number, card, chat, message_id, source, caption, received_at)
           values (?, ?, ?, ?, ?, ?, ?)`,
          number,
          card,
          chat,
          messageId,
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
    latest: (count) => database.all<Raw>(`${SELECT} order by number desc limit ?`, count).map(fromRaw),
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
    waiting: () =>
      database.get<{ count: number }>(
        `select count(*) as count from pictures where state in ('readable', 'uploaded')`,
      )?.count ?? 0,
  };
}
