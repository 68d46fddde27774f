/** Answers of one line. */
import type { AlertNote } from './alerts.ts';
import type { PictureWorry } from './pictures.ts';
import type { Verb } from './work.ts';

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
