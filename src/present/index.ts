/** A report in words. The words come from the catalogue, the layout from here; Telegram and the terminal share both. */
import type { Button, Card } from '../card.ts';
import type { Report } from '../report.ts';
import type { Action } from '../report/actions.ts';
import type { Texts } from '../texts/index.ts';
import { presentAudit, presentAuditLines } from './audit.ts';
import { presentAlert, presentAlertEnd, presentAlertRing, presentAlerts, presentMute } from './alerts.ts';
import {
  presentBackup,
  presentBackupPlan,
  presentBackupsDone,
  presentBackupTroubles,
  presentDrill,
  presentDrillsDue,
  presentUnpaused,
} from './backup-runs.ts';
import {
  presentBackups,
  presentOffSite,
  presentOneBackup,
  presentServiceBackups,
  presentShrunkAccepted,
} from './backups.ts';
import { presentHostNews } from './checks.ts';
import { presentCleaning } from './cleaning.ts';
import { presentDoctor } from './doctor.ts';
import { presentHelp, presentStart } from './greeting.ts';
import { presentHeld } from './held.ts';
import { presentDeploy, presentGuard, presentGuardBackPlan, presentGuardPlan } from './guard.ts';
import { presentImages } from './images.ts';
import { presentInbox } from './inbox.ts';
import { presentJobs } from './jobs.ts';
import { presentLogs } from './logs.ts';
import { presentNote } from './note.ts';
import { presentOverview } from './overview.ts';
import { presentPictures } from './pictures.ts';
import { presentPrune } from './prune.ts';
import { presentOutcome, presentPlan, presentWork } from './power.ts';
import { presentReleases } from './releases.ts';
import {
  presentRestoreOutcome,
  presentRestorePlan,
  presentRestoresOutcome,
  presentRestoresPlan,
  presentUndoPlan,
} from './restore.ts';
import { presentService, presentStatus } from './status.ts';
import { presentChoice } from './choice.ts';
import { presentUpdatesOutcome, presentUpdatesPlan } from './several-updates.ts';
import { presentRollbackPlan, presentUpdateOutcome, presentUpdatePlan } from './updates.ts';

export type Presented<Kind extends Report['kind']> = Extract<Report, { kind: Kind }>;

/** Their own buttons are links and copies, which stand below what can be done. */
const LINKS_LAST = new Set<Report['kind']>([
  'releases',
  'update-outcome',
  'updates-outcome',
  'restore-outcome',
]);

/** @returns the card with the report's actions among its buttons */
export function present(report: Report, texts: Texts): Card {
  const card = typedCard(layout(report, texts), report.asks?.typed, texts);
  const actions = (report.actions ?? []).map((row) => row.map((action) => buttonOf(action, texts)));
  const own = card.buttons ?? [];
  const buttons = LINKS_LAST.has(report.kind) ? [...actions, ...own] : [...own, ...actions];
  return buttons.length === 0 ? card : { ...card, buttons };
}

/** A plan for which a tap is not enough: the word, to be copied, stands where the yes stood. */
function typedCard(card: Card, word: string | undefined, texts: Texts): Card {
  if (word === undefined) return card;
  const copy: Button = { label: texts.buttons.copy, copy: word };
  const isYes = (button: Button) => 'answer' in button && button.answer === 'yes';
  return {
    ...card,
    blocks: [...card.blocks, [], texts.updates.typed(word)],
    buttons: (card.buttons ?? []).map((row) => row.map((button) => (isYes(button) ? copy : button))),
  };
}

function layout(report: Report, texts: Texts): Card {
  switch (report.kind) {
    case 'start':
      return presentStart(report, texts);
    case 'help':
      return presentHelp(report, texts);
    case 'status':
      return presentStatus(report, texts);
    case 'service':
      return presentService(report, texts);
    case 'logs':
      return presentLogs(report, texts);
    case 'plan':
      return presentPlan(report, texts);
    case 'work':
      return presentWork(report, texts);
    case 'outcome':
      return presentOutcome(report, texts);
    case 'jobs':
      return presentJobs(report, texts);
    case 'choose':
      return presentChoice(report, texts);
    case 'note':
      return presentNote(report.note, texts);
    case 'pictures':
      return presentPictures(report, texts);
    case 'inbox':
      return presentInbox(report, texts);
    case 'releases':
      return presentReleases(report, texts);
    case 'images':
      return presentImages(report, texts);
    case 'prune':
      return presentPrune(report, texts);
    case 'cleaning':
      return presentCleaning(report, texts);
    case 'update-plan':
      return presentUpdatePlan(report, texts);
    case 'rollback-plan':
      return presentRollbackPlan(report, texts);
    case 'update-outcome':
      return presentUpdateOutcome(report, texts);
    case 'guard-plan':
      return presentGuardPlan(report, texts);
    case 'guard':
      return presentGuard(report, texts);
    case 'guard-back-plan':
      return presentGuardBackPlan(report, texts);
    case 'deploy':
      return presentDeploy(report, texts);
    case 'updates-plan':
      return presentUpdatesPlan(report, texts);
    case 'updates-outcome':
      return presentUpdatesOutcome(report, texts);
    case 'restore-plan':
      return presentRestorePlan(report, texts);
    case 'undo-restore-plan':
      return presentUndoPlan(report, texts);
    case 'restore-outcome':
      return presentRestoreOutcome(report, texts);
    case 'restores-plan':
      return presentRestoresPlan(report, texts);
    case 'restores-outcome':
      return presentRestoresOutcome(report, texts);
    case 'backup-plan':
      return presentBackupPlan(report, texts);
    case 'backup':
      return presentBackup(report, texts);
    case 'backups-done':
      return presentBackupsDone(report, texts);
    case 'drill':
      return presentDrill(report, texts);
    case 'drills-due':
      return presentDrillsDue(report, texts);
    case 'backup-troubles':
      return presentBackupTroubles(report, texts);
    case 'unpaused':
      return presentUnpaused(report, texts);
    case 'backups':
      return presentBackups(report, texts);
    case 'service-backups':
      return presentServiceBackups(report, texts);
    case 'one-backup':
      return presentOneBackup(report, texts);
    case 'doctor':
      return presentDoctor(report, texts);
    case 'off-site':
      return presentOffSite(report, texts);
    case 'overview':
      return presentOverview(report, texts, (held) => present(held, texts).blocks);
    case 'host-news':
      return presentHostNews(report, texts);
    case 'audit':
      return presentAudit(report, texts);
    case 'audit-lines':
      return presentAuditLines(report);
    case 'shrunk-accepted':
      return presentShrunkAccepted(report, texts);
    case 'alert':
      return presentAlert(report, texts);
    case 'alerts':
      return presentAlerts(report, texts);
    case 'alert-ring':
      return presentAlertRing(report, texts);
    case 'alert-end':
      return presentAlertEnd(report, texts);
    case 'held':
      return presentHeld(report, texts, (held) => present(held, texts).blocks);
    case 'mute':
      return presentMute(report, texts);
  }
}

const buttonOf = (action: Action, texts: Texts): Button => ({
  label: texts.actions[action.label](action.subject),
  command: action.command,
  args: action.args,
  ...(action.style === undefined ? {} : { style: action.style }),
});
