/** Small one-line answers. */
import type { Card } from '../card.ts';
import type { Note } from '../report/notes.ts';
import type { Finding } from '../report/alerts.ts';
import { code, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { copyButton } from './copy.ts';
import { farSpan, minuteOf, timeOf } from './moments.ts';

export function presentNote(note: Note, texts: Texts): Card {
  const { notes, releases } = texts;
  const only = (text: Rich): Card => ({ blocks: [text] });
  const moment = (at: number) => timeOf(at, texts);
  const titles = (findings: readonly Finding[]) => findings.map(texts.alerts.title).join(', ');
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
      return only(
        notes.busy(note.service, note.holder && { ...note.holder, since: moment(note.holder.since) }),
      );
    case 'already':
      return only(notes.already(note.verb, note.service));
    case 'fresh': {
      const blocks = [texts.updates.fresh(note.service, note.version ?? '', note.tag)];
      if (note.url === undefined) return { blocks };
      return { blocks, buttons: [[{ label: texts.buttons.releaseNotes, url: note.url }]] };
    }
    case 'asked':
      return only(texts.updates.asked(note.what, note.service));
    case 'not-asked':
      return only(texts.updates.notAsked(note.why, note.service));
    case 'wrong-word':
      return only(texts.updates.wrongWord(note.word));
    case 'superseded':
      return only(texts.updates.superseded(note.service, note.what, note.now));
    case 'way-back-lost':
      return only(notes.wayBackLost(note.services));
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
    case 'enrolment-late':
      return only(notes.enrolmentLate);
    case 'old-command':
      return { blocks: [notes.oldCommand(note.text), notes.sentAt(moment(note.sentAt))] };
    case 'interrupted':
      return only(
        notes.interrupted(
          note.service === undefined ? note.what : `${note.what} ${note.service}`,
          moment(note.since),
          note.resumes === true,
        ),
      );
    case 'fate-unknown':
      return only(notes.fateUnknown(note.count));
    case 'offline': {
      const head = notes.offline(moment(note.from), moment(note.to));
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
    case 'cli-did':
      return only(notes.cliDid(note.verb, note.service, note.by, note.ok));
    case 'agent-shut-out':
      return only(notes.agentShutOut(String(note.uid), note.folder, note.closed));
    case 'album-unseen':
      return only(notes.albumUnseen(note.album, note.email, note.why));
    case 'store-shut':
      return only(notes.storeShut(note.cause));
    case 'store-open':
      return only(notes.storeOpen(timeOf(note.since, texts)));
    case 'gave-up':
      return only(notes.gaveUp);
    case 'acked':
      return only(texts.alerts.acked(titles(note.findings)));
    case 'snoozed':
      return only(texts.alerts.snoozedNow(titles(note.findings), minuteOf(note.until, note.at, texts)));
    case 'woken':
      return only(texts.alerts.woken(titles(note.findings)));
    case 'skipped':
      return only(releases.skippedNow(note.service, note.what, note.newer));
    case 'unskipped':
      return only(releases.unskipped(note.service, note.what));
    case 'reminding':
      return only(releases.reminding(note.service, note.what, farSpan(note.at, texts)));
    case 'kept':
      return only(notes.kept(note.pictures, note.kept, note.cleaned));
    case 'named': {
      const [first, ...others] = note.pictures;
      if (first === undefined) return { blocks: [] };
      const head = others.length === 0 ? notes.named(first.picture) : notes.namedMany(note.pictures.length);
      return {
        blocks: [head, ...note.pictures.map(({ path }) => rich`${code(path)}`)],
        buttons: [
          copyButton(
            note.pictures.map(({ path }) => path),
            texts,
          ),
        ],
      };
    }
  }
}
