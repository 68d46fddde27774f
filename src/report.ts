/**
 * What a command, a job or a piece of running work has to say: plain data, no prose.
 * `src/present/` gives a report its words, Telegram and the terminal give it a form.
 * Times are milliseconds since 1970, sizes bytes, durations milliseconds.
 */
import type { AuditReport } from './report/audit.ts';
import type { AlertNote, AlertReports } from './report/alerts.ts';
import type { BackupRunReport, BackupStanding } from './report/backup-runs.ts';
import type { BackupsReport } from './report/backups.ts';
import type { DoctorReport } from './report/doctor.ts';
import type { HostNews } from './report/host-findings.ts';
import type { OffSiteReport } from './report/off-site.ts';
import type { PruneReport } from './report/prune.ts';
import type { OverviewReport } from './report/overview.ts';
import type { RestoreReports } from './report/restore.ts';

/** A button: a command with its arguments. */
export type Action = {
  /** Key of the label in the catalogue. */
  label: ActionLabel;
  command: string;
  args: readonly string[];
  /** A name to set into the label: "Its logs", "archivebox ▸". */
  subject?: string;
  style?: 'primary' | 'danger';
};

export type ActionLabel =
  | 'status'
  | 'service'
  | 'pick'
  | 'logs'
  | 'its-logs'
  | 'errors'
  | 'last-hour'
  | 'as-file'
  | 'refresh'
  | 'restart'
  | 'start'
  | 'stop'
  | 'run-now'
  | 'pause'
  | 'resume'
  | 'show-plan'
  | 'updates'
  | 'check'
  | 'skip'
  | 'unskip'
  | 'remind-saturday'
  | 'remind-tomorrow'
  | 'remind-week'
  | 'take-out'
  | 'update'
  | 'update-all'
  | 'try-again'
  | 'roll-back'
  | 'roll-back-now'
  | 'try-roll-back'
  | 'try-way-back'
  | 'undo-restore'
  | 'cancel'
  | 'wait-more'
  | 'back-up'
  | 'all-backups'
  | 'drill'
  | 'restore'
  | 'accept'
  | 'stop-waiting'
  | 'details'
  | 'snooze'
  | 'wake'
  | 'ack'
  | 'mute'
  | 'unmute'
  | 'help';

export type State = 'ok' | 'degraded' | 'down' | 'stopped' | 'working' | 'unknown';

export type DiskState = {
  path: string;
  used: number;
  free: number;
  size: number;
  /** How many files it can hold; absent where that has no limit of its own. */
  files?: { free: number; size: number };
  /** Where a disk has to be mounted: there is one, but nothing on it. */
  isEmpty?: true;
};
/** One that has no figures: it does not answer, is not there, or is only the folder where it should be mounted. */
export type LostDisk = { path: string; lost: 'silent' | 'gone' | 'not-mounted' };

export type ContainerState = {
  name: string;
  /** A native unit stands beside the containers as one of them. */
  kind: 'container' | 'unit';
  unit: string | undefined;
  state: State;
  /** Why it is not `ok`, as a fact to be worded. */
  trouble: Trouble | undefined;
  health: 'healthy' | 'unhealthy' | 'starting' | undefined;
  image: string | undefined;
  imageCreated: number | undefined;
  startedAt: number | undefined;
  restarts: number;
  memory: { used: number; limit: number | undefined } | undefined;
  /** Share of one core, in percent. */
  cpu: number | undefined;
  lastExit:
    | { code: number; at: number | undefined; outOfMemory: boolean; result: string | undefined }
    | undefined;
};

