/** The engine's events: each that may have changed a service puts it on the agenda. */
import type { EngineEvent } from '../../clients/engine.ts';
import { causeOf } from '../../errors.ts';
import type { Service } from '../../services.ts';
import { sleep } from '../../sleep.ts';
import { UNIT_LABEL } from '../host-view.ts';
import type { HostWatch } from './watch-host.ts';

/** Events of before are replayed from there at most. Milliseconds. */
const REPLAYED = 3_600_000;
/** How often it is written down which event was the last. Milliseconds. */
const KEPT_EACH = 5000;
/** A health check that has ended is written down by the engine only then. Milliseconds. */
const WRITTEN_AFTER = 300;

/** What dies at once may be gone when it is asked after its start. */
const BEGINS: readonly string[] = ['create', 'start'];
/** After these a container may be in another state. */
const TURNS: readonly string[] = ['die', 'start', 'stop', 'remove', 'destroy', 'rename', 'oom', 'unpause'];

const seenKey = (host: string): string => `watch:seen:${host}`;

type Part = { name: string; service: Service };

/** @returns at the signal */
export async function followEngine(watch: HostWatch, signal: AbortSignal): Promise<void> {
  const { app, host, services, memory, agenda, guard } = watch;
  const byName = new Map<string, Part>();
  const byUnit = new Map<string, Part>();
  for (const service of services) {
    for (const { name, unit } of service.containers) {
      byName.set(name, { name, service });
      if (unit !== undefined) byUnit.set(unit, { name, service });
    }
  }
  if (byName.size === 0) return waitFor(signal);
  const lookAtAll = () => services.forEach((service) => agenda.add(service, 0));
  // Under another name, its unit's label still tells what it is.
  const partOf = ({ name = '', attributes }: EngineEvent): Part | undefined =>
    byName.get(name) ?? byUnit.get(attributes[UNIT_LABEL] ?? '');

  const checking = new Set<string>();
  /** Where the event does not tell how it went, the engine is asked; whoever asks waits for nobody. */
  const checkHealth = async ({ name, service }: Part, told: string | undefined): Promise<void> => {
    if (checking.has(name)) return;
    checking.add(name);
    try {
      if (told === undefined) await sleep(WRITTEN_AFTER, signal);
      checking.delete(name);
      const status = told ?? (await host.engine.inspect(name, { signal }))?.health?.status;
      if (status !== memory.part(name).health) agenda.add(service, 0);
    } catch {
      // What cannot be asked is for the look to tell.
      if (!signal.aborted) agenda.add(service, 0);
    } finally {
      checking.delete(name);
    }
  };

  const now = app.clock.now();
  let kept = app.store.facts.get<number>(seenKey(host.name)) ?? now;
  const events = host.engine.events({
    signal,
    since: Math.max(Math.min(kept, now), now - REPLAYED),
    onConnection(lost) {
      if (lost !== undefined) app.log.warn({ host: host.name, cause: causeOf(lost) }, 'the engine is away');
      lookAtAll();
    },
  });
  for await (const event of events) {
    const at = Number(event.timeNano / 1_000_000n);
    if (at - kept >= KEPT_EACH) app.store.facts.put(seenKey(host.name), (kept = at));
    const part = event.type === 'container' ? partOf(event) : undefined;
    if (part === undefined) continue;
    memory.note(part.name, event);
    const { action, exitCode: code, id } = event;
    const { memoryLimit } = memory.part(part.name);
    if (BEGINS.includes(action)) void guard?.learn(part.service, part.name);
    if (action === 'die' && code !== undefined)
      void guard?.ended(part.service, part.name, { id, code, at, memoryLimit });
    if (TURNS.includes(event.action)) agenda.add(part.service, 0);
    else if (isCheck(event)) void checkHealth(part, healthOf(event));
  }
}

/** Podman 4.3 does not tell a health check from another program that was run in the container. */
const isCheck = ({ action }: EngineEvent): boolean =>
  action.startsWith('health_status') || action === 'exec_died';

/** Docker has it in the action, newer versions of Podman in an attribute. */
const healthOf = ({ action, attributes }: EngineEvent): string | undefined =>
  /^health_status: (\w+)/.exec(action)?.[1] ?? attributes.health_status;

const waitFor = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
