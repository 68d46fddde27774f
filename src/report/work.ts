/** Work on a service that shows its steps, and what it leaves to read. */
export type StepState = 'waiting' | 'working' | 'done' | 'failed' | 'skipped';

export type StepReport = {
  /** Key of the step's name in the catalogue. */
  step: string;
  /** What it is about: a container or a unit. */
  subject?: string;
  state: StepState;
  took?: number;
  done?: number;
  total?: number;
  detail?: string;
};

export type Verb = 'restart' | 'stop' | 'start';

/** Work that shows its steps while it runs. */
export type WorkVerb = Verb | 'update' | 'rollback' | 'guard' | 'backup' | 'drill' | 'restore';

export type LogEntry = {
  at: number | undefined;
  source: string;
  text: string;
  level: 'error' | 'warning' | 'other';
};
