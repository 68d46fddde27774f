/** The last lines of a log: newest lines stay when there is not room for all. */
import type { Card } from '../card.ts';
import type { LogEntry } from '../report/work.ts';
import { rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import type { Presented } from './index.ts';

export function presentLogs(report: Presented<'logs'>, texts: Texts): Card {
  const { entries, subject } = report;
  if (entries.length === 0) return { blocks: [texts.logs.none(subject, report.filter)] };

  const first = entries.find((entry) => entry.at !== undefined)?.at;
  const last = entries.findLast((entry) => entry.at !== undefined)?.at;
  const span =
    first === undefined || last === undefined || last - first < 1000 ? undefined : texts.about(last - first);
  const count = (level: LogEntry['level']) => entries.filter((entry) => entry.level === level).length;
  const counts = texts.logs.counts(count('error'), count('warning'));
  const head = rich`${texts.logs.head(subject, entries.length, span)}${counts === '' ? '' : ` · ${counts}`}`;
  const omitted: Rich[] = report.omitted === 0 ? [] : [texts.logs.omitted(report.omitted)];

  const several = new Set(entries.map((entry) => entry.source)).size > 1;
  const lines = entries.map((entry) => line(entry, several, report.asFile, texts));
  if (report.asFile) {
    const day = new Date(last ?? 0).toISOString().slice(0, 10);
    return {
      blocks: [head, ...omitted],
      file: { name: texts.logs.fileName(subject, day), text: `${lines.join('\n')}\n` },
    };
  }
  return { blocks: [head, ...omitted, { quote: lines.map((text) => rich`${text}`), mono: true }] };
}

/** Times of the host without a date in a message, whole and exact in a file. */
function line(entry: LogEntry, withSource: boolean, whole: boolean, texts: Texts): string {
  const { at, source, text } = entry;
  const parts =
    at === undefined
      ? [undefined, text]
      : whole
        ? [new Date(at).toISOString(), text]
        : [texts.local(at).time, withoutTime(text, at)];
  parts.splice(1, 0, withSource ? source : undefined);
  return parts.filter((part) => part !== undefined).join(' ');
}

/** A time that a program writes itself, with its brackets. */
const STAMP =
  /\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:(\d\d:\d\d)(?:[.,]\d+)?(?:Z| UTC| ?[+-]\d\d:?\d\d)?\]?:? */;
/** Further back in a line a time is a part of what is said. */
const STAMP_WITHIN = 40;

/** A phone is narrow, and the time stands before the line already. Of time zones only minutes and seconds are the same. */
function withoutTime(text: string, at: number): string {
  const found = STAMP.exec(text.slice(0, STAMP_WITHIN + 40));
  const shown = new Date(at).toISOString().slice(14, 19);
  if (found === null || found.index > STAMP_WITHIN || found[1] !== shown) return text;
  return text.slice(0, found.index) + text.slice(found.index + found[0].length);
}
