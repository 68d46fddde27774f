/** Updates, ways back and guarded deploys, as data to be worded by the catalogue. */
import type { Action } from './actions.ts';
import type { ReleaseState } from './releases.ts';
import type { Trouble } from './services.ts';

/** An image that is to take another one's place. */
export type PlannedImage = {
  container: string;
  /** The name that the container or its unit runs, and that will mean the new one: `ghcr.io/x/y:release`. */
  image: string;
  /** Digest at the registry. Undefined for one that is here already: a rollback's. */
  digest: string | undefined;
  /** Ids of the image that runs and, where it is here already, of the one that will. */
  from: string;
  to: string | undefined;
};

/** What could undo a way back, or does the same work beside Steward. */
export type UpdateHazard =
  /** The unit pulls by itself, and how: `--pull=always`, `--pull=newer`, or `podman pull` before or in its start. */
  | { kind: 'pull'; unit: string; how: string }
  /** Another updater is active. */
  | { kind: 'auto-update'; timer: string }
  | { kind: 'compose-pull'; container: string; policy: string }
  /** Made anew without these options of its command line; and those that would be, if it has them. */
  | { kind: 'recreated'; container: string; lost: readonly string[]; untold: readonly string[] }
  /** It has the network of one that is made anew, so it is, too; one that is not `ours` is left without a network. */
  | { kind: 'shares'; container: string; provider: string; isOurs: boolean }
  /** The way back is to be with data, but nothing says what the data is. */
  | { kind: 'no-data' }
  /** The way back changes only the image, as configured. */
  | { kind: 'image-only' }
  /** It failed with this image before. */
  | { kind: 'failed-before'; at: number; why: string }
  /** Units that go down with it and are started again after it. */
  | { kind: 'dependents'; units: readonly string[] };

export type UpdatePlan = {
  service: string;
  title: string;
  from: string | undefined;
  to: string | undefined;
  /** The version or digest that is offered; a tap on an old message means this one and no other. */
  key: string;
  images: readonly PlannedImage[];
  /** Bytes to download, as far as they are known. */
  size: number | undefined;
  /** Containers or units that are stopped, in this order; started in the reverse one. */
  stops: readonly string[];
  /** Whose network a container of the service has, by their names; absent where none has. */
  networks?: Readonly<Record<string, string>>;
  withData: boolean;
  /** What the configuration says is not in a backup. */
  notCovered: string | undefined;
  /** Milliseconds that it may take to become healthy. */
  limit: number;
  /** How long it was down the last time, in milliseconds. */
  away: number | undefined;
  hazards: readonly UpdateHazard[];
  notes: ReleaseState['notes'];
  at: number;
};

/** What its owner has to change where the configuration names a version. */
export type PinChange = {
  /** Where that is, as far as it is configured. */
  file: string | undefined;
  /** Text that becomes another one, and in how many places. */
  lines: readonly { was: string; next: string; places: number }[];
};

/** A deploy that its owner does, with a copy of the data and the images made ready before it. */
export type GuardPlan = Pick<
  UpdatePlan,
  'service' | 'title' | 'from' | 'to' | 'key' | 'size' | 'notCovered' | 'hazards' | 'notes' | 'at'
> & {
  kind: 'guard-plan';
  /** `image` is the name that the configuration will have, `was` the one that it has. */
  images: readonly (PlannedImage & { was: string })[];
  /** The data is copied first. */
  isCovered: boolean;
  change: PinChange;
};

