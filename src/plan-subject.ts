import type { Plan } from './app.ts';

/** The service that a plan is about; undefined for several, or none. */
export const subjectOf = ({ report }: Plan): string | undefined =>
  'service' in report && typeof report.service === 'string' ? report.service : undefined;
