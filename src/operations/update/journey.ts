/** One update or rollback on its way: what it works on, and how its steps are told and written down. */
import type { App, Run } from '../../app.ts';
import { causeOf, RefusedError, UnreachableError } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import type { UpdateFailure } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import type { UpdateFacts, UpdateRow, UpdateStage } from '../../store/updates.ts';
import type { DataReach } from '../backup.ts';
import type { CheckReach } from '../check-release.ts';
import type { PowerReach } from '../power.ts';
import { stoppedParts, type Part } from './parts.ts';
import { inNetworkOrder } from './shared-network.ts';

export type UpdateReach = PowerReach & DataReach & CheckReach & Pick<App, 'config' | 'heartbeat'>;

export type Journey = {
  readonly app: UpdateReach;
  readonly service: Service;
  readonly host: Host;
  readonly run: Run;
  /** As the journal has it now. */
  row: UpdateRow;
  /** What is stopped, in start order. */
  readonly parts: readonly Part[];
};

export function journeyOf(app: UpdateReach, service: Service, run: Run, row: UpdateRow): Journey {
  const changing = row.plan.images.map(({ container }) => container);
  const parts = inNetworkOrder(stoppedParts(service, changing), row.plan.networks);
  return { app, service, host: app.hosts.of(service), run, row, parts };
}

/** For a plan made by the work itself, which has the lock that a plan wants to be free. */
export const asHolder = (app: UpdateReach): UpdateReach => ({
  ...app,
  locks: { ...app.locks, requireFree: () => {} },
});

/** Write down what comes next, and what was learnt, before it is done. */
export function record(
  journey: Journey,
  stage: UpdateStage | undefined,
  facts: Partial<UpdateFacts> = {},
): void {
  journey.row = journey.app.store.updates.record(journey.row.id, {
    ...(stage === undefined ? {} : { stage }),
    facts,
  });
}

/**
 * A step, shown while it is done.
 * @returns why it failed, or undefined
 */
export async function attempt(
  { run, app }: Pick<Journey, 'run' | 'app'>,
  step: string,
  work: () => Promise<unknown>,
  subject?: string,
): Promise<UpdateFailure | undefined> {
  run.progress.begin(step, subject);
  try {
    await work();
    run.progress.end();
    return undefined;
  } catch (error) {
    run.progress.end({ failed: true });
    app.log.warn({ err: error, step, subject }, 'a step failed');
    return failureOf(app, step, error);
  }
}

/** As {@link attempt}, of what is not worth a line on the card. */
export async function quietly(
  { app }: Pick<Journey, 'app'>,
  step: string,
  work: () => Promise<unknown>,
): Promise<UpdateFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return failureOf(app, step, error);
  }
}

const failureOf = ({ redact }: Pick<UpdateReach, 'redact'>, step: string, error: unknown): UpdateFailure => ({
  kind: 'step',
  step,
  cause: redact(causeOf(error)),
  ...(error instanceof UnreachableError || error instanceof RefusedError ? { isRefused: true } : {}),
});

/** Somebody wants it ended, or Steward itself ends. */
export function stopAsked({ run, app, row }: Journey): UpdateFailure | undefined {
  if (run.signal.aborted) return { kind: 'cut-off' };
  const wish = app.store.updates.takeWish(row.id);
  return wish === 'cancel' || wish === 'roll-back' ? { kind: 'asked' } : undefined;
}

/** Milliseconds between two looks at what people want. */
const LOOK_EVERY = 500;

/**
 * Work that a wish or the signal ends.
 * @returns as {@link attempt}, or why it was ended
 */
export const interruptible = (
  journey: Journey,
  step: string,
  work: (signal: AbortSignal) => Promise<unknown>,
  subject?: string,
): Promise<UpdateFailure | undefined> => endable(journey, () => stopAsked(journey), { step, work, subject });

/** @param why asked now and then; an answer ends the work */
export async function endable(
  reach: Pick<Journey, 'run' | 'app'>,
  why: () => UpdateFailure | undefined,
  {
    step,
    work,
    subject,
  }: { step: string; work: (signal: AbortSignal) => Promise<unknown>; subject?: string | undefined },
): Promise<UpdateFailure | undefined> {
  const asked = why();
  if (asked !== undefined) return asked;
  const ended = new AbortController();
  const state: { asked?: UpdateFailure } = {};
  const end = () => {
    const reason = why();
    if (reason === undefined) return;
    state.asked = reason;
    ended.abort(new Error('asked to stop'));
  };
  const timer = setInterval(end, LOOK_EVERY);
  reach.run.signal.addEventListener('abort', end, { once: true });
  try {
    const failure = await attempt(reach, step, () => work(ended.signal), subject);
    return failure === undefined ? undefined : (state.asked ?? failure);
  } finally {
    clearInterval(timer);
    reach.run.signal.removeEventListener('abort', end);
  }
}
