/**
 * A command that somebody asked for: its plan to confirm, or its run, answered on one card.
 * Looking is repeated when a kill cuts it off; what changes something begins at most once.
 */
import type { App, Command, Plan, Run } from '../app.ts';
import { isAct, refusalOf } from '../audit.ts';
import { BusyError, causeOf, UnreachableError, UserError } from '../errors.ts';
import { subjectOf } from '../plan-subject.ts';
import type { Report } from '../report.ts';
import type { Action } from '../report/actions.ts';
import type { Note } from '../report/notes.ts';
import { inRows } from '../rows.ts';
import { PLAN_LASTS } from '../store/confirmations.ts';
import type { Task, TaskEnd, Tasks } from '../tasks.ts';
import type { Turn } from './intake.ts';
import { createResult, type Shown } from './result.ts';
import { plainWork, workOf } from './work.ts';

export type Request = Shown & {
  turn: Turn;
  command: Command;
  args: readonly string[];
  user: number;
};

/** What a mistake was made in: its command can be offered again with another first word. */
type Asked = Pick<Request, 'command' | 'args'>;

export type Requests = {
  /** Show the plan with its buttons, or run what has none. */
  ask(request: Request): Promise<void>;
  /** Run what answers in a few words, and give its answer back. */
  askBriefly(request: Request): Promise<Report>;
  /** Run what was confirmed. */
  obey(request: Request, plan: Plan): Promise<void>;
  /** Put an answer on the request's card. */
  answer(at: Shown, report: Report, extra?: { confirm?: string }): void;
  /** What the chat is told of an error. */
  noteOf(error: unknown, asked?: Asked): Report;
};

export type RequestNeeds = {
  app: App;
  tasks: Tasks;
  /** Shows that an answer is being made. */
  busy: (chat: number) => void;
  sendDirectly: (report: Report) => Promise<boolean>;
};

/** A quick answer needs no sign that it is being made. */
const BUSY_AFTER = 1000;
/** Telegram shows it for 5 s. */
const BUSY_LASTS = 4500;

export const note = (one: Note, actions?: Report['actions']): Report => ({
  kind: 'note',
  note: one,
  ...(actions === undefined ? {} : { actions }),
});

/** The same command with another first word, as a button. */
const instead = ({ command, args }: Asked, word: string): Action => ({
  label: 'pick',
  subject: word,
  command: command.name,
  args: [word, ...args.slice(1)],
});

