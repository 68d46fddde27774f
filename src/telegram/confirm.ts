/**
 * The answer to a plan, a tap or the word that it asks for: once, in time, by whom it was shown to, and only while the
 * world is as the plan saw it.
 */
import type { App } from '../app.ts';
import type { Note } from '../report/notes.ts';
import type { Confirmation, Taken } from '../store/confirmations.ts';
import { note, type Request, type Requests } from './request.ts';

type Answer = Omit<Request, 'command' | 'args'> & {
  /** A card for a new plan, should this one not hold any more. */
  nextCard(command: string): string;
};

export type PlanTap = Answer & {
  token: string;
  yes: boolean;
  messageId: number;
  /** End the wait of the button, with a few words. */
  toast(answer?: Toast): void;
};

export type PlanWord = Answer & {
  text: string;
  /** The message that it replies to. */
  to: number | undefined;
  /** People talk in a group; alone with the bot every word is for it. */
  isPrivate: boolean;
};

export type Confirm = {
  tap(tap: PlanTap): Promise<void>;
  /** @returns false for a word that is no answer to any plan */
  word(word: PlanWord): Promise<boolean>;
};

/** A few words over the chat. */
export type Toast = Note | 'not-yours';

const REFUSALS: Record<'unknown' | 'used' | 'not-yours', Toast> = {
  unknown: { key: 'expired' },
  used: { key: 'taken' },
  'not-yours': 'not-yours',
};

const isSame = (typed: string, word: string) => typed.trim().toLowerCase() === word.trim().toLowerCase();

export function createConfirm({ app, requests }: { app: App; requests: Requests }): Confirm {
  const { store } = app;
  const { confirmations, outbox } = store;

  const sayExpired = (at: Answer, confirmation: Confirmation) => {
    const { command, args } = confirmation;
    keep(at, confirmation, 'expired');
    requests.answer(at, note({ key: 'expired' }, [[{ label: 'show-plan', command, args }]]));
  };

  /** @param at where it is done, on the plan's own card or below a word */
  async function goOn(at: Answer, confirmation: Confirmation, planCard: string): Promise<void> {
    const { args } = confirmation;
    const command = app.commands.find(({ name }) => name === confirmation.command);
    if (command === undefined) return sayExpired(at, confirmation);

    // The buttons go before anything else happens.
    const shown = outbox.get(planCard)?.body;
    if (shown?.what === 'report') {
      requests.answer({ ...at, card: planCard }, { ...shown.report, asks: undefined });
    }
    const request: Request = { ...at, command, args };
    let plan;
    try {
      plan = await command.plan?.(app, args);
    } catch (error) {
      return requests.answer(at, requests.noteOf(error));
    }
    if (plan !== undefined && plan.fingerprint === confirmation.fingerprint) {
      return requests.obey(request, plan);
    }
    keep(at, confirmation, 'changed');
    requests.answer({ ...at, card: planCard }, note({ key: 'changed' }));
    await requests.ask({ ...request, card: at.nextCard(command.name) });
  }

  /** What was asked and, in the end, not obeyed. */
  const keep = (
    { user }: Answer,
    { command: what, args }: Confirmation,
    outcome: 'cancelled' | 'expired' | 'changed',
  ) => app.audit.refuse({ what, args, by: `telegram:${user}` }, { outcome });

  const take = (token: string, { user, turn }: Answer): Taken =>
    confirmations.take(token, user, turn.update.update_id);

  return {
    async tap(tap) {
      const { token, messageId } = tap;
      const asked = confirmations.typed(tap).find((one) => one.token === token);
      if (tap.yes && asked !== undefined) return tap.toast({ key: 'wrong-word', word: asked.word });
      const taken = take(token, tap);
      if (!('confirmation' in taken)) return tap.toast(REFUSALS[taken.outcome]);

      // The tap proves that the message arrived, even where its sending was cut off.
      outbox.arrived(token, messageId);
      const at = { ...tap, card: outbox.keyOf(tap.chat, messageId) ?? tap.card, replyTo: messageId };
      if (taken.outcome === 'expired') {
        tap.toast({ key: 'expired' });
        return sayExpired(at, taken.confirmation);
      }
      tap.toast();
      if (!tap.yes) {
        keep(tap, taken.confirmation, 'cancelled');
        return requests.answer(at, note({ key: 'cancelled' }));
      }
      await goOn(at, taken.confirmation, at.card);
    },
    async word(word) {
      const tap = word.turn.update.update_id;
      const waiting = confirmations.typed({ ...word, tap });
      const meant = waiting.find((one) => isSame(word.text, one.word));
      if (meant !== undefined) {
        const taken = take(meant.token, word);
        if (!('confirmation' in taken)) return false;
        const { outcome, confirmation } = taken;
        if (outcome === 'expired') sayExpired(word, confirmation);
        // Who has typed looks below his word, not above it.
        else await goOn({ ...word, card: word.nextCard(confirmation.command) }, confirmation, meant.card);
        return true;
      }
      const [open] = waiting.filter(({ isExpired }) => !isExpired);
      if (open === undefined) return false;
      const isAnswer = word.to !== undefined && outbox.get(open.card)?.messageId === word.to;
      if (!word.isPrivate && !isAnswer) return false;
      requests.answer(word, note({ key: 'wrong-word', word: open.word }));
      return true;
    },
  };
}
