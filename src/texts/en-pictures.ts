/** What is said of pictures: of one on its way, of the last ones, of the album's cleaning. */
import type { ImmichTrouble, PictureProblem, PictureWorry } from '../report/pictures.ts';
import { b, code, i, rich, type Rich } from '../rich.ts';
import { formatSize } from '../units.ts';
import { plural } from './en-words.ts';

const immichTrouble = (reason: ImmichTrouble, cause: string): Rich => {
  switch (reason) {
    case 'down':
      return rich`⚠️ Immich is down: ${cause}`;
    case 'maintenance':
      return rich`⚠️ Immich is in maintenance mode. I file it when that is over.`;
    case 'key':
      return rich`⚠️ Immich does not know the key in IMMICH_API_KEY. Make a new one in Immich's account settings; I file it then.`;
    case 'permission':
      return rich`⚠️ The key in IMMICH_API_KEY lacks the permission ${code(cause)}. Add it in Immich's account settings; I file it then.`;
    case 'too-large':
      return rich`⚠️ Not in Immich: a proxy before it refuses files of this size. The path works.`;
    case 'disk-full':
      return rich`⚠️ Immich's disk is full. I file it when there is room.`;
    case 'rejected':
      return rich`⚠️ Not in Immich, which says: ${cause}. The path works.`;
    case 'failed':
      return rich`⚠️ Immich could not take it yet: ${cause}. I try again.`;
  }
};

export type Unseen = Extract<PictureWorry, { key: 'album-unseen' }>;
export const unseen = (why: Unseen['why']): Rich => {
  switch (why.kind) {
    case 'no-account':
      return rich`Immich has no account with this address. Correct IMMICH_SHARE_WITH.`;
    case 'permission':
      return rich`the key in IMMICH_API_KEY lacks the permission ${code(why.permission)}. Add it in Immich's account settings.`;
    case 'other':
      return rich`${why.cause}.`;
  }
};

export const them = (count: number) => (count === 1 ? 'it' : 'them');

const cleaningTrouble = (reason: ImmichTrouble, cause: string): Rich => {
  switch (reason) {
    case 'down':
      return rich`Immich is down (${cause}). I try again tomorrow; /clean does it earlier.`;
    case 'maintenance':
      return rich`Immich is in maintenance mode. I try again tomorrow; /clean does it earlier.`;
    case 'key':
      return rich`Immich does not know the key in IMMICH_API_KEY. Make a new one in Immich's account settings.`;
    case 'permission':
      return rich`the key in IMMICH_API_KEY lacks the permission ${code(cause)}. Add it in Immich's account settings.`;
    default:
      return rich`${cause}`;
  }
};

const pictureProblem = (problem: PictureProblem): Rich => {
  switch (problem.kind) {
    case 'too-large':
      return problem.limit < 1e9
        ? rich`❌ ${b(`Not taken: ${formatSize(problem.size)}.`)} Telegram lets bots download ${formatSize(problem.limit)} at most.\nUse the Immich app for this one, or run a local Bot API server (up to 2 GB).`
        : rich`❌ ${b(`Not taken: ${formatSize(problem.size)}.`)} I take ${formatSize(problem.limit)} at most. Use the Immich app for this one.`;
    case 'empty':
      return rich`❌ ${b('Not taken: the file is empty.')} Send it again.`;
    case 'not-an-image':
      return rich`❌ ${b('Not taken: this is not a picture')}${problem.found === undefined ? '' : ` but ${problem.found}`}. I take pictures, videos, PDFs and text files.`;
    case 'too-many-pixels':
      return rich`❌ ${b(`Not taken: ${problem.width}×${problem.height} pixels.`)} That is more than I decode. Send a smaller version.`;
    case 'tiny':
      return rich`⚠️ Only ${problem.width}×${problem.height} pixels: an agent sees little in it.`;
    case 'undecodable':
      return rich`⚠️ An agent cannot open it, because it cannot be decoded: ${problem.cause}. Send it again, or as JPEG or PNG.`;
    case 'unsupported':
      return rich`⚠️ A coding agent cannot read ${problem.format}. Send it as JPEG or PNG.`;
    case 'damaged':
      return rich`⚠️ The file is damaged: a part of the picture is missing.`;
    case 'no-ffmpeg':
      return rich`🎞 A coding agent cannot watch a video. With ffmpeg on this host I add a picture of its frames; I say this once.`;
    case 'no-frames':
      return rich`⚠️ No frames of the video can be shown: ${problem.cause}`;
    case 'no-clip':
      return rich`⚠️ The still is here, the clip of this live photo is not: ${problem.cause}`;
    case 'immich':
      return immichTrouble(problem.reason, problem.cause);
    case 'telegram':
      return rich`❌ ${b('Could not fetch it from Telegram:')} ${problem.cause}. Send it again.`;
    case 'lost':
      return rich`❌ ${b('Lost on the way:')} somebody removed it from ${code(problem.folder)}. Send it again.`;
    case 'disk-full':
      return rich`❌ ${b('Not stored: the disk is full.')} Make room in ${code(problem.folder)}; I try again by myself.`;
    case 'storage':
      return rich`❌ ${b('Not stored')} in ${code(problem.folder)}: ${problem.cause}. I try again by myself.`;
  }
};

