/** Small one-line answers. */
import type { Card } from '../card.ts';
import type { Note } from '../report.ts';
import { rich, type Rich, type Span } from '../rich.ts';
import type { Texts } from '../texts/index.ts';

export function presentNote(note: Note, texts: Texts): Card {
  const { notes } = texts;
  const only = (text: Rich): Card => ({ blocks: [text] });
  switch (note.key) {
    case 'unknown-command':
      return only(notes.unknownCommand(note.word, note.nearest.map((name) => `/${name}`).join(' ')));
    case 'user-error':
      return only(notes.userError(note.message));
    case 'failed': {
      const quote =
        note.lines.length === 0 ? [] : [{ quote: note.lines.map((text) => rich`${text}`), mono: true }];
      return { blocks: [notes.failed(note.message), ...quote] };
    }
    case 'busy':
      return only(notes.busy(note.service, note.what, moment(note.since, 'time')));
    case 'cancelled':
      return only(notes.cancelled);
    case 'expired':
      return only(notes.expired);
    case 'changed':
      return only(notes.changed);
    case 'taken':
      return only(notes.taken);
    case 'stranger':
      return {
        blocks: [notes.stranger(String(note.id))],
        buttons: [[{ label: texts.buttons.copyId, copy: String(note.id) }]],
      };
    case 'guest':
      return only(notes.guest);
    case 'old-command':
      return { blocks: [notes.oldCommand(note.text), notes.sentAt(moment(note.sentAt, 'time'))] };
    case 'interrupted':
      return only(
        notes.interrupted(
          note.service === undefined ? note.what : `${note.what} ${note.service}`,
          moment(note.since, 'time'),
        ),
      );
    case 'fate-unknown':
      return only(notes.fateUnknown(note.count));
    case 'offline': {
      const head = notes.offline(moment(note.from, 'time'), moment(note.to, 'time'));
      return { blocks: [head, ...(note.longerThanADay ? [rich`${notes.offlineLong}`] : [])] };
    }
    case 'config-faults':
      return {
        blocks: [
          notes.configFaults(note.faults.length),
          { quote: note.faults.map((text) => rich`${text}`), mono: true },
        ],
      };
    case 'job-set':
      return only(note.paused ? notes.jobPaused(note.job) : notes.jobResumed(note.job));
    case 'job-started':
      return only(notes.jobStarted(note.job));
    case 'cli-did':
      return only(notes.cliDid(note.verb, note.service, note.by, note.ok));
    case 'gave-up':
      return only(notes.gaveUp);
  }
}

/** A moment that the reader's own client puts into his zone and language; the host's time where it cannot. */
function moment(at: number, format: 'time' | 'date'): Span {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return {
    time: at,
    fallback: format === 'date' ? day : `${two(date.getHours())}:${two(date.getMinutes())}`,
    format,
  };
}
