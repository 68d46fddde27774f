/** The watch: every host, as long as Steward runs. */
import { deployKey } from './deploy.ts';
import { createMemoryGuard, type StopLoop } from './guard-memory.ts';
import { hostKey, serviceKey, type Looked } from './look.ts';
import { createMemory } from './memory.ts';
import { reconcile } from './reconcile.ts';
import { tellAlerts, type TellReach } from './tell-alerts.ts';
import { watchHost, type Cadence, type WatchReach } from './watch-host.ts';

export type Watch = { run(signal: AbortSignal): Promise<void> };

/** @param options.stopLoop stops what is killed for memory again and again; absent: nothing is */
export function createWatch(
  app: WatchReach & TellReach,
  { cadence, stopLoop }: { cadence?: Cadence; stopLoop?: StopLoop } = {},
): Watch {
  const watched = app.hosts.all
    .map((host) => ({
      host,
      services: app.services.all.filter((service) => app.hosts.of(service) === host),
    }))
    .filter(({ services }) => services.length > 0);

  /** The configuration does not name them any more, so nobody will ever see their end. */
  const dropUnwatched = (): void => {
    const keys = new Set(
      watched.flatMap(({ host, services }) => [
        hostKey(host.name),
        deployKey(host.name),
        ...services.map(({ name }) => serviceKey(name)),
      ]),
    );
    reconcile(app, [], {
      covers: (key) => isOfWatch(key) && !keys.has(key),
      over: () => ({ at: app.clock.now(), ending: 'unwatched' }),
    });
  };

  const looked = ({ opened, changed, ended }: Looked): void => {
    for (const { key, severity } of opened) app.log.warn({ alert: key, severity }, 'an alert begins');
    for (const { key, ending } of ended) app.log.info({ alert: key, ending }, 'an alert is over');
    if (opened.length + changed.length + ended.length > 0) tellAlerts(app);
  };

  return {
    async run(signal) {
      dropUnwatched();
      await Promise.all(
        watched.map(({ host, services }) =>
          watchHost(
            { app, host, services, memory: createMemory() },
            {
              signal,
              looked,
              ...(cadence && { cadence }),
              guard: stopLoop && createMemoryGuard(app, host, { stop: stopLoop, signal }),
            },
          ),
        ),
      );
    },
  };
}

const isOfWatch = (key: string): boolean => /^(?:service|host|deploy):/.test(key);
