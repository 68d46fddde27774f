/** A version that the configuration names: what is made ready for its deploy, the deploy as it was seen, the way back. */
import type { Block, Button, Card } from '../card.ts';
import type { PinChange } from '../report/updates.ts';
import { code, rich, type Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';
import { copyText } from './copy.ts';
import type { Presented } from './index.ts';
import { momentOf, timeOf } from './moments.ts';
import {
  countsOf,
  downloadStep,
  hazardLines,
  notesButton,
  notesOf,
  numbered,
  stopped,
  validUntil,
  whyLines,
} from './updates.ts';

const isChange = (change: PinChange | undefined): change is PinChange =>
  change !== undefined && change.lines.length > 0;

export function presentGuardPlan(report: Presented<'guard-plan'>, texts: Texts): Card {
  const { updates, guard } = texts;
  const { service, from, to, isCovered, notCovered, notes, change } = report;
  return {
    blocks: [
      guard.plan.question(service, from, to),
      guard.plan.pinned(change.file),
      [],
      ...numbered([...(isCovered ? [guard.plan.backup] : []), downloadStep(report, texts), guard.plan.wait]),
      [],
      ...(isCovered
        ? [rich`${guard.plan.nothingStops} ${guard.plan.wayBack}`]
        : [rich`${guard.plan.nothingStops}`, rich`${guard.plan.noCopy}`]),
      ...(notCovered === undefined || !isCovered ? [] : [updates.plan.notCovered(notCovered)]),
      ...hazardLines(report, texts),
      ...notesOf(notes, texts),
      ...validUntil(report, texts),
    ],
    buttons: [
      [
        { label: guard.plan.confirm(isCovered), answer: 'yes', style: 'primary' },
        { label: texts.buttons.cancel, answer: 'no' },
      ],
      ...notesButton(notes, texts),
    ],
  };
}

export function presentGuard(report: Presented<'guard'>, texts: Texts): Card {
  const { guard } = texts;
  const { stage, change, service, notes, at } = report;
  const { copyPrompt } = texts.buttons;
  const copy = isChange(change) ? copyText(guard.prompt(change, service), copyPrompt) : [];
  const rowOf = (...all: Button[]) => (all.length === 0 ? [] : [all]);
  const head = guard.head(report);
  const why = whyLines({ ...report, lastLines: [] }, texts);
  const backupAt = report.backupAt === undefined ? undefined : minuteOf(report.backupAt, at, texts);
  switch (stage) {
    case 'waiting':
      return {
        blocks: [
          head,
          guard.ready(backupAt),
          ...(isChange(change) ? [guard.change(change)] : []),
          rich`${guard.watching}`,
        ],
        buttons: rowOf(...copy, ...notesButton(notes, texts).flat()),
      };
    case 'going-back':
      return {
        blocks: [
          head,
          guard.atRest(report.data === undefined ? undefined : momentOf(report.data.asOf, at, texts)),
          ...asideLines(report.data, texts),
          ...(isChange(change) ? [guard.change(change), rich`${guard.starts}`] : [rich`${guard.startsNow}`]),
        ],
        buttons: rowOf(...copy),
      };
    case 'not-back':
      return { blocks: [head, ...why, rich`${guard.stillStopped}`] };
    case 'unchanged':
    case 'ended':
    case 'observed':
      return { blocks: [head, ...why] };
  }
}

/** With its day where that is another one. */
const minuteOf = (moment: number, now: number, texts: Texts): Rich =>
  texts.local(moment).day === texts.local(now).day
    ? rich`${timeOf(moment, texts)}`
    : momentOf(moment, now, texts);

export function presentGuardBackPlan(report: Presented<'guard-back-plan'>, texts: Texts): Card {
  const { guard, updates } = texts;
  const { back } = guard;
  const { service, from, to, data, reason, change, at } = report;
  const loss =
    data === undefined
      ? []
      : data.lost.length > 0
        ? [updates.back.lost(countsOf(data.lost, texts))]
        : [rich`${reason === 'unreadable' ? updates.back.lostUnknown : updates.back.lostNothing}`];
  const steps: Rich[] = [
    rich`${back.stop(stopped(report, texts))}`,
    ...(data === undefined ? [] : [rich`${back.place}`]),
    ...(isChange(change) ? [back.change(change), rich`${back.start(to)}`] : [rich`${back.startNow(to)}`]),
  ];
  return {
    blocks: [
      back.question(service, from, to),
      rich`${back.reason[reason]}`,
      ...(data === undefined ? [] : [back.asOf(momentOf(data.asOf, at, texts))]),
      ...loss,
      [],
      ...steps.map((step, index) => rich`${index + 1}. ${step}`),
      ...(isChange(change) ? [rich`${back.down}`] : []),
      ...validUntil(report, texts),
    ],
    buttons: [
      [
        { label: updates.back.confirm, answer: 'yes', style: 'danger' },
        { label: texts.buttons.cancel, answer: 'no' },
      ],
    ],
  };
}

export function presentDeploy(report: Presented<'deploy'>, texts: Texts): Card {
  const { guard, updates } = texts;
  const { isWell, course, change, backupAt, containers, images, service } = report;
  const { deploy } = guard;
  const head = deploy.head(report);
  const moved = images.map(({ container, was, now }) => deploy.image(container, was, now));
  const named: Block[] = moved.length === 0 ? [] : [{ quote: moved }];
  const time = backupAt === undefined ? undefined : minuteOf(backupAt, report.at, texts);
  if (isWell) {
    return {
      blocks: [
        head,
        rich`${updates.outcome.healthy(containers)}`,
        ...(report.data === undefined
          ? []
          : [guard.atRest(momentOf(report.data.asOf, report.at, texts)), ...asideLines(report.data, texts)]),
        ...(course === 'announced' ? [deploy.wayBack(time)] : []),
        ...named,
      ],
    };
  }
  const copy = isChange(change) ? copyText(guard.prompt(change, service), texts.buttons.copyPrompt) : [];
  return {
    blocks: [
      head,
      ...whyLines(report, texts),
      ...(isChange(change) ? [guard.restore(change)] : []),
      ...(time === undefined ? [] : [deploy.dataBack(time)]),
      ...named,
    ],
    ...(copy.length === 0 ? {} : { buttons: [copy] }),
  };
}

/** What the data that was replaced had more, and where it is kept. */
function asideLines(data: Presented<'guard'>['data'], texts: Texts): Rich[] {
  const { updates } = texts;
  if (data === undefined || data.newer.length === 0) return [];
  return [
    updates.outcome.since(countsOf(data.newer, texts)),
    ...data.aside.map((place) => rich`${updates.outcome.aside} ${code(place)}`),
  ];
}
