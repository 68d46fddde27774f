/** A host is an engine and a systemd that belong together. */
import type { Engine } from './clients/engine.ts';
import type { Systemd } from './clients/systemd.ts';
import type { Service } from './services.ts';

export type Host = { name: string; engine: Engine; systemd: Systemd };

export type Hosts = {
  readonly all: readonly Host[];
  /** The host that the service runs on. */
  of(service: Pick<Service, 'host'>): Host;
};

/** @param all the machine itself first, named `local` */
export function createHosts(all: readonly Host[]): Hosts {
  const byName = new Map(all.map((host) => [host.name, host]));
  return {
    all,
    of(service) {
      const host = byName.get(service.host);
      // The configuration has checked that every service names a host that exists.
      if (host === undefined) throw new Error(`No host is called "${service.host}".`);
      return host;
    },
  };
}
