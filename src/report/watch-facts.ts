/** What else watching finds, beside services that do not work. */

/** A line that the owner wants to know of was logged. */
export type LogFact = {
  kind: 'log';
  title: string;
  /** The container or unit that wrote it. */
  part: string;
  pattern: string;
  /** The newest of such lines, masked and cut. */
  line: string;
  count: number;
  /** Milliseconds since 1970, of the newest one. */
  lastAt: number;
};

/** A pattern takes too long on the lines that are logged, and is not looked for any more. */
export type SlowPatternFact = { kind: 'slow-pattern'; title: string; pattern: string };

/** A deploy that never ends keeps systemd from the next one. */
export type DeployLeftFact = {
  kind: 'deploy-left';
  host: string;
  unit: string;
  /** Milliseconds since 1970. */
  begunAt: number;
};

export type WatchFact = LogFact | SlowPatternFact | DeployLeftFact;
