/**
 * The inbox: photos and videos that are put into a folder go to the owner's library, once they have stopped changing.
 * A file is removed only when Immich is known to hold its bytes; everything else stays where it is.
 */
import type { Immich } from '../clients/immich.ts';
import type { Clock } from '../clock.ts';
import { causeOf } from '../errors.ts';
import type { Guard } from '../guard.ts';
import { createOwnAlbum } from '../inbox/album.ts';
import { createBatch } from '../inbox/batch.ts';
import { createDelivery } from '../inbox/deliver.ts';
import { scan, type Found, type Inventory } from '../inbox/scan.ts';
import { createOverlap } from '../inbox/overlap.ts';
import { createWatch } from '../inbox/watch.ts';
import type { Logger } from '../logger.ts';
import { backOff } from '../pictures/timing.ts';
import type { InboxProblem, InboxTrouble } from '../report/pictures.ts';
import { sleep } from '../sleep.ts';
import type { InboxRow } from '../store/inbox.ts';
import type { Store } from '../store.ts';

export type Inbox = {
  /** Look after the folder until the signal. */
  run(signal: AbortSignal): Promise<void>;
};

export type InboxNeeds = {
  store: Pick<Store, 'inbox' | 'facts' | 'outbox' | 'database'>;
  /** With the owner's key. */
  immich: Immich;
  guard: Guard;
  /** INBOX_DIR. */
  folder: string;
  album: string;
  /** Folders whose files are nobody's to take: Steward's own, and those of Immich. */
  forbidden: () => Promise<readonly string[]>;
  /** Where reports go; undefined before there is an owner. */
  chat: () => number | undefined;
  clock: Clock;
  log: Logger;
  timing?: Partial<InboxTiming>;
};

/** Milliseconds. */
export type InboxTiming = {
  /** A file that has not changed for so long is complete. */
  settle: number;
  /** Between two looks at a folder where nothing seems to happen. */
  look: number;
  /** After a change, which is seldom alone. */
  gather: number;
  /** The first wait after a failure, doubled with each further one up to the longest. */
  firstRetry: number;
  longestRetry: number;
  /** Until a file that stays is tried again. */
  keptRetry: number;
};

export const INBOX_TIMING: InboxTiming = {
  settle: 5000,
  look: 60_000,
  gather: 200,
  firstRetry: 2000,
  longestRetry: 300_000,
  keptRetry: 6 * 3_600_000,
};

/** Facts: no gain above 4 uploads at a time. */
const WIDTH = 4;
/** Files of one pass; then the folder is looked at again. */
const MOST_AT_A_TIME = 200;
/** Failures before the chat is told: the first may be the race after a delete. */
const TOLD_AFTER = 3;
/** Waiting will not change Immich's mind, and the disk's hardly. */
const FINAL: readonly string[] = ['too-large', 'rejected'];

/** A file that is ours to deliver, and from when. */
type Open = { file: Found; row: InboxRow | undefined; at: number };

