/**
 * The picture bridge: what a phone sends becomes a file that the agent can open, and is filed in Immich's album.
 * A queue in the store: each step is a recorded state that a kill can cut off and that can be repeated harmlessly.
 */
import type { Immich } from '../clients/immich.ts';
import type { Clock } from '../clock.ts';
import { causeOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { closedTo } from '../pictures/access.ts';
import { createPictureAlbum } from '../pictures/album.ts';
import type { Download } from '../pictures/fetch.ts';
import { createFiler, FILING } from '../pictures/file.ts';
import { createPictureFolder } from '../pictures/folder.ts';
import { createLane } from '../pictures/lane.ts';
import type { Mapping } from '../pictures/paths.ts';
import { createReceiver, RECEIVING } from '../pictures/receive.ts';
import { isTelling, reportOf } from '../pictures/report.ts';
import { backOff, TIMING, type Timing } from '../pictures/timing.ts';
import { createWorries } from '../pictures/worries.ts';
import type { Report } from '../report.ts';
import type { PictureProblem } from '../report/pictures.ts';
import { sleep } from '../sleep.ts';
import type { Store } from '../store.ts';
import type { IncomingPicture, PictureChanges, PictureRow } from '../store/pictures.ts';

export type Bridge = {
  /**
   * Write a picture down; called inside the transaction that writes its update down.
   * @returns undefined for a message that was taken already, which is left as it is
   */
  take(picture: IncomingPicture): PictureRow | undefined;
  /** There may be work. */
  wake(): void;
  /** Work until the signal, resuming what a kill cut off. */
  run(signal: AbortSignal): Promise<void>;
  /** Pictures that wait for Immich. */
  waiting(): number;
  /** Be told of each change of a picture, inside its transaction. @returns stops it */
  listen(listener: (row: PictureRow) => void): () => void;
  /** Settled when the folder can be used, and what a kill left in it is cleared away. */
  readonly ready: Promise<void>;
};

export type BridgeConfig = {
  /** PICTURES_DIR. */
  folder: string;
  /** Uid of who is to open the pictures. */
  agentUser: number;
  /** Gid of the group that may read them. */
  group: number | undefined;
  maxEdge: number | 'original';
  album: string;
  shareWith: string | undefined;
  /** Undefined: by the mounts of Immich's container. */
  paths: readonly Mapping[] | undefined;
  /** Name of Immich among the services, where it is one. */
  service: string | undefined;
  /** Immich as a browser reaches it, for links. */
  webUrl: string | undefined;
};

export type BridgeNeeds = {
  store: Pick<Store, 'pictures' | 'outbox' | 'facts' | 'database'>;
  config: BridgeConfig;
  /** Undefined: pictures stay in the folder. */
  immich: Immich | undefined;
  /** Fetch a file from Telegram. @throws TooLargeError, UnreachableError, Error when Telegram will not give it */
  download: Download;
  /** The program that takes frames from videos, with its first arguments. */
  ffmpeg?: readonly string[];
  /** Of Immich's container. */
  mounts: () => Promise<readonly { source: string; destination: string }[]>;
  /** Put a report where reports go. */
  tell: (report: Report) => void;
  clock: Clock;
  log: Logger;
  timing?: Partial<Timing>;
};

/** Pictures that are fetched and made readable at a time; decoding takes a core and some hundred megabytes at worst. */
const RECEIVE_WIDTH = 2;
/** Facts: no gain above 4 uploads at a time. */
const FILE_WIDTH = 4;
const MAPPINGS_LAST = 5 * 60_000;

export function createBridge(needs: BridgeNeeds): Bridge {
  const { store, config, immich, clock, log } = needs;
  const { pictures, outbox, database } = store;
  const timing: Timing = { ...TIMING, ...needs.timing };
  const worries = createWorries({ facts: store.facts, tell: needs.tell, log });
  const folder = createPictureFolder(config.folder, { group: config.group, log });
  let highest: number | undefined;
  /** What keeps Immich from taking anything, since how many failures, until when nothing is tried. */
  let block: { trouble: PictureProblem; failures: number; until: number } | undefined;

  const listeners = new Set<(row: PictureRow) => void>();
  const prepared = Promise.withResolvers<void>();

  const record = (number: number, changes: PictureChanges): PictureRow =>
    database.transaction(() => {
      const isBlocked = changes.state === 'readable' && block !== undefined;
      const row = pictures.update(number, isBlocked ? { ...changes, trouble: block?.trouble } : changes);
      show(row);
      for (const listener of listeners) listener(row);
      return row;
    });

  const show = ({ card, chat, messageId, state }: PictureRow) => {
    const rows = pictures.ofCard(card);
    if (isTelling(rows)) {
      const report = reportOf(rows, {
        folder: config.folder,
        waiting: pictures.waiting(),
        immich: immich === undefined ? 'off' : 'on',
        service: config.service,
        webUrl: config.webUrl,
      });
      const replyTo = rows[0]?.messageId;
      outbox.put({ key: card, chat, replyTo, resend: true, body: { what: 'report', report } });
    }
    if (state === 'filed' || state === 'local') react(chat, messageId, '👌');
    if (state === 'refused') react(chat, messageId, '🤷');
  };

  const react = (chat: number, messageId: number | undefined, emoji: string) => {
    if (messageId === undefined) return;
    outbox.put({ key: `reaction:${chat}:${messageId}`, chat, body: { what: 'reaction', messageId, emoji } });
  };

  const receiving = createLane({
    pictures,
    clock,
    log,
    states: RECEIVING,
    width: () => RECEIVE_WIDTH,
    closedUntil: () => 0,
    work: thenWake(
      createReceiver({
        store,
        record,
        folder,
        timing,
        clock,
        log,
        download: needs.download,
        ffmpeg: needs.ffmpeg ?? ['ffmpeg'],
        maxEdge: config.maxEdge,
        hasImmich: immich !== undefined,
      }),
    ),
  });

  const filing =
    immich === undefined
      ? undefined
      : createLane({
          pictures,
          clock,
          log,
          states: FILING,
          // One picture tries if Immich is back.
          width: () => (block === undefined ? FILE_WIDTH : 1),
          closedUntil: () => block?.until ?? 0,
          work: thenWake(
            createFiler({
              pictures,
              record,
              immich,
              folder,
              timing,
              clock,
              log,
              album: createPictureAlbum({
                immich,
                name: config.album,
                shareWith: config.shareWith,
                worries,
                log,
              }),
              mappings: createMappings(needs),
              reached: () => {
                if (block !== undefined) log.info('Immich takes pictures again');
                block = undefined;
              },
              blocked: (trouble) => {
                // Several uploads fail at a time: that is one failure.
                if (block !== undefined && block.until > clock.now()) return block.until;
                const failures = (block?.failures ?? -1) + 1;
                block = { trouble, failures, until: clock.now() + backOff(timing, failures) };
                tellAllWaiting(trouble);
                return block.until;
              },
            }),
          ),
        });

  const tellAllWaiting = (trouble: PictureProblem) =>
    database.transaction(() => {
      for (const { number, state } of pictures.open()) {
        if (state === 'readable' || state === 'uploaded') record(number, { trouble });
      }
    });

  function wake() {
    receiving.wake();
    filing?.wake();
  }

  /** What one lane is done with may be work for the other. */
  function thenWake<Args extends unknown[]>(work: (...args: Args) => Promise<void>) {
    return (...args: Args) => work(...args).finally(wake);
  }

  /** Read once: later files are of this bridge, and a name that somebody takes meanwhile is seen when it is given. */
  const highestInFolder = (): number => {
    try {
      return (highest ??= folder.last());
    } catch (error) {
      log.warn({ folder: config.folder, cause: causeOf(error) }, 'cannot read the folder for pictures');
      return 0;
    }
  };

  /** What was on its way when the key was taken out of the configuration. */
  const settleWithoutImmich = () =>
    database.transaction(() => {
      for (const { number, state } of pictures.open()) {
        if (state === 'filed') record(number, { state: 'settled' });
        if (state === 'readable' || state === 'uploaded')
          record(number, { state: 'local', trouble: undefined });
      }
    });

  const prepare = async (signal: AbortSignal) => {
    for (let failures = 0; ; failures += 1) {
      try {
        const open = pictures.open();
        // An upload whose bytes are an original by now is one that a kill left.
        const uploads = open.filter(({ state }) => state === 'new').map(({ source }) => source.fileId);
        await folder.prepare([...open.map(({ number }) => number), ...uploads]);
        prepared.resolve();
        const closed = await closedTo(config.folder, { uid: config.agentUser, group: config.group });
        if (closed === undefined) worries.settle('agent-shut-out');
        else worries.raise({ key: 'agent-shut-out', uid: config.agentUser, folder: config.folder, closed });
        return;
      } catch (error) {
        signal.throwIfAborted();
        log.error({ folder: config.folder, err: error }, 'cannot use the folder for pictures');
        const trouble: PictureProblem = { kind: 'storage', folder: config.folder, cause: causeOf(error) };
        database.transaction(() => {
          for (const { number, name } of pictures.open()) if (name === undefined) record(number, { trouble });
        });
        await sleep(backOff(timing, failures), signal);
      }
    }
  };

  return {
    take(picture) {
      const row = pictures.add(picture, highestInFolder());
      if (row !== undefined) react(row.chat, row.messageId, '👀');
      return row;
    },
    wake,
    async run(signal) {
      if (immich === undefined) settleWithoutImmich();
      try {
        await prepare(signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      await Promise.all([receiving.run(signal), filing?.run(signal)]);
    },
    waiting: () => pictures.waiting(),
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ready: prepared.promise,
  };
}

/** How Immich's paths lie on this host; asked of the engine from time to time, since a deploy may change it. */
function createMappings({ config, mounts, clock, log }: BridgeNeeds): () => Promise<readonly Mapping[]> {
  let known: { at: number; mappings: readonly Mapping[] } | undefined;
  return async () => {
    if (config.paths !== undefined) return config.paths;
    if (known !== undefined && clock.now() - known.at < MAPPINGS_LAST) return known.mappings;
    try {
      const mappings = (await mounts()).map(({ source, destination }) => ({
        container: destination,
        host: source,
      }));
      known = { at: clock.now(), mappings };
    } catch (error) {
      log.warn({ cause: causeOf(error) }, "cannot read the mounts of Immich's container");
    }
    return known?.mappings ?? [];
  };
}
