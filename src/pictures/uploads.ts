/** Pictures that do not come from Telegram: their bytes are on disk, and written down, before anything is answered. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Store } from '../store.ts';
import type { IncomingPicture, PictureRow } from '../store/pictures.ts';
import { sync, uploadPath } from './folder.ts';
import { RECEIVING } from './receive.ts';

export type UploadedFile = {
  id: string;
  /** Hexadecimal. */
  sha1: string;
  /** Bytes. */
  size: number;
  name: string | undefined;
};

/** Finds a picture again, whose number may still change. */
export type Ticket = { card: string; id: string };

export type Uploads = {
  /** Settled when there is a place for uploads. */
  readonly ready: Promise<void>;
  /** A new name for an upload's bytes, which are to be synced under it. */
  place: () => { id: string; path: string };
  /**
   * Write pictures down whose bytes are in their places; when this resolves nothing can lose them any more.
   * The same bytes as a moment ago are that picture again: a client that got no answer has sent them twice.
   * @param about.chat where their card goes
   */
  take(
    files: readonly UploadedFile[],
    about: { chat: number; caption: string | undefined },
  ): Promise<Ticket[]>;
  /**
   * The pictures as soon as each can be opened or is refused, or as they are when the signal aborts.
   * @returns undefined in the place of one whose row is gone
   */
  outcome(tickets: readonly Ticket[], signal: AbortSignal): Promise<(PictureRow | undefined)[]>;
};

type Needs = {
  store: Pick<Store, 'pictures' | 'database'>;
  /** PICTURES_DIR. */
  folder: string;
  bridge: {
    take(picture: IncomingPicture): PictureRow | undefined;
    wake(): void;
    listen(listener: (row: PictureRow) => void): () => void;
    readonly ready: Promise<void>;
  };
  clock: Clock;
};

/** Milliseconds in which the same bytes are the same upload. */
const SAME_WITHIN = 10 * 60_000;

export function createUploads({ store, folder, bridge, clock }: Needs): Uploads {
  const { pictures, database } = store;

  const twinOf = (sha1: string): PictureRow | undefined => {
    const twin = pictures.ofUpload(sha1, clock.now() - SAME_WITHIN);
    return twin === undefined || twin.state === 'refused' || twin.removedAt !== undefined ? undefined : twin;
  };

  const write = (
    { id, sha1, size, name }: UploadedFile,
    about: { card: string; chat: number; caption: string | undefined },
  ): Ticket => {
    const { card, chat, caption } = about;
    const row = bridge.take({
      chat,
      card,
      messageId: undefined,
      ...(caption === undefined ? {} : { caption }),
      source: { kind: 'upload', fileId: id, uniqueId: id, size, ...(name === undefined ? {} : { name }) },
    });
    if (row !== undefined) pictures.update(row.number, { sha1, size });
    return { card, id };
  };

  const forget = (files: readonly UploadedFile[]) =>
    Promise.all(files.map(({ id }) => rm(uploadPath(folder, id), { force: true })));

  const isDone = (row: PictureRow | undefined) => !RECEIVING.some((state) => state === row?.state);

  return {
    ready: bridge.ready,
    place() {
      const id = randomUUID();
      return { id, path: uploadPath(folder, id) };
    },
    async take(files, { chat, caption }) {
      const [first] = files;
      if (first === undefined) return [];
      const card = `pictures:${chat}:upload:${first.id}`;
      const repeated: UploadedFile[] = [];
      let tickets: Ticket[];
      try {
        await sync(dirname(uploadPath(folder, first.id)));
        tickets = database.transaction(() =>
          files.map((file): Ticket => {
            const twin = twinOf(file.sha1);
            if (twin === undefined) return write(file, { card, chat, caption });
            repeated.push(file);
            return { card: twin.card, id: twin.source.fileId };
          }),
        );
      } catch (error) {
        await forget(files);
        throw error;
      }
      bridge.wake();
      await forget(repeated);
      return tickets;
    },
    async outcome(tickets, signal) {
      const cards = new Set(tickets.map(({ card }) => card));
      const look = () => {
        const rows = new Map([...cards].map((card) => [card, pictures.ofCard(card)]));
        return tickets.map(({ card, id }) => rows.get(card)?.find(({ source }) => source.fileId === id));
      };
      const end = Promise.withResolvers<void>();
      const check = () => {
        if (signal.aborted || look().every(isDone)) end.resolve();
      };
      // Told inside a transaction, which may yet fail: looked at after it.
      const unlisten = bridge.listen(({ card }) => {
        if (cards.has(card)) queueMicrotask(check);
      });
      signal.addEventListener('abort', check);
      check();
      await end.promise;
      unlisten();
      signal.removeEventListener('abort', check);
      return look();
    },
  };
}