/** Why something is not well: data, worded by the catalogue. */
export type Trouble =
  | { kind: 'gone' }
  /** Its container runs under another name. */
  | { kind: 'renamed'; to: string }
  | { kind: 'no-unit'; unit: string }
  /** Nothing starts it, a boot neither. */
  | { kind: 'masked'; unit: string; runs: boolean }
  | { kind: 'stopped' }
  | { kind: 'exited'; code: number; outOfMemory: boolean; at: number | undefined }
  /** `restarts`: so often systemd tried again, until it gave up. */
  | { kind: 'unit-failed'; unit: string; result: string; restarts?: number }
  /** It was not started, or went down, because of another one; systemd does not try again. */
  | { kind: 'held-back'; unit: string; by: string }
  /** Steward has stopped it, because it was killed for memory so often within ten minutes; `limit` in bytes. */
  | { kind: 'stopped-loop'; kills: number; limit: number | undefined }
  | { kind: 'condition'; unit: string; condition: string }
  | { kind: 'unhealthy'; since: number | undefined; output: string | undefined }
  | { kind: 'starting' }
  | { kind: 'restarting'; restarts: number }
  | { kind: 'no-answer'; url: string; cause: string }
  | { kind: 'host-unreachable'; host: string; cause: string }
  /** Its host answers, but not about this one. */
  | { kind: 'silent'; cause: string }
  | { kind: 'job-failed'; what: string; cause: string };

/** How a service stands to what is published for it. */
export type ReleaseState = {
  name: string;
  title: string;
  verdict: ReleaseVerdict;
  /** The version that runs, where it is known. */
  from: string | undefined;
  /** The version that is there to be had. */
  to: string | undefined;
  /** Of the image of the application itself: `release`, `v2.6.1`. */
  tag: string | undefined;
  /** What a button acts on: the version or the digest that was shown. Undefined where nothing is offered. */
  key: string | undefined;
  /** What would change, with the digest that was seen. */
  images: readonly { container: string; image: string; digest: string }[];
  /** Bytes that a pull would bring, as far as they are known. */
  size: number | undefined;
  /** When what is offered was published. */
  publishedAt: number | undefined;
  notes: { url: string; gist: readonly string[]; breaking: readonly string[] } | undefined;
  /** A newer line of versions that the tag never gives, beside what is offered. */
  beyond: string | undefined;
  /** Look-ups that failed. */
  troubles: readonly ReleaseTrouble[];
  at: number;
};

export type ReleaseVerdict =
  | { kind: 'fresh' }
  /** The tag that runs gives another image: an update would change something. */
  | { kind: 'newer-image' }
  /** Newer, but the configuration names a version. */
  | { kind: 'pinned'; file: string | undefined; tag: string; nextTag: string }
  /** A newer line than the tag can give. */
  | { kind: 'major' }
  /** Released, but its image is not there yet. */
  | { kind: 'awaited' }
  | {
      kind: 'blocked';
      reason:
        | { kind: 'skipped' }
        | { kind: 'failed'; at: number; why: string }
        | { kind: 'vectors'; image: string };
    }
  /** Built here: no registry knows it. */
  | { kind: 'local' }
  | { kind: 'unknown' }
  /** Neither an image to look at nor a place of releases is configured. */
  | { kind: 'untracked' };

/** Why something could not be looked up. */
export type ReleaseTrouble =
  | { kind: 'failed'; what: string; cause: string }
  | { kind: 'rate-limit'; what: string; until: number }
  | { kind: 'not-running'; container: string }
  | { kind: 'name'; image: string; reason: 'short' | 'id' | 'invalid' }
  | { kind: 'no-tag'; image: string }
  | { kind: 'no-release'; repository: string }
  | { kind: 'no-version'; release: string }
  | { kind: 'versions'; from: string; release: string };

export type ServiceState = {
  name: string;
  title: string;
  host: string;
  state: State;
  trouble: Trouble | undefined;
  version: string | undefined;
  containers: readonly ContainerState[];
  /** Answer time of the health URL in milliseconds, where there is one. */
  ping: number | undefined;
  startedAt: number | undefined;
  url: string | undefined;
  /** What the last check found to be had; absent where nothing is known or nothing newer is there. */
  available?: {
    version: string | undefined;
    publishedAt: number | undefined;
    /** What an update would take; absent where only the configuration can change it. */
    key?: string;
  };
  /** Its newest proven backup; absent where none is configured. */
  backup?: BackupStanding;
};

