/** Units that failed, of every host. */
import { causeOf } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import { unitsOf } from '../host-view.ts';
import { isDeploying } from '../update/prepare.ts';
import { lookedAt, merged, notLookedAt, type Look, type SmokeCheck, type SmokeReach } from './check.ts';

export const failedUnits: SmokeCheck = {
  keys: ['units:'],
  pace: 'often',
  look: async (app, { signal }) =>
    merged(await Promise.all(app.hosts.all.map((host) => lookAtOne(app, host, signal)))),
};

async function lookAtOne(app: SmokeReach, host: Host, signal: AbortSignal): Promise<Look> {
  const key = `units:${host.name}`;
  // Those of services are looked at with their services.
  const known = new Set(
    app.services.all.filter((service) => app.hosts.of(service) === host).flatMap(unitsOf),
  );
  try {
    if (await isDeploying(host)) return notLookedAt(key, 'a deploy is running');
    const units = (await host.systemd.failed({ signal })).filter((unit) => !known.has(unit));
    const fact = { kind: 'failed-units', host: host.name, units: units.toSorted() } as const;
    return lookedAt(app, key, units.length === 0 ? undefined : fact);
  } catch (error) {
    signal.throwIfAborted();
    return notLookedAt(key, causeOf(error));
  }
}
