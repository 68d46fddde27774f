/** What a command or a job may reach, and what they are. */
import type { Audit } from './audit.ts';
import type { Heartbeat } from './clients/heartbeat.ts';
import type { Https } from './clients/https.ts';
import type { Immich } from './clients/immich.ts';
import type { Machine } from './clients/machine.ts';
import type { Offsite } from './clients/offsite.ts';
import type { Probe } from './clients/probe.ts';
import type { Registry } from './clients/registry.ts';
import type { Releases } from './clients/releases.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Guard } from './guard.ts';
import type { Hosts } from './hosts.ts';
import type { Locks } from './locks.ts';
import type { Logger } from './logger.ts';
import type { Progress } from './progress.ts';
import type { Redact } from './redact.ts';
import type { Report } from './report.ts';
import type { WorkVerb } from './report/work.ts';
import type { Scheduler } from './scheduler.ts';
import type { Service, Services } from './services.ts';
import type { Store } from './store.ts';

export type App = {
  config: Config;
  services: Services;
  hosts: Hosts;
  store: Store;
  locks: Locks;
  guard: Guard;
  probe: Probe;
  /** Asks through the proxy of the owner's, and looks at its certificates. */
  https: Https;
  machine: Machine;
  registry: Registry;
  releases: Releases;
  /** Where pictures are filed. Undefined without a key: they stay in their folder. */
  immich: Immich | undefined;
  /** A second place for backups. Undefined where none is configured. */
  offsite: Offsite | undefined;
  /** Tells a service's monitor elsewhere of its backups. */
  heartbeat: Heartbeat;
  /** Masks secrets in what leaves the process. */
  redact: Redact;
  audit: Audit;
  scheduler: Scheduler;
  clock: Clock;
  log: Logger;
  commands: readonly Command[];
  jobs: readonly Job[];
};

/** Who asked: `telegram:613428907`, `cli:root`, `schedule`. Kept with what was done. */
export type Actor = string;

export type Run = {
  by: Actor;
  signal: AbortSignal;
  progress: Progress;
  /** What was confirmed; absent for a run that nobody was asked about. */
  plan?: Plan | undefined;
  /** When a scheduled job was due: long ago for a run that was missed and is made up. */
  dueAt?: number;
  /** Tells the audit that it works on this; `whileLocked` does. */
  touched?(name: string): void;
};

/** What a plan shows, and a fingerprint of the state that it saw: a tap on it obeys only while that holds. */
export type Plan = {
  report: Report;
  fingerprint: string;
  /** There is nothing to do, which the report says; nobody is asked. */
  isEmpty?: boolean;
  /** It destroys something: confirmed by typing this word instead of a tap. */
  typed?: string;
};

export type Command = {
  /** As typed: lower-case letters and dashes. */
  name: string;
  /** The arguments, for help: `<service>`, `[service]`, `<service> [lines]`. */
  usage: string;
  purpose: 'look' | 'act' | 'schedule' | 'about';
  /** Guests may ask it too. */
  guests?: boolean;
  /** Needs a service: bare, it offers those as buttons for which this holds. */
  needsService?: (service: Service) => boolean;
  /** False: the command line answers it also where the store cannot be opened, on a full or broken disk. */
  needsStore?: false;
  /** Words that the command line takes as `--word`; they are among the arguments as they are typed. */
  flags?: readonly string[];
  /** Its answer is a few words: a tap shows them over the chat instead of in a message. */
  isBrief?: boolean;
  /** Asked like this it does something, though without a plan. By default what is there to act does with any arguments. */
  acts?(args: readonly string[]): boolean;
  /** Absent: it changes nothing and runs at once. Throws UserError for bad arguments. */
  plan?(app: App, args: readonly string[]): Promise<Plan | undefined>;
  /** What a card shows of its steps where no plan announced them; `all` is every service. */
  shows?(app: App, args: readonly string[]): { verb: WorkVerb; service: string } | undefined;
  /** Throws UserError for bad arguments, BusyError for a taken service. */
  run(app: App, args: readonly string[], run: Run): Promise<Report>;
  /** What the next start does when a kill cut a run off: bring things to one side or the other. Undefined: nothing was left to do. */
  resume?(app: App, args: readonly string[], run: Run): Promise<Report | undefined>;
};

export type Times =
  /** Local time of day `HH:MM`, every day or on one weekday (0 is Sunday). */
  | { at: string; weekday?: number; jitter?: boolean }
  /** Every so many milliseconds (whole minutes) while the bot runs, and at its start where that is said; not made up after an absence. */
  | { every: number; atStart?: true };

export type Job = {
  name: string;
  /** It takes the machine's disk or processor: one such job at a time. */
  heavy?: boolean;
  /** It changes nothing here, whatever it locks: the audit does not keep it. */
  looks?: boolean;
  /** When, for each thing that it looks after; `subject` is a service's name where it is one, and comes once. */
  times(app: App): readonly { subject?: string; times: Times }[];
  run(app: App, subject: string | undefined, run: Run): Promise<Report | undefined>;
};
