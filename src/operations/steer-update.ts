/** What a person asks of an update or rollback while it runs. */
import type { App } from '../app.ts';
import { UserError } from '../errors.ts';
import type { Report } from '../report.ts';
import type { Note } from '../report/notes.ts';
import type { Service } from '../services.ts';
import type { UpdateRow, UpdateWish } from '../store/updates.ts';

type Reach = Pick<App, 'store'>;

/** By the word that people say. */
export const WISHES: Readonly<Record<string, UpdateWish>> = {
  cancel: 'cancel',
  now: 'roll-back',
  wait: 'wait',
};

/**
 * The running one, for whoever names none.
 * @throws UserError where there is none, or more than one
 */
export function updatingNow({ store, services }: Reach & Pick<App, 'services'>): Service {
  const [only, ...others] = services.all.filter(({ name }) => store.updates.open(name) !== undefined);
  if (only === undefined) throw new UserError('No update is running.');
  if (others.length === 0) return only;
  const names = [only, ...others].map(({ name }) => name);
  throw new UserError(`Say which of them: ${names.join(', ')}.`, names);
}

/**
 * Ask it to end, to go back or to wait longer; it looks for wishes by itself, in whichever process it runs.
 * @param id of the run that a button was drawn for: another one is left alone
 * @throws UserError for a way back that a rollback has not
 */
export function steerUpdate(
  { store }: Reach,
  { name: service }: Service,
  { wish, id }: { wish: UpdateWish; id: string | undefined },
): Report {
  const refuse = (why: (Note & { key: 'not-asked' })['why']): Report => ({
    kind: 'note',
    note: { key: 'not-asked', why, service },
  });
  return store.database.transaction((): Report => {
    const row = store.updates.open(service);
    if (row === undefined || (id !== undefined && id !== row.id)) return refuse('over');
    if (wish !== 'wait') {
      if (row.stage === 'back') return refuse('back');
      if (row.verb === 'rollback' && row.stage !== 'preparing') {
        throw new UserError(`${service} is being rolled back; that is seen through.`);
      }
    }
    if (wish === 'cancel' && row.stage !== 'preparing') {
      return { ...refuse('stopped'), actions: [[backButton(row)]] };
    }
    store.updates.ask(service, wish);
    return { kind: 'note', note: { key: 'asked', what: wish, service } };
  });
}

const backButton = ({ service, id }: UpdateRow) => ({
  label: 'roll-back-now' as const,
  command: 'cancel',
  args: [service, 'now', id],
  style: 'danger' as const,
});