/** How far a guarded deploy is, as told by what was asked of it. */
export type GuardReport = {
  kind: 'guard';
  actions?: readonly (readonly Action[])[];
  /**
   * `waiting`: all is ready for the deploy. `unchanged`: it could not be made ready. `going-back`: at rest with the data
   * of the copy, until the configuration names the old version. `not-back`: that failed, and it is stopped.
   * `ended`: nobody waits any more. `observed`: STEWARD_OBSERVE, nothing was done.
   */
  stage: 'waiting' | 'unchanged' | 'going-back' | 'not-back' | 'ended' | 'observed';
  service: string;
  title: string;
  from: string | undefined;
  to: string | undefined;
  /** Undefined where nothing is left to change. */
  change: PinChange | undefined;
  /** When the data was copied. */
  backupAt: number | undefined;
  /** After the data went back. */
  data: { asOf: number; newer: readonly DataDifference[]; aside: readonly string[] } | undefined;
  /** It was stopped for the way back. */
  isStopped: boolean;
  why: UpdateFailure | undefined;
  notes: ReleaseState['notes'];
  at: number;
};

/** Something else runs than before, and not by Steward's hand: how it does. */
export type DeployReport = {
  kind: 'deploy';
  actions?: readonly (readonly Action[])[];
  service: string;
  title: string;
  isWell: boolean;
  /**
   * It was waited for, or it is another one. `back`: to the version before, on purpose. `again`: what was to be left was
   * started once more, before the configuration named the version before.
   */
  course: 'announced' | 'unannounced' | 'back' | 'again';
  from: string | undefined;
  to: string | undefined;
  images: readonly { container: string; was: string; now: string }[];
  containers: number;
  why: UpdateFailure | undefined;
  lastLines: readonly string[];
  /** What would bring the version of before back, where it does not do well. */
  change: PinChange | undefined;
  /** When the data was copied; undefined where no copy was made for this. */
  backupAt: number | undefined;
  data: GuardReport['data'];
  at: number;
};

/** Rows or files that are more or fewer than at another moment. */
export type DataDifference = { source: string; table: string; before: number; after: number };

/** Why an update did not work. */
export type UpdateFailure =
  | Trouble
  /** A step before anything was stopped, or a step of the way back. */
  | {
      kind: 'step';
      step: string;
      cause: string;
      /** The engine or systemd did not even begin it. */
      isRefused?: true;
    }
  /** Not healthy within its time limit, in milliseconds. */
  | { kind: 'slow'; limit: number }
  /** It runs, with another version than was told. */
  | { kind: 'version'; expected: string; found: string }
  /** Something else gave the unit another image. */
  | { kind: 'image'; container: string }
  /** Somebody asked for the way back. */
  | { kind: 'asked' }
  /** Steward ended in the middle. */
  | { kind: 'cut-off' };

export type UpdateOutcome =
  /** The new version runs and is healthy. */
  | 'updated'
  /** The old version runs and is healthy again. */
  | 'rolled-back'
  /** Nothing was stopped, or what was stopped runs again as it was. */
  | 'unchanged'
  /** Neither version runs. */
  | 'down'
  /** STEWARD_OBSERVE: nothing was done. */
  | 'observed';

export type UpdateReport = {
  kind: 'update-outcome';
  actions?: readonly (readonly Action[])[];
  verb: 'update' | 'rollback';
  /** Of the journal: `20261120t143910`. */
  id: string;
  service: string;
  title: string;
  outcome: UpdateOutcome;
  from: string | undefined;
  to: string | undefined;
  took: number;
  /** Milliseconds without service; undefined where nothing was stopped. */
  down: number | undefined;
  containers: number;
  why: UpdateFailure | undefined;
  /** What the new version said last. */
  lastLines: readonly string[];
  /** After a way back with data. */
  data: { asOf: number; newer: readonly DataDifference[]; aside: readonly string[] } | undefined;
  /** When the snapshot was taken that is kept for a way back; the old image is kept in any case. */
  keptAt: number | undefined;
  /** Of a failed way back: why, and the command that tries it again. */
  lost: { why: UpdateFailure; command: string } | undefined;
  /** What went wrong beside the update itself, in plain sentences: a unit that was to be started after it. */
  warnings: readonly string[];
  notes: ReleaseState['notes'];
  at: number;
};
