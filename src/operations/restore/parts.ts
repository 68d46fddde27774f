/** What of a service stops for a restore, what has to run, and what is not there yet, as on a new machine. */
import type { Host } from '../../hosts.ts';
import type { Service } from '../../services.ts';
import { partsOf, type Part } from '../update/parts.ts';

export type RestoredParts = {
  /** The application, in start order. */
  parts: readonly Part[];
  /** Database servers. */
  servers: readonly Part[];
  /** Names of those that neither a unit nor the engine knows here. */
  missing: readonly string[];
};

export async function restoredParts(host: Host, service: Service): Promise<RestoredParts> {
  const all = partsOf(service);
  const there = await Promise.all(all.map((part) => isStartable(host, part)));
  const [present, missing] = [true, false].map((is) => all.filter((_, index) => there[index] === is));
  return {
    parts: (present ?? []).filter(({ holdsData }) => !holdsData),
    servers: (present ?? []).filter(({ holdsData }) => holdsData),
    missing: (missing ?? []).map(({ name }) => name),
  };
}

async function isStartable({ engine, systemd }: Host, { unit, containers }: Part): Promise<boolean> {
  if (unit !== undefined) {
    const [state] = await systemd.units([unit]);
    return state !== undefined && state.load !== 'not-found';
  }
  const found = await Promise.all(containers.map((name) => engine.inspect(name)));
  return found.every((container) => container !== undefined);
}

/** Whether its containers run. */
export async function runs({ engine }: Host, { containers }: Part): Promise<boolean> {
  const found = await Promise.all(containers.map((name) => engine.inspect(name)));
  return found.every(
    (container, index) => container?.running === true && container.name === containers[index],
  );
}
