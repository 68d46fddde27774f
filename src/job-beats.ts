/** Monitors elsewhere of single jobs (`heartbeats:` in services.yaml): they notice a job that does not run at all. */
import type { Heartbeat } from './clients/heartbeat.ts';
import { causeOf } from './errors.ts';
import type { Logger } from './logger.ts';
import type { Redact } from './redact.ts';
import type { Services } from './services.ts';
import type { TaskEnd } from './tasks.ts';
import type { Texts } from './texts/index.ts';

export type JobBeatsNeeds = Pick<Services, 'heartbeats'> & {
  heartbeat: Heartbeat;
  texts: Pick<Texts, 'pulse'>;
  redact: Redact;
  log: Logger;
};

/** @returns tells the job's monitor, if it has one, and never rejects: nobody waits for a monitor */
export function createJobBeats({ heartbeats, heartbeat, texts, redact, log }: JobBeatsNeeds) {
  return async (job: string, subject: string | undefined, end: TaskEnd): Promise<void> => {
    const url = Object.hasOwn(heartbeats, job) ? heartbeats[job] : undefined;
    // One that was skipped or cut off comes again: its silence is told by the monitor, if it lasts.
    if (url === undefined || end.outcome === 'skipped' || end.outcome === 'interrupted') return;
    try {
      if (end.outcome === 'done') await heartbeat.succeeded(url, texts.pulse.done(subject), end);
      else await heartbeat.failed(url, redact(texts.pulse.failed(subject, causeOf(end.error))));
    } catch (error) {
      log.warn({ job, cause: causeOf(error) }, "a job's heartbeat cannot be told");
    }
  };
}
