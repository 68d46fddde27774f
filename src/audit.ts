/** The audit's one writer: work is in it from its first act to its end, and so is what was asked for and refused. */
import type { Command, Plan } from './app.ts';
import type { Clock } from './clock.ts';
import { BusyError, causeOf, UserError } from './errors.ts';
import { redactJson, type Redact } from './redact.ts';
import type { Report } from './report.ts';
import type { AuditOutcome, AuditTable, Origin } from './store/audit.ts';

/** What is to be done, or was not. */
export type Asked = {
  what: string;
  /** The service that it is about. */
  service?: string | undefined;
  args?: readonly string[];
  by: string;
  plan?: Report | undefined;
};

export type Audit = {
  /**
   * Follow one run.
   * @param isAct it is written down at once; else with the first thing that it works on, and never where there is none
   */
  follow(asked: Asked, run: number, isAct: boolean): Followed;
  /** What was not begun, and why. */
  refuse(asked: Asked, end: { outcome: AuditOutcome; reason?: string }): void;
  /** What a dead process has left open. */
  abandon(run: number): void;
};

export type Followed = {
  /** It works on this service, or on something else of which there is one. */
  touched(name: string): void;
  end(outcome: AuditOutcome, reason: string | undefined): void;
};

type AuditNeeds = { table: AuditTable; redact: Redact; clock: Clock };

export function createAudit({ table, redact, clock }: AuditNeeds): Audit {
  const begin = ({ what, service, args = [], by, plan }: Asked, run: number | undefined): number =>
    table.begin({
      run,
      at: clock.now(),
      by,
      from: originOf(by),
      what,
      services: service === undefined ? [] : [service],
      args: args.map(redact),
      plan: plan === undefined ? undefined : (JSON.parse(redactJson(redact, JSON.stringify(plan))) as Report),
      confirmedBy: run === undefined || plan === undefined ? undefined : by,
    });
  const masked = (reason: string | undefined) => (reason === undefined ? undefined : redact(reason));

  return {
    follow(asked, run, isAct) {
      let id = isAct ? begin(asked, run) : undefined;
      const names = new Set<string>();
      return {
        touched(name) {
          names.add(name);
          id ??= begin(asked, run);
        },
        end(outcome, reason) {
          if (id === undefined) return;
          const services = names.size === 0 ? {} : { services: [...names] };
          table.end(id, { outcome, reason: masked(reason), at: clock.now(), ...services });
        },
      };
    },
    refuse(asked, { outcome, reason }) {
      const id = begin(asked, undefined);
      table.end(id, { outcome, reason: masked(reason), at: clock.now() });
    },
    abandon: (run) =>
      table.endRun(run, { outcome: 'interrupted', reason: 'the process ended', at: clock.now() }),
  };
}

const originOf = (by: string): Origin =>
  by.startsWith('telegram:') ? 'chat' : by.startsWith('cli:') ? 'cli' : 'schedule';

/** Whether a command, asked like this, does something that the audit keeps from its beginning. */
export const isAct = (command: Command, args: readonly string[], plan: Plan | undefined): boolean =>
  plan !== undefined ||
  (command.acts === undefined
    ? (command.purpose === 'act' || command.purpose === 'schedule') && args.length > 0
    : command.acts(args));

/** Why something was not begun. */
export const refusalOf = (error: unknown): { outcome: AuditOutcome; reason: string } => ({
  outcome: error instanceof UserError ? 'refused' : error instanceof BusyError ? 'busy' : 'failed',
  reason: causeOf(error),
});
