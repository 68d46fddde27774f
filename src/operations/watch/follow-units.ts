/** The states of the units, asked again and again: systemd tells of no change through systemctl. */
import type { UnitState } from '../../clients/systemd.ts';
import { sleep } from '../../sleep.ts';
import { unitsOf } from '../host-view.ts';
import type { HostWatch } from './watch-host.ts';

/** @throws the signal's reason */
export async function followUnits(
  { host, services, agenda, cadence }: HostWatch,
  signal: AbortSignal,
): Promise<void> {
  const units = [...new Set(services.flatMap(unitsOf))];
  const faces = new Map<string, string>();
  let wasLost = false;
  for (;;) {
    const states =
      units.length === 0 ? [] : await host.systemd.units(units, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    // Why it cannot be asked, the look tells; and once it can again.
    if ((states === undefined) !== wasLost) services.forEach((service) => agenda.add(service, 0));
    wasLost = states === undefined;
    const changed = new Set<string>();
    for (const state of states ?? []) {
      const before = faces.get(state.name);
      const face = faceOf(state);
      faces.set(state.name, face);
      if (before !== undefined && before !== face) changed.add(state.name);
    }
    for (const service of services) {
      if (unitsOf(service).some((unit) => changed.has(unit))) agenda.add(service, 0);
    }
    await sleep(cadence.units, signal);
  }
}

const faceOf = ({ load, active, sub, result, restarts }: UnitState): string =>
  JSON.stringify([load, active, sub, result, restarts]);