export type HostState = {
  name: string;
  /** Set when the host could not be asked. */
  trouble: string | undefined;
};

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

export type LogEntry = {
  at: number | undefined;
  source: string;
  text: string;
  level: 'error' | 'warning' | 'other';
};

/** How long a plan holds, in milliseconds since 1970, and the word that confirms it where a tap is not enough. */
export type Asks = { until: number; typed?: string };

export type Report = { actions?: readonly (readonly Action[])[]; asks?: Asks | undefined } & (
  | { kind: 'start'; host: string; services: readonly ServiceState[] }
  | { kind: 'help'; commands: readonly { name: string; usage: string; purpose: string }[] }
  | {
      kind: 'status';
      hosts: readonly HostState[];
      services: readonly ServiceState[];
      disks: readonly (DiskState | LostDisk)[];
      at: number;
    }
  | {
      kind: 'service';
      service: ServiceState;
      machine:
        | { load: number; memoryUsed: number; memorySize: number; temperature: number | undefined }
        | undefined;
      /** The last update or rollback that came up. */
      changed?: { verb: 'update' | 'rollback'; from: string | undefined; to: string | undefined; at: number };
      /** For its owner to change the configuration: to a version that is made ready, or back. `since` is when that began. */
      waits?: { for: 'deploy' | 'return'; version: string | undefined; since: number };
      at: number;
    }
  | {
      kind: 'logs';
      subject: string;
      entries: readonly LogEntry[];
      /** Entries left out because there were too many for one answer. */
      omitted: number;
      since: number | undefined;
      asFile: boolean;
      filter: string | undefined;
    }
  | {
      kind: 'plan';
      verb: Verb;
      service: string;
      title: string;
      steps: readonly { unit: string; containers: readonly string[] }[];
      /** Services or units that will go down with it. */
      dependents: readonly string[];
      /** How long it was away the last times, where that is known. */
      away: number | undefined;
    }
  | {
      kind: 'work';
      verb: WorkVerb;
      service: string;
      /** The version that an update goes to, or a rollback back to. */
      to?: string | undefined;
      steps: readonly StepReport[];
      startedAt: number;
      at: number;
      /** What came of it is told in a message of its own. */
      ended?: true;
    }
  | ({ kind: 'update-plan' } & UpdatePlan)
  | {
      kind: 'rollback-plan';
      /** Of the update that is undone. */
      id: string;
      service: string;
      title: string;
      from: string | undefined;
      to: string | undefined;
      stops: readonly string[];
      /** Undefined: image only. Else as of when the data would be, and what was written since. */
      data: { asOf: number; lost: readonly DataDifference[] } | undefined;
      /** Why it is with data, or that it is not: the schema is another one, cannot be compared, or nothing is covered. */
      reason: 'same-schema' | 'other-schema' | 'unreadable' | 'not-covered';
      away: number | undefined;
      at: number;
    }
  | UpdateReport
  | GuardPlan
  | GuardReport
  | {
      kind: 'guard-back-plan';
      /** Of the guarded deploy that is undone. */
      id: string;
      service: string;
      title: string;
      from: string | undefined;
      to: string | undefined;
      stops: readonly string[];
      /** Undefined: the data stays as it is. Else as of when it would be, and what was written since. */
      data: { asOf: number; lost: readonly DataDifference[] } | undefined;
      reason: 'same-schema' | 'other-schema' | 'fewer' | 'unreadable' | 'not-covered';
      /** Undefined where the configuration names the old version already. */
      change: PinChange | undefined;
      at: number;
    }
  | DeployReport
  | {
      kind: 'updates-plan';
      plans: readonly UpdatePlan[];
      /** Those that need a person: pinned, blocked, not to be looked up, not to be planned for a cause. */
      left: readonly (ReleaseState | { name: string; cause: string })[];
      at: number;
    }
  | {
      kind: 'updates-outcome';
      done: readonly UpdateReport[];
      /** Not begun, because the one before needs a person. */
      rest: readonly string[];
      at: number;
    }
  | {
      kind: 'outcome';
      verb: Verb;
      service: string;
      ok: boolean;
      took: number;
      /** How the service is after a failure. */
      state: State | undefined;
      trouble: Trouble | undefined;
      lastLines: readonly string[];
      observed: boolean;
      at: number;
    }
  | RestoreReports
  | { kind: 'jobs'; jobs: readonly JobState[] }
  | { kind: 'choose'; command: string; services: readonly { name: string; title: string; state?: State }[] }
  | {
      kind: 'releases';
      /** Looked up now, known from the last look, told by itself, or told again because somebody wished so. */
      why: 'asked' | 'known' | 'digest' | 'reminder';
      services: readonly ReleaseState[];
      /** Services of which nothing could be learnt for days. */
      silent: readonly { name: string; since: number; troubles: readonly ReleaseTrouble[] }[];
      at: number;
    }
  | { kind: 'note'; note: Note }
  | PicturesReport
  | InboxReport
  | { kind: 'images'; pictures: readonly ListedPicture[]; at: number }
  | CleaningReport
  | BackupRunReport
  | BackupsReport
  | DoctorReport
  | OffSiteReport
  | HostNews
  | AuditReport
  | OverviewReport
  | AlertReports
  | PruneReport
);

