/** The states of the units, asked again and again: systemd tells of no change through systemctl. */
import type { UnitState } from '../../clients/systemd.ts';
import { sleep } from '../../sleep.ts';
import { unitsOf } from '../host-view.ts';
import type { HostWatch } from './watch-host.ts';

/** @throws the signal's reason */
export async function followUnits(watch: HostWatch, signal: AbortSignal): Promise<void> {
  const { host, services, agenda, cadence } = watch;
  const units = [...new Set(services.flatMap(unitsOf))];
  const faces = new Map<string, string>();
  const counts = new Map<string, number>();
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
      if (state.restarts > (counts.get(state.name) ?? Infinity)) void tellGuard(watch, state);
      counts.set(state.name, state.restarts);
    }
    for (const service of services) {
      if (unitsOf(service).some((unit) => changed.has(unit))) agenda.add(service, 0);
    }
    await sleep(cadence.units, signal);
  }
}

/** Of containers the engine's events tell how each ended; of a native unit only its manager knows. Never rejects. */
async function tellGuard(
  { host, services, guard }: HostWatch,
  { name, memoryLimit }: UnitState,
): Promise<void> {
  const service = services.find(({ units }) => units.includes(name));
  if (guard === undefined || service === undefined) return;
  // Whether it can be asked at all, the look tells.
  const end = await host.systemd.lastExit(name).catch(() => undefined);
  if (end !== undefined) {
    await guard.ended(service, name.replace(/\.service$/, ''), { id: undefined, ...end, memoryLimit });
  }
}

const faceOf = ({ load, active, sub, result, restarts }: UnitState): string =>
  JSON.stringify([load, active, sub, result, restarts]);
