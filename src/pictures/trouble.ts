/** Why Immich does not do what it is asked, as a fact to be worded. */
import { ImmichError } from '../clients/immich-answers.ts';
import { causeOf, UnreachableError } from '../errors.ts';
import type { ImmichTrouble } from '../report/pictures.ts';

/** `cause` names the missing permission, or quotes Immich. */
export function troubleOf(error: unknown): { reason: ImmichTrouble; cause: string } {
  if (error instanceof UnreachableError) return { reason: 'down', cause: causeOf(error) };
  if (!(error instanceof ImmichError)) return { reason: 'failed', cause: causeOf(error) };
  const { reason, permission, message } = error;
  const isVague = reason === 'missing' || reason === 'server' || reason === 'unexpected';
  return { reason: isVague ? 'failed' : reason, cause: permission ?? message };
}
