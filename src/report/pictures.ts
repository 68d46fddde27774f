/** Pictures, their cleaning and the inbox, as data to be worded by the catalogue. */
import type { Action } from './actions.ts';

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
