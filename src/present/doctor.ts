/** How the host is set up: in short, worst first; or all that one service or one check has to say. */
import type { Block, Card } from '../card.ts';
import type { Severity } from '../report/alerts.ts';
import type { Diagnosis } from '../report/doctor.ts';
import { code, plain, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { copyButton } from './copy.ts';
import type { Presented } from './index.ts';

const ICONS: Record<Severity, string> = { critical: '🔴', warning: '🟡', notice: '⚪' };
const SEVERITIES = ['critical', 'warning', 'notice'] as const;

/** Things that are told in the message itself; the rest stands in its fold. */
const TOLD = 8;
/** Names that one line has. */
const NAMED = 4;
/** Characters of a message; more goes into a file. */
const MESSAGE = 3800;
/** Those of its beginning that a file's caption has room for. */
const IN_CAPTION = 5;

/** What one check has found. */
type Group = readonly [Diagnosis, ...Diagnosis[]];

export function presentDoctor(report: Presented<'doctor'>, texts: Texts): Card {
  const groups = groupsOf(report.diagnoses);
  const scope = report.scope;
  const isWhole = scope !== undefined;
  const foot = footOf(report, texts);
  if (groups.length === 0) {
    return { blocks: [rich`${titleOf(report)}${texts.doctor.well(report.checks)}`, ...foot] };
  }
  const head = headOf(report, texts);
  const short = (some: readonly Group[]): Rich[] => some.flatMap((group) => shortly(group, texts));
  if (isWhole) {
    const copies = 'check' in scope ? [...new Set(report.diagnoses.flatMap(({ fix }) => fix ?? []))] : [];
    const buttons = copyButton(copies, texts);
    return fitting(
      {
        blocks: [head, ...groups.flatMap((group) => [[], ...wholly(group, texts)]), ...gap(foot)],
        ...(buttons.length === 0 ? {} : { buttons: [buttons] }),
      },
      () => [head, ...short(groups.slice(0, IN_CAPTION))],
    );
  }
  const rest = groups.slice(TOLD);
  const quote = rest.map((group) => lineOf(group, texts));
  return fitting(
    {
      blocks: [
        head,
        [],
        ...short(groups.slice(0, TOLD)),
        ...(rest.length === 0 ? [] : [rich`${texts.doctor.rest(rest.length)}`, { quote }]),
        ...gap(foot),
      ],
    },
    () => [head, ...short(groups.slice(0, IN_CAPTION))],
  );

  function fitting(card: Card, caption: () => Rich[]): Card {
    if (lengthOf(card.blocks) <= MESSAGE) return card;
    const all = groups.flatMap((group) => ['', ...wholly(group, texts).map(plain)]);
    return {
      ...card,
      blocks: [...caption(), texts.doctor.whole(report.diagnoses.length)],
      file: {
        name: texts.doctor.fileName(texts.local(report.at).day),
        text: [plain(head), ...all, '', ...foot.map(plain), ''].join('\n'),
      },
    };
  }
}

const gap = (blocks: readonly Rich[]): Block[] => (blocks.length === 0 ? [] : [[], ...blocks]);

const lengthOf = (blocks: readonly Block[]): number =>
  blocks.reduce((sum, block) => {
    const lines = 'quote' in block ? block.quote : [block];
    return sum + lines.reduce((all, line) => all + plain(line).length + 1, 0);
  }, 0);

/** Worst first, as the diagnoses are. */
function groupsOf(diagnoses: readonly Diagnosis[]): Group[] {
  const groups = new Map<string, [Diagnosis, ...Diagnosis[]]>();
  for (const one of diagnoses) {
    const group = groups.get(one.check);
    if (group === undefined) groups.set(one.check, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

const titleOf = ({ scope }: Presented<'doctor'>): Rich =>
  scope === undefined ? [] : rich`${'check' in scope ? scope.check : scope.service}: `;

function headOf(report: Presented<'doctor'>, texts: Texts): Rich {
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: report.diagnoses.filter((one) => one.severity === severity).length,
  })).filter(({ count }) => count > 0);
  return rich`🩺 ${{ b: rich`${titleOf(report)}${texts.doctor.head(counts)}` }}`;
}

const lineOf = (group: Group, { doctor }: Texts): Rich => {
  const [first, ...others] = group;
  const { about, found } = doctor.checks[first.check];
  const icon = ICONS[first.severity];
  if (others.length === 0) return rich`${icon} ${doctor.found(first.subject, found(first.values))}`;
  const named = group.slice(0, NAMED).map(({ subject }) => subject);
  return rich`${icon} ${doctor.several(about, named, group.length - named.length)}`;
};

/** With the line to change, where there is one thing to change. */
function shortly(group: Group, texts: Texts): Rich[] {
  const fixes = new Set(group.map(({ fix }) => fix));
  const [fix] = fixes;
  return [lineOf(group, texts), ...(fix === undefined || fixes.size > 1 ? [] : [rich`${code(fix)}`])];
}

function wholly(group: Group, { doctor }: Texts): Rich[] {
  const [{ check, subject }] = group;
  const { about, found, why, change } = doctor.checks[check];
  return [
    rich`${{ b: rich`${about}` }}`,
    doctor.why(why),
    ...group.flatMap((one) => [
      rich`${ICONS[one.severity]} ${doctor.found(one.subject, found(one.values))}`,
      ...(one.fix === undefined ? [] : [rich`${code(one.fix)}`]),
    ]),
    doctor.change(change),
    doctor.silence(`checks.doctor.ignore: ["${check}${group.length === 1 ? ` ${subject}` : ''}"]`),
  ];
}

function footOf({ ignored, unseen, scope }: Presented<'doctor'>, { doctor }: Texts): Rich[] {
  const whole = scope !== undefined && 'check' in scope;
  return [
    ...unseen.map(({ checks, why }) =>
      checks.length > 2 || whole ? doctor.unseenCount(checks.length, why) : doctor.unseen(why, checks),
    ),
    ...(ignored === 0 ? [] : [doctor.ignored(ignored)]),
  ];
}
