/** What is not well now, and how the host is set up in ways that make trouble. */
import { CHECKS } from '../../doctor/checks.ts';
import { diagnose } from '../../doctor/check.ts';
import { CHECK_NAMES, isCheckName, type CheckName } from '../../doctor/names.ts';
import { UserError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { Diagnosis, DoctorReport } from '../../report/doctor.ts';
import type { Services } from '../../services.ts';
import type { SmokeReach } from '../smoke/check.ts';
import { smokeTest, type SmokeTest } from '../smoke-test.ts';
import { gather, type GatherReach } from './gather.ts';

export type DoctorReach = GatherReach & SmokeReach;

/** Milliseconds until what may be a moment's matter is looked at again: somebody waits. */
const PAUSE = 2000;

/** @param asked a service or a check, by an unambiguous part of its name; everything without one */
export async function doctor(
  app: DoctorReach,
  asked: string | undefined,
  options: { signal: AbortSignal },
): Promise<DoctorReport> {
  const scope = asked === undefined ? undefined : scopeOf(asked, app.services);
  const isAsked = ({ name }: { name: CheckName }) =>
    scope === undefined || !('check' in scope) || scope.check === name;
  const checks = CHECKS.filter(isAsked);
  const [facts, smoke] = await Promise.all([
    gather(app, options),
    scope !== undefined && 'check' in scope ? NOT_ASKED : smokeTest(app, { ...options, pause: PAUSE }),
  ]);
  const { diagnoses, unseen } = diagnose(checks, facts);
  const isAbout = ({ service }: { service?: string }) =>
    scope === undefined || !('service' in scope) || scope.service === service;
  // What concerns the machine says nothing of one service.
  const isOf = (key: string) =>
    scope === undefined || ('service' in scope && key.endsWith(`:${scope.service}`));
  const wanted = diagnoses.filter(isAbout);
  const shown = wanted.filter((one) => !isIgnored(one, app.services));
  return {
    kind: 'doctor',
    scope,
    findings: smoke.findings.filter(isAbout),
    diagnoses: shown,
    ignored: wanted.length - shown.length,
    checks: checks.length,
    unseen: [
      ...unseen,
      ...smoke.notLooked
        .filter(({ key, because }) => because !== 'told' && isOf(key))
        .map(({ key, why }) => ({ what: [key.replace(/:$/, '')], why })),
    ],
    at: facts.now,
  };
}

const NOT_ASKED: Pick<SmokeTest, 'findings' | 'notLooked'> = { findings: [], notLooked: [] };

/** @throws UserError for what is neither */
function scopeOf(asked: string, services: Services): NonNullable<DoctorReport['scope']> {
  if (isCheckName(asked)) return { check: asked };
  try {
    return { service: services.find(asked).name };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const checks = CHECK_NAMES.filter((name) => name.includes(asked));
    const [only, ...others] = checks;
    if (only !== undefined && others.length === 0) return { check: only };
    // Several services may have been meant: that says it.
    if (error.choices.some((name) => name.includes(asked))) throw error;
    const names = [...CHECK_NAMES, ...services.all.map(({ name }) => name)];
    const near = [...new Set([...checks, ...nearest(asked, names)])];
    const hint =
      near.length === 0 ? 'Without a word doctor looks at everything.' : `Did you mean ${near.join(' or ')}?`;
    throw new UserError(`No service and no check is called "${asked}". ${hint}`, near);
  }
}

/** Its owner has decided about it. */
const isIgnored = ({ check, subject, service }: Diagnosis, { checks }: Services): boolean =>
  checks.doctor.ignore.some(
    (one) => one.check === check && (one.subject === undefined || [subject, service].includes(one.subject)),
  );
