/** Deleting assets for good, although one that vanished or is somebody else's makes Immich refuse all of a batch. */
import type { Immich } from '../clients/immich.ts';
import { ImmichError } from '../clients/immich-answers.ts';
import type { Logger } from '../logger.ts';

export type Deleted = {
  /** Gone by our hand, or gone already. */
  gone: string[];
  /** Immich will not delete these by themselves either. */
  failed: { id: string; cause: string }[];
};

/**
 * @param ids all of our own user
 * @throws what ends every deletion: Immich cannot be reached, the key may not delete
 */
export async function deleteAssets(
  { immich, log }: { immich: Pick<Immich, 'delete' | 'asset'>; log: Logger },
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Deleted> {
  const [first] = ids;
  if (first === undefined) return { gone: [], failed: [] };
  try {
    await immich.delete(ids, { signal });
    return { gone: [...ids], failed: [] };
  } catch (error) {
    if (!isAboutOne(error)) throw error;
    if (ids.length === 1) {
      if ((await immich.asset(first, { signal })) === undefined) return { gone: [first], failed: [] };
      log.warn({ asset: first, err: error }, 'Immich does not delete this');
      return { gone: [], failed: [{ id: first, cause: error.message }] };
    }
  }
  const middle = Math.ceil(ids.length / 2);
  const left = await deleteAssets({ immich, log }, ids.slice(0, middle), signal);
  const right = await deleteAssets({ immich, log }, ids.slice(middle), signal);
  return { gone: [...left.gone, ...right.gone], failed: [...left.failed, ...right.failed] };
}

/** It may lie in one of the batch. */
const isAboutOne = (error: unknown): error is ImmichError =>
  error instanceof ImmichError && ['missing', 'rejected', 'server'].includes(error.reason);
