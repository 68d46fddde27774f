/** Pictures on their way to the agent and to Immich: every step is a recorded state. */
import type { Clock } from '../clock.ts';
import type { Database } from '../store.ts';

// The picture bridge completes this module.
export type Pictures = Record<string, never>;

export function createPictures(_database: Database, _clock: Clock): Pictures {
  return {};
}
