/**
 * Shows running work on its card: a step's change at once, else at a pace that Telegram bears for long
 * (edits count like messages; a faster pace earned others minutes of silence).
 */
import type { Clock } from '../clock.ts';

export type LiveCard = {
  /** The work has moved. */
  changed(stepChanged: boolean): void;
  /** No more, also not by the timer. */
  stop(): void;
};

/** Milliseconds between two edits, by how long the work has run. */
export function cadence(runs: number): number {
  if (runs < 30_000) return 3000;
  return runs < 120_000 ? 5000 : 10_000;
}

/** @param show draws the card as the work stands; called on its own, too, so that the time moves */
export function createLiveCard(needs: { clock: Clock; show: () => void }): LiveCard {
  const { clock, show } = needs;
  const startedAt = clock.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const draw = () => {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(draw, cadence(clock.now() - startedAt));
    show();
  };
  draw();
  return {
    // Amounts wait for the timer, which always runs.
    changed: (stepChanged) => void (stepChanged && draw()),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
