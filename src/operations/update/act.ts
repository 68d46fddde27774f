/** The acts of an update on the host, each of which can be done again after a kill. */
import { causeOf } from '../../errors.ts';
import type { Host } from '../../hosts.ts';
import type { UpdateFailure } from '../../report/updates.ts';
import { attempt, type Journey } from './journey.ts';
import type { Part } from './parts.ts';
import { dropNew, dropOld, prepareNew, swap, swapBack } from './recreate.ts';
import { nextTag, rollbackTag } from './tags.ts';

type Acting = Pick<Journey, 'app' | 'run' | 'host' | 'service'>;

/** How long a stop may take: systemd's own default is 90 s. Milliseconds. */
const STOP_LIMIT = 150_000;

const stopPart = ({ engine, systemd }: Host, { unit, containers }: Part): Promise<unknown> =>
  unit === undefined
    ? Promise.all(containers.map((name) => engine.stop(name, { timeout: STOP_LIMIT })))
    : systemd.stop(unit, { timeout: STOP_LIMIT });

async function startPart(
  { engine, systemd }: Host,
  { unit, containers }: Part,
  { timeout, isReady }: { timeout: number; isReady: boolean },
): Promise<void> {
  if (unit === undefined) {
    await Promise.all(containers.map((name) => engine.start(name, { timeout })));
    return;
  }
  // One that has failed too often is not started any more.
  if (!isReady) await systemd.resetFailed(unit);
  await systemd.start(unit, { timeout });
}

/** What a start needs and can be done while the old version still runs: each call after the stop is time that the service is away. */
export async function makeReady({ host, row, parts }: Journey): Promise<void> {
  for (const { container } of row.plan.images) {
    await host.engine.tag(need(row.facts.from, container), rollbackTag(container, row.id));
  }
  for (const { unit } of parts) if (unit !== undefined) await host.systemd.resetFailed(unit);
}

/** In the reverse of the start order. @returns the first failure; what it needs is left running under it */
export async function stopAll(
  journey: Acting,
  step: string,
  which: readonly Part[],
): Promise<UpdateFailure | undefined> {
  for (const part of which.toReversed()) {
    const failure = await attempt(journey, step, () => stopPart(journey.host, part), part.name);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/**
 * In start order. Each is tried: whether the service is well is judged afterwards.
 * @param options.isReady nothing was started since `makeReady`
 * @returns the first failure
 */
export async function startAll(
  journey: Acting,
  step: string,
  which: readonly Part[],
  { isReady = false }: { isReady?: boolean } = {},
): Promise<UpdateFailure | undefined> {
  const { host, service } = journey;
  const { timeout } = service.health;
  let first: UpdateFailure | undefined;
  for (const part of which) {
    const failure = await attempt(
      journey,
      step,
      () => startPart(host, part, { timeout, isReady }),
      part.name,
    );
    first ??= failure;
  }
  return first;
}

/** Units of others that went down with the service and are up no more by themselves. They are no part of its health. */
export async function startDependents({
  host,
  app,
  dependents,
}: Pick<Journey, 'host' | 'app'> & { dependents: readonly string[] }): Promise<string[]> {
  const warnings: string[] = [];
  for (const unit of dependents) {
    try {
      await host.systemd.start(unit, { timeout: STOP_LIMIT });
    } catch (error) {
      warnings.push(app.redact(causeOf(error)));
    }
  }
  return warnings;
}

/** The names that the units run mean the new images from now on. */
export async function moveForward(journey: Journey): Promise<void> {
  const { host, row } = journey;
  await moveNames(journey, row.facts.to);
  for (const container of recreated(journey).toReversed()) await swap(host, container, row.id);
}

export async function moveBack(journey: Journey): Promise<void> {
  await moveNames(journey, journey.row.facts.from);
  await putOldBack(journey);
}

/** What is made anew only for another one's sake keeps its image, and that its name. */
async function moveNames({ host, row }: Journey, ids: Readonly<Record<string, string>>): Promise<void> {
  for (const { container, image, from, to } of row.plan.images) {
    if (from !== to) await host.engine.tag(need(ids, container), image);
  }
}

/**
 * Containers that nothing but the engine manages: a name that moves is nothing to them, they are made anew. In start order;
 * the engine lets none go whose network another one still has.
 */
export const recreated = ({ parts, row }: Pick<Journey, 'parts' | 'row'>): string[] =>
  parts
    .filter(({ unit }) => unit === undefined)
    .flatMap(({ containers }) => containers)
    .filter((container) => row.plan.images.some((image) => image.container === container));

/** Made from the new images beside those that run. */
export async function makeNew(journey: Journey): Promise<void> {
  const { host, row } = journey;
  const { networks = {} } = row.plan;
  const all = recreated(journey);
  for (const container of all) {
    const provider = all.find((other) => other === networks[container]);
    await prepareNew(host, container, need(row.facts.to, container), { id: row.id, provider });
  }
}

/** The containers of before have their names again. */
export async function putOldBack(journey: Journey): Promise<void> {
  for (const container of recreated(journey).toReversed())
    await swapBack(journey.host, container, journey.row.id);
}

/** Containers that are not needed any more, now that one side is known to be well. */
export async function dropOthers(journey: Journey, side: 'old' | 'new'): Promise<void> {
  const drop = side === 'old' ? dropOld : dropNew;
  for (const container of recreated(journey).toReversed())
    await drop(journey.host, container, journey.row.id);
}

/** Names of ours that only the way there needed. */
export async function dropNext({ host, row }: Pick<Journey, 'host' | 'row'>): Promise<void> {
  for (const { container } of row.plan.images) {
    await host.engine.untag(nextTag(container, row.id), { removes: true });
  }
}

/** @param options.removes the image goes with its last name; else it keeps that */
export async function dropRollback(
  { host, row }: Pick<Journey, 'host' | 'row'>,
  { removes }: { removes: boolean },
): Promise<void> {
  for (const { container } of row.plan.images) {
    await host.engine.untag(rollbackTag(container, row.id), { removes });
  }
}

function need(ids: Readonly<Record<string, string>>, container: string): string {
  const id = ids[container];
  if (id === undefined) throw new Error(`The image of "${container}" is not known.`);
  return id;
}
