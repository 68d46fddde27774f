/** What is not well and how the host is set up: in short, worst first; or all that one service or one check has to say. */
import type { Block, Card } from '../card.ts';
import type { Finding, Severity } from '../report/alerts.ts';
import type { Diagnosis } from '../report/doctor.ts';
import { b, code, plain, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { copyText } from './copy.ts';
import { presentFact } from './findings.ts';
import { severityIcon } from './icons.ts';
import type { Presented } from './index.ts';

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'notice'];

/** Things that are told in the message itself; the rest stands in its fold. */
const TOLD = 8;
/** Names that one line has. */
const NAMED = 4;
/** Characters of a message; more goes into a file. */
const MESSAGE = 3800;
/** Those of its beginning that a file's caption has room for. */
const IN_CAPTION = 4;

/** One line, the same with the line to change, and all there is to say. */
type Entry = { severity: Severity; line: Rich; short: readonly Rich[]; whole: readonly Rich[] };

export function presentDoctor(report: Presented<'doctor'>, texts: Texts): Card {
  const { doctor } = texts;
  const { scope, diagnoses, findings } = report;
  const entries = [
    ...findings.map((one) => entryOfFinding(one, texts)),
    ...groupsOf(diagnoses).map((group) => entryOfGroup(group, texts)),
  ].toSorted((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity));
  const unseen = report.unseen.map(({ what, why }) =>
    doctor.unseen(what.slice(0, NAMED).map(texts.overview.check), what.length - NAMED, why),
  );
  const ignored = report.ignored === 0 ? [] : [doctor.ignored(report.ignored)];
  const title = scope === undefined ? '' : doctor.of('check' in scope ? scope.check : scope.service);
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: [...findings, ...diagnoses].filter((one) => one.severity === severity).length,
  })).filter(({ count }) => count > 0);
  const head = entries.length === 0 ? doctor.well(title, report.checks) : doctor.head(title, counts);

  const told = scope === undefined ? toldAtOnce(entries) : entries;
  const rest = entries.slice(told.length);
  const fold = [...rest.map(({ line }) => line), ...unseen];
  const body: Block[] =
    scope === undefined
      ? [...(told.length === 0 ? [] : [[]]), ...told.flatMap(({ short }) => short)]
      : told.flatMap(({ whole }): Block[] => [[], ...whole]);
  const fixes = scope !== undefined && 'check' in scope ? diagnoses.flatMap(({ fix }) => fix ?? []) : [];
  const copy = fixes.length === 0 ? [] : copyText([...new Set(fixes)].join('\n'), texts.buttons.copy);
  const card: Card = {
    blocks: [
      head,
      ...body,
      ...(fold.length === 0 ? [] : [doctor.rest(rest.length, unseen.length), { quote: fold }]),
      ...ignored,
    ],
    ...(copy.length === 0 ? {} : { buttons: [copy] }),
  };
  if (lengthOf(card.blocks) <= MESSAGE) return card;
  const whole = entries.flatMap((entry) => ['', ...entry.whole.map(plain)]);
  return {
    ...card,
    blocks: [
      head,
      [],
      ...entries.slice(0, IN_CAPTION).map(({ line }) => line),
      doctor.whole(findings.length + diagnoses.length),
    ],
    file: {
      name: doctor.fileName(texts.local(report.at).day),
      text: [plain(head), ...whole, '', ...[...unseen, ...ignored].map(plain), ''].join('\n'),
    },
  };
}

/** What is only good to know waits in the fold, unless there is nothing else. */
function toldAtOnce(entries: readonly Entry[]): readonly Entry[] {
  const pressing = entries.filter(({ severity }) => severity !== 'notice');
  return (pressing.length === 0 ? entries : pressing).slice(0, TOLD);
}

const linesOf = (blocks: readonly Block[]): Rich[] =>
  blocks.flatMap((block) => ('quote' in block ? block.quote : [block]));

const lengthOf = (blocks: readonly Block[]): number =>
  linesOf(blocks).reduce((sum, line) => sum + plain(line).length + 1, 0);

function entryOfFinding(finding: Finding, texts: Texts): Entry {
  const { severity } = finding;
  const line = rich`${severityIcon[severity]} ${b(texts.alerts.title(finding))}`;
  const facts = linesOf(presentFact(finding, texts));
  return { severity, line, short: [line, ...facts.slice(0, 1)], whole: [line, ...facts] };
}

/** What one check has found. */
type Group = readonly [Diagnosis, ...Diagnosis[]];

/** Worst first, as the diagnoses are. */
const groupsOf = (diagnoses: readonly Diagnosis[]): Group[] => grouped(diagnoses, ({ check }) => check);

const grouped = (diagnoses: readonly Diagnosis[], by: (one: Diagnosis) => string): Group[] =>
  [...Map.groupBy(diagnoses, by).values()].flatMap(([first, ...more]): Group[] =>
    first === undefined ? [] : [[first, ...more]],
  );

function entryOfGroup(group: Group, { doctor }: Texts): Entry {
  const [{ check, subject, severity, fix }, ...others] = group;
  const { about, found, why, change } = doctor.checks[check];
  const lineOf = (one: Diagnosis, subjects = one.subject): Rich =>
    rich`${severityIcon[one.severity]} ${doctor.found(subjects, found(one.values))}`;
  const wordsOf = ([first, ...more]: Group): Rich[] => [
    lineOf(first, [first, ...more].map((one) => one.subject).join(', ')),
    ...(first.fix === undefined ? [] : [rich`${code(first.fix)}`]),
  ];
  const named = group.slice(0, NAMED).map((one) => one.subject);
  const line =
    others.length === 0
      ? lineOf(group[0])
      : rich`${severityIcon[severity]} ${doctor.several(about, named, group.length - named.length)}`;
  // The line to change stands there where there is one thing to change.
  const isOne = fix !== undefined && others.every((one) => one.fix === fix);
  return {
    severity,
    line,
    short: isOne ? [line, rich`${code(fix)}`] : [line],
    whole: [
      rich`${b(about)}`,
      doctor.why(why),
      ...alike(group, found).flatMap((some) => wordsOf(some)),
      doctor.change(change),
      doctor.silence(`ignore: ["${check}${others.length === 0 ? ` ${subject}` : ''}"]`),
    ],
  };
}

/** Those of which the same is to be said. */
const alike = (group: Group, found: (values: Diagnosis['values']) => string): Group[] =>
  grouped(group, (one) => `${one.severity} ${found(one.values)} ${one.fix}`);
