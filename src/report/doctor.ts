/** What a look at how the host is set up has found. */
import type { CheckName } from '../doctor/names.ts';
import type { Action } from './actions.ts';
import type { Finding, Severity } from './alerts.ts';

/** One thing that is set up in a way that makes trouble. The catalogue has the words. */
export type Diagnosis = {
  check: CheckName;
  severity: Severity;
  /** What it is about: a container, a unit, a file, a setting. */
  subject: string;
  /** The service that it belongs to, by its name. */
  service?: string;
  values: Readonly<Record<string, string | number>>;
  /** The line to change, as it should be; undefined where there is no one line. */
  fix: string | undefined;
};

/** Checks that could not look, or not at all of it, and why: they say nothing of that, least of all that it is well. */
export type Unseen = { what: readonly string[]; why: string };

export type DoctorReport = {
  kind: 'doctor';
  actions?: readonly (readonly Action[])[];
  /** What the report is about, where not everything was asked for. */
  scope: { check: CheckName } | { service: string } | undefined;
  /** What does not work now. */
  findings: readonly Finding[];
  /** Worst first. */
  diagnoses: readonly Diagnosis[];
  /** How many were left out, because services.yaml says so. */
  ignored: number;
  /** How many checks were made. */
  checks: number;
  unseen: readonly Unseen[];
  at: number;
};
