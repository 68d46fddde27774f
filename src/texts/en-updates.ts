/** Updates and the way back, in English. */
import type { UpdateReport } from '../report.ts';
import { b, code, rich, type Rich } from '../rich.ts';

const outcomes: Record<UpdateReport['outcome'], (name: string, version: string) => Rich> = {
  updated: (name, version) => rich`✅ ${b(`${name} runs ${version}`)}`,
  'rolled-back': (name, version) => rich`↩️ ${b(`${name} update failed; ${version} is back and healthy`)}`,
  unchanged: (name) => rich`❌ ${b(`${name} was not updated`)}`,
  down: (name) => rich`🔴 ${b(`${name} is DOWN; update and rollback both failed`)}`,
  observed: (name) => rich`👁 ${b(`Would have updated ${name}.`)}`,
};

export const updates = {
  question: (name: string, versions: string) => rich`⬆️ ${b(`Update ${name}`)} ${versions}?`,
  back: (name: string, versions: string) => rich`↩️ ${b(`Roll back ${name}`)} ${versions}?`,
  outcome: ({ outcome, title }: UpdateReport, version: string) => outcomes[outcome](title, version),
  fresh: (name: string, version: string, tag: string | undefined): Rich =>
    tag === undefined
      ? rich`✅ ${b(`${name} is fresh`)} – ${version}, checked just now. Nothing was restarted.`
      : rich`✅ ${b(`${name} is fresh`)} – ${version}, the newest image of ${code(tag)}, checked just now. Nothing was restarted.`,
  asked: rich`Asked for.`,
  superseded: (name: string, what: string) => rich`🔄 ${what} of ${b(name)} is not what is offered now.`,
};
