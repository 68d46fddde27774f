/** What all work on a service's data needs: which data it is, how it is reached, whom its progress is told. */
import type { App } from '../app.ts';
import type { Told } from '../backup/disk.ts';
import type { Reach } from '../backup/psql.ts';
import { UserError } from '../errors.ts';
import type { Service } from '../services.ts';

export type DataReach = Pick<App, 'hosts' | 'services' | 'clock' | 'log'> & {
  config: Pick<App['config'], 'age'>;
};

/** `progress` is told bytes. */
export type DataOptions = {
  signal?: AbortSignal | undefined;
  progress?: ((done: number, total?: number) => void) | undefined;
};

/** It names sources, and there is a folder for copies. */
export function isCovered({ services }: Pick<DataReach, 'services'>, service: Service): boolean {
  return service.backup !== undefined && services.backups !== undefined;
}

/** @throws UserError for a service without a backup */
export function backupsOf({ services: { backups } }: Pick<DataReach, 'services'>, service: Service) {
  if (backups !== undefined && service.backup !== undefined) return backups;
  throw new UserError(`${service.title} has no backup configured.`);
}

export function copiesFolder({ services: { backups } }: Pick<DataReach, 'services'>): string | undefined {
  return backups?.folder;
}

export function sourcesOf(service: Service) {
  return service.backup?.sources ?? [];
}

export function reachOf(
  app: Pick<DataReach, 'hosts' | 'config'>,
  service: Service,
  { application, signal }: { application: string; signal?: AbortSignal | undefined },
): Reach {
  const { engine } = app.hosts.of(service);
  return {
    engine,
    // Two services may share a server; one of them has one such run at a time.
    application: `${application} ${service.name}`,
    signal: signal ?? new AbortController().signal,
    identityFile: app.config.age.identityFile,
  };
}

export function toldOf({ signal, progress }: DataOptions, total: number): Told {
  let done = 0;
  return {
    signal,
    progress(bytes) {
      done += bytes;
      progress?.(done, Math.max(done, total));
    },
  };
}

/** @returns what names each step as it begins, for whoever reads the log */
export function stepsOf(app: Pick<DataReach, 'log'>, service: Service, what: string): (step: string) => void {
  return (step) => app.log.debug({ service: service.name, step }, what);
}