export function createRequests({ app, tasks, busy, sendDirectly }: RequestNeeds): Requests {
  const { store, clock, log } = app;

  const answer: Requests['answer'] = ({ card, chat, replyTo }, report, { confirm } = {}) =>
    store.outbox.put({
      key: card,
      chat,
      replyTo,
      // A plan waits for an answer, so it rings.
      silent: confirm === undefined,
      body: { what: 'report', report, ...(confirm === undefined ? {} : { confirm }) },
    });

  const noteOf = (error: unknown, asked?: Asked): Report => {
    if (error instanceof UserError) {
      const choices = asked === undefined ? [] : inRows(error.choices.map((word) => instead(asked, word)));
      return note({ key: 'user-error', message: app.redact(error.message) }, choices);
    }
    if (error instanceof BusyError) {
      return note({ key: 'busy', service: error.service, holder: error.holder });
    }
    return note({ key: 'failed', message: app.redact(causeOf(error)), lines: [] });
  };

  async function whileBusy<T>(chat: number, work: () => Promise<T>): Promise<T> {
    const show = () => {
      busy(chat);
      timer = setTimeout(show, BUSY_LASTS);
    };
    let timer = setTimeout(show, BUSY_AFTER);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }

  async function run(request: Request, confirmed?: Plan): Promise<void> {
    const { turn, command, args, card } = request;
    const startedAt = clock.now();
    const repeatable =
      confirmed === undefined &&
      (command.plan !== undefined || command.purpose === 'look' || command.purpose === 'about');
    const subject = (confirmed && subjectOf(confirmed)) ?? args[0];
    const shows = workOf(confirmed, store.updates) ?? plainWork(command.shows?.(app, args));
    const result = createResult({ app, at: request, work: shows, answer });

    const written = Promise.withResolvers<void>();
    let begun = false;
    const work = async (runs: Run) => {
      begun = true;
      await written.promise;
      // The answer is put before the run's row ends, so that a kill in between cannot lose it.
      try {
        const report = await command.run(app, args, { ...runs, plan: confirmed });
        result.finish(report);
        return report;
      } catch (error) {
        if (isExpected(error) || !runs.signal.aborted) result.finish(noteOf(error, request));
        else if (!repeatable) {
          result.finish(note({ key: 'interrupted', what: command.name, service: subject, since: startedAt }));
        }
        throw error;
      }
    };
    const task: Task = {
      kind: 'command',
      name: command.name,
      subject,
      args,
      by: `telegram:${request.user}`,
      card: repeatable ? cardOf(command.name, turn) : card,
      plan: confirmed,
      ...(isAct(command, args, confirmed) ? { audit: 'act' as const } : {}),
    };
    let end: Promise<TaskEnd>;
    try {
      // The run's row and the end of the update are one commit: the work has begun, or it is still to be begun.
      end = store.database.transaction(() => {
        const started = tasks.start(task, work, result.changed);
        if (begun && !repeatable) turn.settle();
        return started;
      });
      written.resolve();
    } catch (error) {
      result.stop();
      written.promise.catch(() => {});
      written.reject(error);
      throw error;
    }

    const ended = await end;
    result.stop();
    const { state } = result;
    if (state === 'answered') return;
    if (state !== 'open' && !repeatable) return void (await sendDirectly(state.unwritten));
    // What only looked is taken up again, now or at the next start.
    if (state !== 'open' || ended.outcome === 'interrupted') {
      throw new Error(`${command.name} was not answered`);
    }
    answer(request, noteOf('error' in ended ? ended.error : new Error('no answer')));
  }

  async function ask(request: Request): Promise<void> {
    const { command, args, turn, user, chat } = request;
    let plan: Plan | undefined;
    try {
      plan = await command.plan?.(app, args);
    } catch (error) {
      if (error instanceof UnreachableError) log.warn({ why: error.message }, 'cannot make a plan');
      else if (!isExpected(error)) log.error({ err: error, command: command.name }, 'cannot make a plan');
      app.audit.refuse({ what: command.name, args, by: `telegram:${user}` }, refusalOf(error));
      return answer(request, noteOf(error, request));
    }
    if (plan === undefined) return run(request);
    const { report, fingerprint, typed: word } = plan;
    if (plan.isEmpty === true) return answer(request, report);
    const asks = { until: clock.now() + PLAN_LASTS, ...(word === undefined ? {} : { typed: word }) };
    store.database.transaction(() => {
      const { card } = request;
      const of = { command: command.name, args, user, chat, fingerprint, card, word };
      const confirm = store.confirmations.plan(of);
      answer(request, { ...report, asks }, { confirm });
      turn.settle();
    });
  }

  async function askBriefly({ command, args, user, chat, card }: Request): Promise<Report> {
    const task: Task = {
      kind: 'command',
      name: command.name,
      subject: args[0],
      args,
      by: `telegram:${user}`,
      card,
      ...(isAct(command, args, undefined) ? { audit: 'act' as const } : {}),
    };
    const end = await whileBusy(chat, () => tasks.start(task, (runs) => command.run(app, args, runs)));
    if (end.outcome === 'done' && end.report !== undefined) return end.report;
    return noteOf('error' in end ? end.error : new Error(`${command.name} was not done`));
  }

  return {
    answer,
    noteOf,
    askBriefly,
    obey: run,
    ask: (request) => whileBusy(request.chat, () => ask(request)),
  };
}

const isExpected = (error: unknown): boolean => error instanceof UserError || error instanceof BusyError;

/** Key of the card that answers what an update asked. */
export const cardOf = (command: string, turn: Turn): string => `${command}:${turn.update.update_id}`;
