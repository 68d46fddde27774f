/** A backup that is restored into a scratch place, and compared with what its source held. */
import type { App, Run } from '../../app.ts';
import { readManifest } from '../../backup/manifest.ts';
import { removeScratch } from '../../backup/postgres-scratch.ts';
import { readProof, writeProof } from '../../backup/proof.ts';
import type { Report } from '../../report.ts';
import type { Action } from '../../report/actions.ts';
import type { DrillReport } from '../../report/backup-runs.ts';
import type { Service } from '../../services.ts';
import { coveredServices, requireCovered, sourcesOf, toldChecks } from './back-up.ts';
import { findBackup, rememberBackup, type ListReach } from './list.ts';
import { lastDrill } from './memory.ts';
import { prove } from './prove.ts';
import { rememberDrill } from './take.ts';
import type { DataReach } from '../data-reach.ts';

export type DrillReach = DataReach & ListReach;

/** Milliseconds. */
const WEEK = 7 * 86_400_000;

const keyOf = (service: string) => `drilling:${service}`;

/** It has data that only a drill restores: a PostgreSQL database. */
export const needsDrill = ({ backup }: Pick<Service, 'backup'>): boolean =>
  backup?.sources.some(({ kind }) => kind === 'postgres') === true;

export const drillable = (app: Pick<App, 'services'>): Service[] => coveredServices(app).filter(needsDrill);

/** An hour after the backup, which it then is about. */
export function drillTime({ backup }: Pick<Service, 'backup'>): string {
  const [hour = 0, minute = 0] = (backup?.at ?? '04:00').split(':').map(Number);
  return `${String((hour + 1) % 24).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/**
 * Prove the newest proven backup, or one that is named, as far as it can be. The caller holds the service's lock.
 * @throws UserError for a service without a backup, and for one that is unknown; the signal's reason
 */
export async function drill(
  app: DrillReach,
  service: Service,
  run: Run,
  which?: string,
): Promise<DrillReport> {
  requireCovered(app, service);
  const begun = app.clock.now();
  const row = await findBackup(app, service, which);
  run.progress.begin('restore');
  app.store.facts.put(keyOf(service.name), row.id);
  const proof = await prove(app, service, row.folder, {
    signal: run.signal,
    progress: (done, total) => run.progress.amount(done, total),
    drill: true,
  });
  app.store.facts.delete(keyOf(service.name));
  const before = proof.drill === undefined ? (await readProof(row.folder))?.drill : undefined;
  await writeProof(row.folder, before === undefined ? proof : { ...proof, drill: before });
  await rememberBackup(app, service, row.folder, row.id);
  rememberDrill(app, service, proof, row.images);
  const { failed, leftOut } = toldChecks(proof);
  // A drill that could not be made is none.
  const notMade = needsDrill(service) && proof.drill === undefined ? leftOut : [];
  run.progress.end({ failed: failed.length + notMade.length > 0 });
  const at = app.clock.now();
  return {
    kind: 'drill',
    service: service.name,
    title: service.title,
    id: row.id,
    takenAt: row.takenAt,
    level: proof.level,
    sources: sourcesOf(await readManifest(row.folder), proof),
    failed: [...failed, ...notMade],
    leftOut: leftOut.filter((one) => !notMade.includes(one)),
    restoreTook: proof.drill?.took,
    took: at - begun,
    at,
    actions: [[{ label: 'all-backups', command: 'backups', args: [service.name] }]],
  };
}

/** A kill came in the middle of a drill; whether somebody still works on it, its lock tells. */
export const isLeftDrilling = ({ store }: Pick<App, 'store'>, { name }: Pick<Service, 'name'>): boolean =>
  store.facts.get<string>(keyOf(name)) !== undefined;

/** Remove what it has left in the engine. The caller holds the service's lock. */
export async function takeUpDrill(app: Pick<App, 'hosts' | 'store'>, service: Service): Promise<void> {
  await removeScratch(app.hosts.of(service).engine, service.name);
  app.store.facts.delete(keyOf(service.name));
}

/** Services whose databases were not restored for a week, as buttons. */
export function drillsDue({ services, store, clock }: Pick<App, 'services' | 'store' | 'clock'>): Report {
  const at = clock.now();
  const due = drillable({ services })
    .map(({ name, title }) => ({ service: name, title, drilledAt: lastDrill(store, name)?.at }))
    .filter(({ drilledAt: last }) => last === undefined || at - last > WEEK);
  const actions = due.map(({ service }): Action[] => [
    { label: 'drill', subject: service, command: 'drill', args: [service] },
  ]);
  return { kind: 'drills-due', services: due, at, ...(actions.length > 0 && { actions }) };
}