/** Why somebody who is to see the pictures does not. */
export type PictureWorry =
  /** `closed` is the folder on the way to the pictures that lets him not in. */
  | { key: 'agent-shut-out'; uid: number; folder: string; closed: string }
  /** Immich has no account with this address, or does not let us share. */
  | {
      key: 'album-unseen';
      album: string;
      email: string;
      why:
        | { kind: 'no-account' }
        | { kind: 'permission'; permission: string }
        | { kind: 'other'; cause: string };
    };

/** Small one-line answers, each a key with its values. */
export type Note =
  | PictureWorry
  | AlertNote
  | { key: 'unknown-command'; word: string; nearest: readonly string[] }
  | { key: 'user-error'; message: string }
  | { key: 'failed'; message: string; lines: readonly string[] }
  | { key: 'busy'; service: string; holder: { what: string; since: number } | undefined }
  | { key: 'already'; verb: Verb; service: string }
  /** `tag` of the image, where there is one. */
  | {
      key: 'fresh';
      service: string;
      version: string | undefined;
      tag: string | undefined;
      url: string | undefined;
    }
  /** What a running update was asked for, and whether it can still be. */
  | { key: 'asked'; what: 'cancel' | 'roll-back' | 'wait'; service: string }
  /** `over`: another one runs, or none; `stopped`: too late to cancel; `back`: it is on its way back already. */
  | { key: 'not-asked'; why: 'over' | 'stopped' | 'back'; service: string }
  /** Another word than the plan asks for. */
  | { key: 'wrong-word'; word: string }
  /** What the button offered is not what is there now. */
  | { key: 'superseded'; service: string; what: string; now: string | undefined }
  /** Old images that were kept were removed by somebody else. */
  | {
      key: 'way-back-lost';
      services: readonly { service: string; version: string | undefined }[];
    }
  | { key: 'cancelled' }
  | { key: 'expired' }
  | { key: 'changed' }
  | { key: 'taken' }
  | { key: 'stranger'; id: number }
  | { key: 'guest' }
  /** The link that makes an owner was opened after its time. */
  | { key: 'enrolment-late' }
  | { key: 'old-command'; text: string; sentAt: number }
  /** `resumes`: it is taken up again, and its result will be told. */
  | { key: 'interrupted'; what: string; service: string | undefined; since: number; resumes?: true }
  | { key: 'fate-unknown'; count: number }
  | { key: 'offline'; from: number; to: number; longerThanADay: boolean }
  | { key: 'config-faults'; faults: readonly string[] }
  | { key: 'job-set'; job: string; paused: boolean }
  | { key: 'cli-did'; verb: string; service: string; by: string; ok: boolean }
  /** The store takes nothing. */
  | { key: 'store-shut'; cause: string }
  /** It takes something again, since it took nothing. */
  | { key: 'store-open'; since: number }
  | { key: 'gave-up' }
  | { key: 'skipped'; service: string; what: string; newer: string | undefined }
  | { key: 'unskipped'; service: string; what: readonly string[] }
  | { key: 'reminding'; service: string; what: string; at: number }
  | { key: 'kept'; pictures: readonly string[]; kept: boolean; cleaned: boolean }
  /** Paths under the names that were given. */
  | { key: 'named'; pictures: readonly { picture: string; path: string }[] };

