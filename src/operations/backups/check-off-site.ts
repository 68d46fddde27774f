/** The daily look at the second place: samples that are due, and what is wrong there, for all services in one message. */
import type { App, Run } from '../../app.ts';
import type { OffSiteReport } from '../../report/off-site.ts';
import { coveredServices } from './back-up.ts';
import {
  offSiteState,
  offSiteTrouble,
  rememberOffSite,
  sampleOffSite,
  sendNewest,
  wantsSample,
  type OffSiteReach,
} from './off-site.ts';

type Reach = OffSiteReach & Pick<App, 'services'>;

/** Of whom one sends at a time, and one looks at samples. */
export const SENDER = { name: 'send-off-site' } as const;
export const SAMPLER = { name: 'check-off-site' } as const;

/** What is not there yet, one service after another. @throws the signal's reason */
export async function sendAll(app: Reach, { signal, dueAt }: Pick<Run, 'signal' | 'dueAt'>): Promise<void> {
  for (const service of coveredServices(app)) {
    signal.throwIfAborted();
    await sendNewest(app, service, { signal, isAsked: dueAt === undefined });
  }
}

/** @returns what is to be told, if anything. @throws the signal's reason */
export async function checkOffSite(
  app: Reach,
  { signal }: Pick<Run, 'signal'>,
): Promise<OffSiteReport | undefined> {
  const services = coveredServices(app);
  for (const service of services) {
    signal.throwIfAborted();
    if (wantsSample(app, service)) await sampleOffSite(app, service, { signal });
  }
  const at = app.clock.now();
  const troubled = new Map<string, string[]>();
  const recovered: string[] = [];
  for (const { name } of services) {
    const trouble = offSiteTrouble(app, { name });
    const { isTold = false } = offSiteState(app, name);
    if (trouble !== undefined) troubled.set(trouble, [...(troubled.get(trouble) ?? []), name]);
    else if (isTold) recovered.push(name);
    if (isTold !== (trouble !== undefined)) rememberOffSite(app, name, { isTold: !isTold });
  }
  if (troubled.size + recovered.length === 0) return undefined;
  return {
    kind: 'off-site',
    troubled: [...troubled].map(([trouble, names]) => ({ trouble, services: names })),
    recovered,
    at,
    actions: [[{ label: 'all-backups', command: 'backups', args: [] }]],
  };
}
