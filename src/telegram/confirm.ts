/** A tap on a plan: once, in time, by whom it was shown to, and only while the world is as the plan saw it. */
import type { App } from '../app.ts';
import type { Note } from '../report.ts';
import { note, type Request, type Requests } from './request.ts';

export type PlanTap = Omit<Request, 'command' | 'args'> & {
  token: string;
  yes: boolean;
  messageId: number;
  /** A card for a new plan, should this one not hold any more. */
  nextCard(command: string): string;
  /** End the wait of the button, with a few words. */
  toast(answer?: Toast): void;
};

/** A few words over the chat. */
export type Toast = Note | 'not-yours';

const REFUSALS: Record<'unknown' | 'used' | 'not-yours', Toast> = {
  unknown: { key: 'expired' },
  used: { key: 'taken' },
  'not-yours': 'not-yours',
};

export function createConfirm({ app, requests }: { app: App; requests: Requests }) {
  const { store } = app;

  return async (tap: PlanTap): Promise<void> => {
    const taken = store.confirmations.take(tap.token, tap.user, tap.turn.update.update_id);
    if (!('confirmation' in taken)) return tap.toast(REFUSALS[taken.outcome]);

    const { confirmation } = taken;
    const { args } = confirmation;
    const command = app.commands.find(({ name }) => name === confirmation.command);
    const again = [[{ label: 'show-plan' as const, command: confirmation.command, args }]];
    // The tap proves that the message arrived, even where its sending was cut off.
    store.outbox.arrived(tap.token, tap.messageId);
    const card = store.outbox.keyOf(tap.chat, tap.messageId) ?? tap.card;
    const at = { card, chat: tap.chat, replyTo: tap.replyTo };
    if (taken.outcome === 'expired' || command === undefined) {
      tap.toast({ key: 'expired' });
      return requests.answer(at, note({ key: 'expired' }, again));
    }
    tap.toast();
    if (!tap.yes) return requests.answer(at, note({ key: 'cancelled' }));

    // The buttons go before anything else happens.
    const shown = store.outbox.get(card)?.body;
    if (shown?.what === 'report') requests.answer(at, shown.report);
    const request: Request = { ...tap, ...at, command, args };
    let plan;
    try {
      plan = await command.plan?.(app, args);
    } catch (error) {
      return requests.answer(at, requests.noteOf(error));
    }
    if (plan !== undefined && plan.fingerprint === confirmation.fingerprint) {
      return requests.obey(request, plan);
    }
    requests.answer(at, note({ key: 'changed' }));
    await requests.ask({ ...request, card: tap.nextCard(command.name), replyTo: tap.messageId });
  };
}
