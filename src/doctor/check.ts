/** A check is one way to set a host up that makes trouble: what is looked at, and what is found there. */
import type { Diagnosis, Unseen } from '../report/doctor.ts';
import type { Severity } from '../report/alerts.ts';
import { unseenOf, type DoctorFacts, type Part } from './facts.ts';
import type { CheckName } from './names.ts';

/** As a check has found it; without a severity of its own it has the check's. */
export type Found = {
  subject: string;
  service?: string | undefined;
  severity?: Severity;
  values?: Readonly<Record<string, string | number>>;
  fix?: string | undefined;
};

export type DoctorCheck = {
  name: CheckName;
  severity: Severity;
  /** The parts that it looks at. What of them could not be seen is told beside what was found. */
  needs: readonly Part[];
  look: (facts: DoctorFacts) => Found[];
};

export const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'notice'];

/** @returns worst first, and what could not be seen with the checks that miss it */
export function diagnose(
  checks: readonly DoctorCheck[],
  facts: DoctorFacts,
): { diagnoses: Diagnosis[]; unseen: Unseen[] } {
  const diagnoses = checks.flatMap(({ name, severity, look }) =>
    look(facts).map((found): Diagnosis => {
      const { subject, service, values = {}, fix } = found;
      return {
        check: name,
        severity: found.severity ?? severity,
        subject,
        ...(service === undefined ? {} : { service }),
        values,
        fix,
      };
    }),
  );
  const unseen = new Map<string, Set<CheckName>>();
  for (const { name, needs } of checks) {
    for (const why of needs.flatMap((part) => unseenOf(facts, part))) {
      unseen.set(why, (unseen.get(why) ?? new Set()).add(name));
    }
  }
  return {
    diagnoses: diagnoses.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)),
    unseen: [...unseen].map(([why, names]) => ({ what: [...names], why })),
  };
}