/** Local time of day `HH:MM`, daily or on one weekday (0 is Sunday); or every so many milliseconds. */
export type Schedule = { at: string; weekday?: number } | { every: number };

export type JobState = {
  name: string;
  subject: string | undefined;
  schedule: Schedule;
  nextAt: number | undefined;
  paused: boolean;
  running: boolean;
  last:
    | {
        at: number;
        took: number;
        outcome: 'done' | 'failed' | 'skipped' | 'interrupted';
        reason: string | undefined;
      }
    | undefined;
};

/** One card for what came in one message or one album. */
export type PicturesReport = {
  kind: 'pictures';
  pictures: readonly PictureState[];
  /** Pictures of all cards that wait for Immich, this card's included. */
  waiting: number;
  immich: 'on' | 'off' | 'down';
  /** Name of Immich among the services, where it is one. */
  service: string | undefined;
  /** Say that Telegram shrank it (once a day). */
  shrunkHint: boolean;
};

export type PictureState = {
  number: number;
  name: string;
  /** Path of the readable copy; undefined while it is being made, when it was refused, and when it is gone. */
  path: string | undefined;
  /** A coding agent can make something of what is under the path. */
  isReadable: boolean;
  /** Paths of the same under names that people gave it, the newest last. */
  names: readonly string[];
  /** Paths of the pieces of a long screenshot, top to bottom. */
  tiles: readonly string[];
  /** Path of the video of which it shows moments, or of a live photo's clip. */
  moving: string | undefined;
  /** It shows moments of the video under `moving`. */
  isFrames: boolean;
  hostPath: string | undefined;
  width: number | undefined;
  height: number | undefined;
  size: number | undefined;
  state: 'receiving' | 'ready' | 'filed' | 'refused' | 'gone';
  /** It was in Immich before: whose doing that was decides if it is cleaned. */
  duplicate: 'own' | 'library' | undefined;
  url: string | undefined;
  kept: boolean;
  /** Cleaning would take it, unless it is kept. */
  keepable: boolean;
  /** The album was cleaned of it; the copy is still there. */
  cleaned: boolean;
  problem: PictureProblem | undefined;
};

export type ListedPicture = {
  number: number;
  /** To be opened: under the name that it was given last, else under its number. Undefined: somebody removed it. */
  path: string | undefined;
  /** The file's name in that path. */
  name: string;
  sentAt: number;
  width: number | undefined;
  height: number | undefined;
  size: number | undefined;
  state: 'waiting' | 'filed' | 'library' | 'kept' | 'cleaned' | 'local';
};

/** `adopt` takes up what a lost store knew; `others` takes out of the album, and does not delete, what is not ours. */
export type CleanMode = 'clean' | 'adopt' | 'others';

