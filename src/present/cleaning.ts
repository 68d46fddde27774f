/** Cleaning the album: what it would do, and what it did. */
import type { Block, Button, Card } from '../card.ts';
import { isIdle } from '../pictures/cleaning.ts';
import type { CleaningReport } from '../report/pictures.ts';
import type { Rich } from '../rich.ts';
import type { Texts } from '../texts/index.ts';

export function presentCleaning(report: CleaningReport, texts: Texts): Card {
  const { cleaning } = texts;
  const blocks: Block[] = [headline(report, texts), ...facts(report, texts)];
  if (report.stage === 'observed') blocks.push(cleaning.observed);
  const buttons = report.stage === 'plan' && !isIdle(report) ? [confirm(report, texts)] : [];
  return { blocks, ...(buttons.length === 0 ? {} : { buttons }) };
}

function headline(report: CleaningReport, { cleaning }: Texts): Rich {
  const { stage, mode, deleted, takenOut, folder } = report;
  const album = report.album ?? folder;
  if (report.trouble !== undefined && stage !== 'observed') return cleaning.troubled(album, report.trouble);
  if (isIdle(report) && report.failed === undefined) return cleaning.nothing(album);
  if (mode === 'others') return cleaning.others[stage](album, takenOut);
  return cleaning.head[stage](album, deleted);
}

/** One line a thing; what is zero is not said. */
function facts(report: CleaningReport, texts: Texts): Rich[] {
  const { cleaning } = texts;
  const { stage, mode, adopted, kept, young, foreign, takenOut, released, putBack, copies } = report;
  const isOver = stage === 'done';
  const left = foreign - takenOut;
  const lines: (Rich | false)[] = [
    report.trouble !== undefined && report.deleted > 0 && cleaning.before(report.deleted),
    report.isMade && cleaning.made(putBack, isOver),
    !report.isMade && putBack > 0 && cleaning.putBack(putBack, isOver),
    adopted > 0 && cleaning.adopted(adopted, isOver),
    report.failed !== undefined && cleaning.failed(report.failed.count, report.failed.cause),
    mode !== 'others' && kept > 0 && cleaning.kept(kept),
    mode !== 'others' && young > 0 && cleaning.young(young, texts.about(report.minAge)),
    left > 0 && cleaning.foreign(left),
    released > 0 && cleaning.released(released),
    copies > 0 && cleaning.copies(copies, report.folder, isOver),
    report.folderTrouble !== undefined && cleaning.folderTrouble(report.folder, report.folderTrouble),
  ];
  return lines.filter((line) => line !== false);
}

function confirm({ mode, deleted }: CleaningReport, texts: Texts): Button[] {
  const { cleaning, buttons } = texts;
  const isHarmless = deleted === 0;
  return [
    {
      label: mode === 'others' ? cleaning.takeOut : isHarmless ? cleaning.clean : cleaning.delete(deleted),
      answer: 'yes',
      style: isHarmless ? 'primary' : 'danger',
    },
    { label: buttons.cancel, answer: 'no' },
  ];
}
