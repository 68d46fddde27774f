/** What is said of the inbox. */
import type { ImmichTrouble, InboxProblem, InboxTrouble } from '../report/pictures.ts';
import { b, code, i, rich, type Rich } from '../rich.ts';

const files = (count: number) => (count === 1 ? '1 file' : `${count} files`);
const stay = (count: number) => `${files(count)} ${count === 1 ? 'stays' : 'stay'} in the inbox`;

const immichTrouble = (reason: ImmichTrouble, cause: string): Rich => {
  switch (reason) {
    case 'down':
      return rich`Immich is down: ${cause}.`;
    case 'maintenance':
      return rich`Immich is in maintenance mode.`;
    case 'key':
      return rich`Immich does not know the key in INBOX_API_KEY. Make a new one in Immich's account settings.`;
    case 'permission':
      return rich`the key in INBOX_API_KEY lacks the permission ${code(cause)}. Add it in Immich's account settings.`;
    case 'disk-full':
      return rich`Immich's disk is full.`;
    case 'too-large':
      return rich`a proxy before Immich refuses files of this size. Use Immich's own address in IMMICH_URL.`;
    case 'rejected':
      return rich`Immich refuses it: ${cause}.`;
    case 'failed':
      return rich`Immich could not take it: ${cause}.`;
  }
};

const trouble = (what: InboxTrouble, waiting: number): Rich => {
  switch (what.kind) {
    case 'immich': {
      const why = immichTrouble(what.reason, what.cause);
      return rich`🟡 ${b(`Inbox: ${files(waiting)} ${waiting === 1 ? 'waits' : 'wait'}`)} – ${why} I go on by myself.`;
    }
    case 'folder':
      return rich`🟡 ${b('The inbox cannot be used')} – ${code(what.folder)}: ${what.cause}`;
    case 'overlap':
      return rich`❌ ${b('The inbox is not touched')} – ${code(what.folder)} and ${code(what.other)} lie in one another, and that one must not be emptied. Set INBOX_DIR to a folder of its own.`;
  }
};

const problem = (what: InboxProblem, album: string): Rich => {
  switch (what.kind) {
    case 'immich':
      return immichTrouble(what.reason, what.cause);
    case 'trashed':
      return rich`Immich has it in its trash. Restore it there, or empty the trash.`;
    case 'temporary':
      return rich`Immich has it as a picture for the agent, which will be deleted. After that it goes into ${b(album)}.`;
    case 'vanishing':
      return rich`Immich says that it has it, but does not show it.`;
    case 'differs':
      return rich`Immich took something else for it.`;
    case 'own-file':
      return rich`it seems to be Immich's own file.`;
    case 'unreadable':
      return rich`it cannot be read or removed: ${what.cause}`;
  }
};

export const inbox = {
  trouble,
  problem,
  working: (done: number, all: number) => rich`🔵 ${b(`Inbox: ${done} of ${files(all)}`)}`,
  done: (done: number, album: string) =>
    rich`📥 ${b(`${files(done)} from the inbox`)} – in the album ${b(album)}`,
  none: rich`⚠️ ${b('Nothing could be taken from the inbox')}`,
  recovered: rich`✅ ${b('The inbox can be used again')}`,
  before: (done: number) => rich`${files(done)} went through before.`,
  known: (known: number, done: number) =>
    done === 1
      ? rich`It was in the library already.`
      : rich`${known} of them ${known === 1 ? 'was' : 'were'} in the library already.`,
  observed: (done: number) =>
    rich`${i(`Would have removed ${done === 1 ? 'it' : 'them'} from the folder: Steward only observes (STEWARD_OBSERVE).`)}`,
  kept: (count: number) => rich`⚠️ ${b(`${stay(count)}:`)}`,
  others: (count: number) => rich`… and ${files(count)} more`,
};
