/** Work that a kill cut off: it is told, and what was left half done is brought to one side. */
import type { App } from '../app.ts';
import type { Report } from '../report.ts';
import type { RunRow } from '../store/runs.ts';
import type { Tasks } from '../tasks.ts';
import { note, type Requests } from './request.ts';
import { endKey } from './result.ts';

export type InterruptedNeeds = {
  app: App;
  tasks: Tasks;
  requests: Requests;
  /** Put a report where reports go. */
  tell: (key: string, report: Report, silent: boolean) => void;
};

/** What a card shows before there is an answer. */
const UNANSWERED = new Set<Report['kind']>([
  'work',
  'plan',
  'update-plan',
  'rollback-plan',
  'updates-plan',
  'guard-plan',
  'guard-back-plan',
  'restore-plan',
  'undo-restore-plan',
  'restores-plan',
  'backup-plan',
]);

/** @returns what takes up one run that `tasks.recover` has found */
export function createInterrupted({ app, tasks, requests, tell }: InterruptedNeeds): (run: RunRow) => void {
  const { store } = app;

  /** @returns false when there is nothing to tell: it had answered, or its update will be taken up again */
  function told(run: RunRow): boolean {
    const { card, name, subject, startedAt } = run;
    const isResumed = commandOf(run)?.resume !== undefined;
    const report = note({
      key: 'interrupted',
      what: name,
      service: subject,
      since: startedAt,
      ...(isResumed ? { resumes: true } : {}),
    });
    const update = Number(card?.split(':').at(-1));
    if (Number.isInteger(update) && store.intake.isOpen(update)) return false;
    const shown = card === undefined ? undefined : store.outbox.get(card);
    if (card === undefined || shown === undefined) {
      tell(`interrupted:${run.id}`, report, isResumed);
      return true;
    }
    const kind = shown.body.what === 'report' ? shown.body.report.kind : undefined;
    const answered = shown.changedAt >= startedAt && (kind === undefined || !UNANSWERED.has(kind));
    if (answered || store.outbox.get(endKey(card)) !== undefined) return false;
    store.database.transaction(() => {
      requests.answer({ card, chat: shown.chat, replyTo: shown.replyTo }, report);
      // The card's edit does not ring; where there will be a result, that does.
      if (isResumed) return;
      store.outbox.put({
        key: endKey(card),
        chat: shown.chat,
        replyTo: shown.messageId,
        silent: false,
        body: { what: 'report', report },
      });
    });
    return true;
  }

  const commandOf = ({ name, subject }: RunRow) =>
    subject === undefined ? undefined : app.commands.find((one) => one.name === name);

  async function resume(run: RunRow): Promise<void> {
    const { id, name, subject, by } = run;
    const command = commandOf(run);
    const work = command?.resume?.bind(command);
    if (work === undefined || subject === undefined) return;
    const args = [subject];
    const end = await tasks.start({ kind: 'command', name, subject, args, by }, (resumed) =>
      work(app, args, resumed),
    );
    // Cut off once more: the next start takes it up.
    if (end.outcome === 'interrupted') return;
    const report = end.outcome === 'done' ? end.report : requests.noteOf(end.error);
    if (report === undefined) return;
    const key = `resumed:${id}`;
    const card = run.card === undefined ? undefined : store.outbox.get(run.card);
    if (card === undefined) return tell(key, report, false);
    const { chat, messageId: replyTo } = card;
    store.outbox.put({ key, chat, replyTo, silent: false, body: { what: 'report', report } });
  }

  return (run) => {
    if (run.kind !== 'command' || !told(run)) return;
    resume(run).catch((error: unknown) =>
      app.log.error({ err: error, task: run.name }, 'cannot take up work that was cut off'),
    );
  };
}
