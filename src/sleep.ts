/** Wait, unless the signal ends it: then it rejects. Milliseconds. */
import { setTimeout as timer } from 'node:timers/promises';

export const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await timer(ms, undefined, signal === undefined ? {} : { signal });
};