export const pictures = {
  ready: rich`📸 ${b('Ready for your agent')}`,
  readyDocument: rich`📄 ${b('Ready for your agent')}`,
  asItIs: rich`📎 ${b('Kept as it is')}`,
  readyMany: (count: number) => rich`📸 ${b(`${plural(count, 'picture')} ready`)}`,
  alsoThere: (count: number) => `${count} of them ${count === 1 ? 'was' : 'were'} in Immich already`,
  wasThere: rich`It was in your Immich library before; I leave it there and do not clean it.`,
  down: rich`🟡 ${b('Ready for your agent; Immich is down, filing later')}`,
  waiting: (count: number) =>
    rich`${plural(count, 'picture')} waiting. I edit this message when ${count === 1 ? 'it is' : 'they are'} filed.`,
  tiles: (count: number) => rich`✂️ It is long: here in ${count} pieces too, from top to bottom.`,
  frames: rich`🎞 Some of its frames; the video itself:`,
  clip: rich`🎞 Its clip:`,
  moving: rich`🎞 The videos themselves:`,
  receiving: rich`📥 ${b('Receiving…')}`,
  shrunk: rich`${i('Telegram shrank it. For small text send it as a file.')}`,
  also: (path: string) => rich`also ${code(path)}`,
  kept: (kept: number, of: number) =>
    rich`📌 ${kept === of ? 'Kept' : `${kept} of ${of} kept`} until you let ${kept === 1 ? 'it' : 'them'} go.`,
  cleaned: rich`${i('Not in the album any more; the copy stays a little longer.')}`,
  gone: (names: string) => rich`🧹 ${b(names)} was cleaned.`,
  inImmich: (path: string) => rich`In Immich: ${code(path)}`,
  problem: pictureProblem,
  about: (names: readonly string[]) => rich`${i(`(${names.join(', ')})`)}`,
};

export const images = {
  none: rich`🖼 ${b('No pictures.')} Send me one.`,
  head: (count: number) => rich`🖼 ${b(count === 1 ? 'The last picture' : `The last ${count} pictures`)}`,
  missing: 'its file is not there any more',
  states: {
    waiting: 'waits for Immich',
    filed: 'filed',
    library: 'from your library',
    kept: '📌 kept',
    cleaned: 'out of the album, goes soon',
    local: 'in the folder alone',
  },
};

export const cleaning = {
  head: {
    plan: (album: string, count: number) =>
      rich`🧹 ${b(`Clean ${album}?`)} ${count === 0 ? 'Nothing is deleted in Immich.' : `${plural(count, 'picture')} ${count === 1 ? 'is' : 'are'} deleted for good.`}`,
    done: (album: string, count: number) =>
      rich`🧹 ${b(`${album} cleaned:`)} ${plural(count, 'picture')} deleted`,
    observed: (album: string, count: number) =>
      rich`👁 ${b(`Would have deleted ${plural(count, 'picture')}`)} from ${album}`,
  },
  others: {
    plan: (album: string, count: number) =>
      rich`↪️ ${b(`Take ${plural(count, 'picture')} out of ${album}?`)} I did not put ${them(count)} there. Nothing is deleted: ${count === 1 ? 'it stays' : 'they stay'} in the library.`,
    done: (album: string, count: number) =>
      rich`↪️ ${b(`${plural(count, 'picture')} taken out of ${album}`)}, nothing deleted`,
    observed: (album: string, count: number) =>
      rich`👁 ${b(`Would have taken ${plural(count, 'picture')} out of ${album}`)}`,
  },
  nothing: (album: string) => rich`✨ ${b(`Nothing to clean in ${album}`)}`,
  troubled: (album: string, why: { reason: ImmichTrouble; cause: string }) =>
    rich`🟡 ${b(`${album} is not clean:`)} ${cleaningTrouble(why.reason, why.cause)}`,
  before: (count: number) => rich`${plural(count, 'picture')} deleted before that.`,
  made: (count: number, isOver: boolean) =>
    rich`The album was gone: ${isOver ? 'made' : 'to be made'} anew${count === 0 ? '' : `, with ${count} of my pictures`}.`,
  putBack: (count: number, isOver: boolean) =>
    rich`${plural(count, 'picture')} of a deleted album ${isOver ? 'put back' : 'to be put back'}.`,
  adopted: (count: number, isOver: boolean) =>
    rich`${plural(count, 'picture')} of mine that I did not remember: ${isOver ? 'taken up' : 'to be taken up'}. Which of them were kept I do not know.`,
  failed: (count: number, cause: string) =>
    rich`⚠️ ${plural(count, 'picture')} could not be deleted: ${cause}`,
  kept: (count: number) => rich`📌 ${count} kept`,
  young: (count: number, age: string) => rich`${count} younger than ${age}`,
  foreign: (count: number) => rich`${plural(count, 'picture')} in it that I did not put there: left alone`,
  released: (count: number) => rich`${count} of mine taken out of it by somebody: left in the library`,
  copies: (count: number, folder: string, isOver: boolean) =>
    rich`Copies of ${plural(count, 'picture')} in ${code(folder)} ${isOver ? 'removed' : 'are past their time and go too'}`,
  folderTrouble: (folder: string, cause: string) =>
    rich`⚠️ Copies in ${code(folder)} could not be removed: ${cause}`,
  observed: rich`Steward only observes (STEWARD_OBSERVE); nothing was changed.`,
  delete: (count: number) => `Delete ${count}`,
  clean: 'Clean',
  takeOut: 'Take out',
};