/** What cleaning the album would do, or did. */
export type CleaningReport = {
  kind: 'cleaning';
  actions?: readonly (readonly Action[])[];
  /** `observed`: it would have been done. */
  stage: 'plan' | 'done' | 'observed';
  mode: CleanMode;
  /** Undefined without Immich. */
  album: string | undefined;
  /** PICTURES_DIR. */
  folder: string;
  /** What was sent less long ago is too young, in milliseconds. */
  minAge: number;
  deleted: number;
  kept: number;
  young: number;
  /** In the album, but not by our hand: left there. */
  foreign: number;
  /** Of these, taken out of the album. */
  takenOut: number;
  /** Ours that somebody took out of the album: left where they are. */
  released: number;
  adopted: number;
  /** The album was gone. */
  isMade: boolean;
  /** Of ours, into the new album. */
  putBack: number;
  failed: { count: number; cause: string } | undefined;
  /** Why Immich was not cleaned, or not wholly. */
  trouble: { reason: ImmichTrouble; cause: string } | undefined;
  /** Pictures whose copies in the folder were past their time. */
  copies: number;
  /** Why copies could not be removed. */
  folderTrouble: string | undefined;
};

/** What came into the inbox in one go, and where it is. */
export type InboxReport = {
  kind: 'inbox';
  album: string;
  /** Files that Immich holds, and how many of these it held before. */
  done: number;
  known: number;
  /** Files that are still to come. */
  waiting: number;
  keptCount: number;
  /** The first of those that stay. */
  kept: readonly { path: string; problem: InboxProblem }[];
  trouble: InboxTrouble | undefined;
  /** The files stay where they are, because nothing is to be changed. */
  observed: boolean;
};

/** Why a file stays in the inbox. */
export type InboxProblem =
  | { kind: 'immich'; reason: ImmichTrouble; cause: string }
  /** Immich has these bytes in its trash. */
  | { kind: 'trashed' }
  /** Immich has them as a picture for the agent, which is deleted in the morning. */
  | { kind: 'temporary' }
  /** Immich names an asset that it does not show: most likely it is being deleted. */
  | { kind: 'vanishing' }
  /** Immich names an asset with other bytes. */
  | { kind: 'differs' }
  /** It seems to be the file of Immich itself. */
  | { kind: 'own-file' }
  | { kind: 'unreadable'; cause: string };

/** Why nothing is taken from the inbox. */
export type InboxTrouble =
  | { kind: 'immich'; reason: ImmichTrouble; cause: string }
  | { kind: 'folder'; folder: string; cause: string }
  /** It lies in another folder that must not be emptied, or holds it. */
  | { kind: 'overlap'; folder: string; other: string };

/** Why a picture is not what it should be, as a fact to be worded. */
export type PictureProblem =
  | { kind: 'too-large'; size: number; limit: number }
  | { kind: 'empty' }
  | { kind: 'not-an-image'; found: string | undefined }
  | { kind: 'too-many-pixels'; width: number; height: number }
  | { kind: 'tiny'; width: number; height: number }
  | { kind: 'undecodable'; cause: string }
  | { kind: 'unsupported'; format: string }
  /** Cut off or broken, but a part of it can be seen. */
  | { kind: 'damaged' }
  /** A video is there, but no picture of what is in it: the host has no ffmpeg, or that could not read it. */
  | { kind: 'no-ffmpeg' }
  | { kind: 'no-frames'; cause: string }
  /** A live photo came without its clip. */
  | { kind: 'no-clip'; cause: string }
  | { kind: 'immich'; reason: ImmichTrouble; cause: string }
  | { kind: 'telegram'; cause: string }
  /** Its bytes were taken from the folder before it was filed. */
  | { kind: 'lost'; folder: string }
  | { kind: 'disk-full'; folder: string }
  /** It cannot be written there for another reason. */
  | { kind: 'storage'; folder: string; cause: string };

/** Why Immich does not take a picture. */
export type ImmichTrouble =
  | 'down'
  | 'maintenance'
  /** The key is unknown. */
  | 'key'
  /** The key lacks the permission that `cause` names. */
  | 'permission'
  /** A proxy takes no file of this size. */
  | 'too-large'
  | 'disk-full'
  | 'rejected'
  | 'failed';