export function createInbox(needs: InboxNeeds): Inbox {
  const { store, immich, guard, folder, clock, log } = needs;
  const timing: InboxTiming = { ...INBOX_TIMING, ...needs.timing };
  const { inbox: table } = store;
  const batch = createBatch({ ...needs, observing: guard.observing });
  const deliver = createDelivery({ immich, album: createOwnAlbum(immich, needs.album), guard, folder });
  const overlap = createOverlap(needs.forbidden, clock);
  /** When each file was first seen as it is. */
  const since = new Map<string, { stamp: string; at: number }>();
  /** What is no photo or video, by path with its stamp. */
  const left = new Map<string, string>();
  /** Folders that cannot be read, which is in the log. */
  const closed = new Set<string>();
  let block: { trouble: InboxTrouble; failures: number; until: number } | undefined;
  let wake = () => {};

  const inquire = async (): Promise<Inventory | undefined> => {
    try {
      const other = await overlap(folder);
      if (other === undefined) return await scan(folder);
      blocked({ kind: 'overlap', folder, other });
    } catch (error) {
      blocked({ kind: 'folder', folder, cause: causeOf(error) });
    }
    return undefined;
  };

  /** Undefined while it may pass by itself: a server that starts again, a disk that is mounted late. */
  const lastingTrouble = () =>
    block !== undefined && block.failures >= TOLD_AFTER ? block.trouble : undefined;

  const blocked = (trouble: InboxTrouble) => {
    const failures = (block?.failures ?? -1) + 1;
    if (block?.trouble.kind !== trouble.kind) log.warn({ trouble }, 'the inbox is held up');
    block = { trouble, failures, until: clock.now() + backOff(timing, failures) };
  };

  const survey = ({ files }: Inventory, now: number): Open[] => {
    const present = new Map(files.map(({ path, stamp }) => [path, stamp]));
    for (const [path, seen] of since) if (present.get(path) !== seen.stamp) since.delete(path);
    for (const [path, stamp] of left) if (present.get(path) !== stamp) left.delete(path);
    const rows = new Map<string, InboxRow>();
    for (const row of table.all()) {
      if (present.get(row.path) === row.stamp) rows.set(row.path, row);
      else table.delete(row.path);
    }
    return files.flatMap((file): Open[] => {
      const { path, stamp } = file;
      if (left.has(path)) return [];
      if (!since.has(path)) since.set(path, { stamp, at: now });
      const row = rows.get(path);
      const settled = (since.get(path)?.at ?? now) + timing.settle;
      if (row === undefined) return [{ file, row, at: settled }];
      if (row.problem === undefined) return guard.observing ? [] : [{ file, row, at: settled }];
      return [{ file, row, at: Math.max(settled, row.notBefore) }];
    });
  };

  const work = async (file: Found, row: InboxRow | undefined, signal: AbortSignal): Promise<void> => {
    const { path, stamp } = file;
    const delivery = await deliver(file, signal);
    switch (delivery.end) {
      case 'changed':
        return;
      case 'left':
        left.set(path, stamp);
        return;
      case 'blocked':
        // Several files fail at a time: that is one failure.
        if (block === undefined || block.until <= clock.now()) {
          const { reason, cause } = delivery;
          blocked({ kind: 'immich', reason, cause });
        }
        return;
      case 'kept':
        keep(file, row, delivery.problem);
        break;
      case 'done':
        if (!delivery.removed)
          table.put({ path, stamp, problem: undefined, attempts: 0, told: false, notBefore: 0 });
        batch.done(path, delivery.known);
    }
    block = undefined;
  };

  const keep = ({ path, stamp }: Found, row: InboxRow | undefined, problem: InboxProblem) => {
    const attempts = (row?.attempts ?? 0) + 1;
    const isFinal = problem.kind === 'immich' && FINAL.includes(problem.reason);
    const isToTell = isFinal || attempts >= TOLD_AFTER;
    const isTold = row?.told === true && row.problem?.kind === problem.kind;
    const wait = isToTell ? timing.keptRetry : backOff(timing, attempts - 1);
    table.put({ path, stamp, problem, attempts, told: isToTell, notBefore: clock.now() + wait });
    if (!isToTell || isTold) return;
    log.warn({ path, problem }, 'a file stays in the inbox');
    batch.kept(path, problem);
  };

  /** @returns milliseconds until the next look */
  const pass = async (
    watch: { set(folders: readonly string[]): void },
    signal: AbortSignal,
  ): Promise<number> => {
    const now = clock.now();
    if (block !== undefined && block.until > now) return block.until - now;
    const inventory = await inquire();
    if (inventory === undefined) {
      // A folder that comes back is another one.
      watch.set([]);
      batch.show(0, lastingTrouble());
      return (block?.until ?? now) - now;
    }
    if (block !== undefined && block.trouble.kind !== 'immich') block = undefined;
    watch.set(inventory.folders);
    for (const { path, cause } of inventory.closed) {
      if (!closed.has(path))
        log.warn({ path, cause: causeOf(cause) }, 'a folder of the inbox cannot be read');
      closed.add(path);
    }

    const open = survey(inventory, now);
    const due = open.filter(({ at }) => at <= now).slice(0, MOST_AT_A_TIME);
    const untold = open.filter(({ row }) => row?.told !== true).length;
    let finished = 0;
    const queue = [...due];
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        // One file tries if Immich is back.
        if (signal.aborted || (block !== undefined && block.until > clock.now())) return;
        await work(next.file, next.row, signal);
        finished += 1;
        batch.show(Math.max(1, untold - finished));
      }
    };
    // All of them to their ends: a file is in one hand at a time.
    const ends = await Promise.allSettled(Array.from({ length: block === undefined ? WIDTH : 1 }, worker));
    signal.throwIfAborted();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;

    const after = survey(await scan(folder), clock.now());
    const waiting = after.filter(({ row }) => row?.told !== true).length;
    batch.show(waiting, lastingTrouble());
    const times = after.map(({ at }) => at);
    const first = Math.max(block?.until ?? 0, Math.min(...times, clock.now() + timing.look));
    return Math.max(0, first - clock.now());
  };

  return {
    async run(signal) {
      const watch = createWatch(() => wake(), log);
      while (!signal.aborted) {
        let wait = timing.look;
        const nap = new AbortController();
        wake = () => nap.abort();
        try {
          wait = await pass(watch, signal);
        } catch (error) {
          if (signal.aborted) break;
          log.error({ err: error }, 'the inbox cannot be worked off');
        }
        await sleep(wait, AbortSignal.any([signal, nap.signal])).catch(() => undefined);
        await sleep(timing.gather, signal).catch(() => undefined);
      }
      watch.close();
    },
  };
}
