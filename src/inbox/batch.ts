/** What the chat is told of the inbox: one silent card for what comes in one go, a summary in the end. */
import type { Clock } from '../clock.ts';
import type { InboxProblem, InboxReport, InboxTrouble } from '../report/pictures.ts';
import type { Store } from '../store.ts';

export type Batch = {
  /** @param known Immich had it before */
  done(path: string, known: boolean): void;
  kept(path: string, problem: InboxProblem): void;
  /** Show how things stand. @param waiting files that are still to be delivered */
  show(waiting: number, trouble?: InboxTrouble): void;
};

type Needs = {
  store: Pick<Store, 'facts' | 'outbox' | 'database'>;
  clock: Clock;
  /** Where reports go; undefined before there is an owner. */
  chat: () => number | undefined;
  album: string;
  observing: boolean;
};

/** All that outlives a kill. */
type State = {
  card: string;
  startedAt: number;
  changedAt: number;
  done: number;
  known: number;
  keptCount: number;
  kept: { path: string; problem: InboxProblem }[];
  trouble: InboxTrouble | undefined;
};

const BATCH = 'inbox:batch';
/** Milliseconds: what comes so soon after belongs to it, but a card so old is scrolled away. */
const NEXT_WITHIN = 10 * 60_000;
const LASTS = 60 * 60_000;
/** Between two edits of a card that only counts. */
const SHOW_EVERY = 2000;
/** Files that are named. */
const MOST_NAMED = 10;

export function createBatch({ store, clock, chat, album, observing }: Needs): Batch {
  const { facts, outbox, database } = store;
  let state = facts.get<State>(BATCH);
  let shownAt = 0;
  let shown = '';

  /** A card that says what is in the way is not over before that is. */
  const isOver = ({ changedAt, startedAt, trouble }: State, now: number) =>
    trouble === undefined && (now - changedAt > NEXT_WITHIN || now - startedAt > LASTS);

  const current = (): State => {
    const now = clock.now();
    if (state === undefined || isOver(state, now)) {
      state = {
        card: `inbox:${now}`,
        startedAt: now,
        changedAt: now,
        done: 0,
        known: 0,
        keptCount: 0,
        kept: [],
        trouble: undefined,
      };
    }
    state.changedAt = now;
    return state;
  };

  return {
    done(path, known) {
      const batch = current();
      batch.done += 1;
      if (known) batch.known += 1;
      const others = batch.kept.filter((one) => one.path !== path);
      batch.keptCount -= batch.kept.length - others.length;
      batch.kept = others;
    },
    kept(path, problem) {
      const batch = current();
      batch.keptCount += 1;
      if (batch.kept.length < MOST_NAMED) batch.kept.push({ path, problem });
    },
    show(waiting, trouble) {
      if (trouble !== undefined) current();
      if (state === undefined) return;
      state.trouble = trouble;
      const { card, done, known, kept, keptCount } = state;
      const report: InboxReport = {
        kind: 'inbox',
        album,
        done,
        known,
        waiting,
        kept,
        keptCount,
        trouble,
        observed: observing,
      };
      const isCount = waiting > 0 && trouble === undefined;
      const text = JSON.stringify([card, report]);
      if (text === shown || (isCount && clock.now() - shownAt < SHOW_EVERY)) return;
      shown = text;
      shownAt = clock.now();
      const to = chat();
      database.transaction(() => {
        facts.put(BATCH, state);
        if (to !== undefined) outbox.put({ key: card, chat: to, body: { what: 'report', report } });
      });
    },
  };
}
