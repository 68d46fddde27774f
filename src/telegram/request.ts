/**
 * A command that somebody asked for: its plan to confirm, or its run, shown on one card from the beginning to the end.
 * Looking is repeated when a kill cuts it off; what changes something begins at most once.
 */
import type { App, Command, Plan, Run } from '../app.ts';
import { BusyError, causeOf, UserError } from '../errors.ts';
import type { Note, Report, StepReport } from '../report.ts';
import type { Task, TaskEnd, Tasks } from '../tasks.ts';
import type { Turn } from './intake.ts';
import { createLiveCard } from './progress.ts';

export type Request = {
  turn: Turn;
  command: Command;
  args: readonly string[];
  user: number;
  chat: number;
  /** Key of the card that answers: `<command>:<update>`. A card that is there already is changed. */
  card: string;
  replyTo: number | undefined;
};

export type Requests = {
  /** Show the plan with its buttons, or run what has none. */
  ask(request: Request): Promise<void>;
  /** Run what was confirmed. */
  obey(request: Request, plan: Plan): Promise<void>;
  /** Put an answer on the request's card. */
  answer(
    request: Pick<Request, 'card' | 'chat' | 'replyTo'>,
    report: Report,
    extra?: { confirm?: string },
  ): void;
  /** What the chat is told of an error. */
  noteOf(error: unknown): Report;
};

export type RequestNeeds = {
  app: App;
  tasks: Tasks;
  /** Shows that an answer is being made. */
  busy: (chat: number) => void;
  sendDirectly: (report: Report) => Promise<boolean>;
};

/** messages.md, rule 3: an edit does not ring, so longer work ends in a message of its own. */
const LONG = 30_000;
/** A quick answer needs no sign that it is being made. */
const BUSY_AFTER = 1000;
/** Telegram shows it for 5 s. */
const BUSY_LASTS = 4500;

export const note = (one: Note, actions?: Report['actions']): Report => ({
  kind: 'note',
  note: one,
  ...(actions === undefined ? {} : { actions }),
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

  const noteOf = (error: unknown): Report => {
    if (error instanceof UserError) return note({ key: 'user-error', message: app.redact(error.message) });
    if (error instanceof BusyError) {
      const { holder } = error;
      return note({
        key: 'busy',
        service: error.service,
        what: holder?.what ?? '?',
        since: holder?.since ?? clock.now(),
      });
    }
    return note({ key: 'failed', message: app.redact(causeOf(error)), lines: [] });
  };

  /** @returns ends it */
  const signOfWork = (chat: number): (() => void) => {
    const show = () => {
      busy(chat);
      timer = setTimeout(show, BUSY_LASTS);
    };
    let timer = setTimeout(show, BUSY_AFTER);
    return () => clearTimeout(timer);
  };

  async function run(request: Request, confirmed?: Plan): Promise<void> {
    const { turn, command, args, card, chat } = request;
    const startedAt = clock.now();
    const repeatable =
      confirmed === undefined &&
      (command.plan !== undefined || command.purpose === 'look' || command.purpose === 'about');
    const subject = confirmed?.report.kind === 'plan' ? confirmed.report.service : args[0];
    const workReport = workOf(confirmed, startedAt);

    let steps: readonly StepReport[] = [];
    const draw = () => {
      if (workReport === undefined) return;
      try {
        answer(request, workReport(steps, clock.now()));
      } catch (error) {
        log.warn({ err: error, card }, 'cannot show the progress');
      }
    };
    const live = workReport === undefined ? undefined : createLiveCard({ clock, show: draw });
    const sign = live === undefined ? signOfWork(chat) : () => {};
    const put = (report: Report) => {
      if (live === undefined || clock.now() - startedAt <= LONG) return answer(request, report);
      store.database.transaction(() => {
        draw();
        store.outbox.put({
          key: endKey(card),
          chat,
          replyTo: store.outbox.get(card)?.messageId ?? request.replyTo,
          silent: false,
          body: { what: 'report', report },
        });
      });
    };
    const answered: { yet: boolean; unwritten?: Report } = { yet: false };
    const finish = (report: Report) => {
      live?.stop();
      sign();
      try {
        put(report);
        answered.yet = true;
      } catch (error) {
        answered.unwritten = report;
        log.error({ err: error, card }, 'cannot write an answer down');
      }
    };

    // The run's row and the end of the update are one commit: the work has begun, or it is still to be begun.
    const written = Promise.withResolvers<void>();
    let begun = false;
    const work = async (runs: Run) => {
      begun = true;
      await written.promise;
      // The answer is put before the run's row ends, so that a kill in between cannot lose it.
      try {
        const report = await command.run(app, args, runs);
        finish(report);
        return report;
      } catch (error) {
        const told = error instanceof UserError || error instanceof BusyError || !runs.signal.aborted;
        if (told) finish(noteOf(error));
        else if (!repeatable) {
          finish(note({ key: 'interrupted', what: command.name, service: subject, since: startedAt }));
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
    };
    let end: Promise<TaskEnd>;
    try {
      end = store.database.transaction(() => {
        const started = tasks.start(task, work, (told, stepChanged) => {
          steps = told;
          live?.changed(stepChanged);
        });
        if (begun && !repeatable) turn.settle();
        return started;
      });
      written.resolve();
    } catch (error) {
      written.promise.catch(() => {});
      written.reject(error);
      throw error;
    }

    const ended = await end;
    live?.stop();
    sign();
    if (answered.yet) return;
    const { unwritten } = answered;
    if (unwritten !== undefined && !repeatable) return void (await sendDirectly(unwritten));
    // What only looked is taken up again, now or at the next start.
    if (unwritten !== undefined || ended.outcome === 'interrupted') {
      throw new Error(`${command.name} was not answered`);
    }
    answer(request, noteOf('error' in ended ? ended.error : new Error('no answer')));
  }

  return {
    answer,
    noteOf,
    obey: run,
    async ask(request) {
      const { command, args, turn, user, chat } = request;
      const sign = signOfWork(chat);
      let plan: Plan | undefined;
      try {
        plan = await command.plan?.(app, args).finally(sign);
      } catch (error) {
        if (!(error instanceof UserError || error instanceof BusyError)) {
          log.error({ err: error, command: command.name }, 'cannot make a plan');
        }
        return answer(request, noteOf(error));
      }
      if (plan === undefined) return run(request);
      const { report, fingerprint } = plan;
      store.database.transaction(() => {
        const confirm = store.confirmations.plan({ command: command.name, args, user, chat, fingerprint });
        answer(request, report, { confirm });
        turn.settle();
      });
    },
  };
}

/** Key of the card that answers what an update asked. */
export const cardOf = (command: string, turn: Turn): string => `${command}:${turn.update.update_id}`;

/** Key of the message that ends long work. */
export const endKey = (card: string): string => `${card}:end`;

/** Draws running work that was confirmed by a plan. */
function workOf(
  plan: Plan | undefined,
  startedAt: number,
): ((steps: readonly StepReport[], at: number) => Report) | undefined {
  if (plan?.report.kind !== 'plan') return undefined;
  const { verb, service } = plan.report;
  return (steps, at) => ({ kind: 'work', verb, service, steps, startedAt, at });
}
