/** What an alert about a service says: its cause, how it ended, and its last words. */
import type { App } from '../../app.ts';
import type { Host } from '../../hosts.ts';
import type { CallOptions } from '../../clients/engine.ts';
import type { Finding, ServiceFact } from '../../report/alerts.ts';
import type { ServiceState, Trouble } from '../../report/services.ts';
import type { Service } from '../../services.ts';
import { LOOP, recentEnds } from '../../watch/loops.ts';
import type { Found } from '../../watch/sight.ts';
import { cut, readable } from '../logs.ts';
import { lastWordsOf } from '../power.ts';
import type { Died, Memory } from './memory.ts';
import { endedForMemory } from './out-of-memory.ts';

/** Milliseconds: what was written so long before a trouble may be its reason. */
const WRITTEN_BEFORE = 5 * 60_000;
/** A unit tidies up before it is called failed, and systemd tells times to the second. */
const ENDED_BEFORE = 30_000;
const AT_ONCE = 2000;
/** A loop changes with each turn; its alert, no more often. Milliseconds. */
const REFRESHED_EACH = 60_000;
/** In a trouble, the words of others. */
const FREE: readonly string[] = ['output', 'cause', 'url'];
/** Results of a unit whose main process says more by how it ended. */
const BY_ITS_END: readonly string[] = ['exit-code', 'signal', 'core-dump', 'oom-kill'];

export type FactNeeds = {
  app: Pick<App, 'hosts' | 'redact' | 'clock'>;
  host: Pick<Host, 'systemd'>;
  memory: Memory;
};

type Of = { service: Service; state: ServiceState; found: Found; since: number };

/** @param before what the open alert says, and since when: the same trouble is not told in other words at each look */
export async function factOf(
  needs: FactNeeds,
  { service, state, found, since }: Of,
  before: { fact: ServiceFact; at: number } | undefined,
): Promise<ServiceFact> {
  const { part } = found.cause;
  const now = needs.app.clock.now();
  const trouble = masked(needs.app, await explain(needs, state, found, since));
  const ends = part === undefined ? 0 : endsOf(needs.memory, part, now);
  const fact: ServiceFact = {
    kind: 'service',
    title: service.title,
    state: found.state,
    part,
    trouble,
    // What has turned and lies still now has turned all the same.
    restarts: before?.fact.part === part ? Math.max(ends, before?.fact.restarts ?? 0) : ends,
    memoryLimit: isOutOfMemory(trouble) ? needs.memory.part(part ?? '').memoryLimit : undefined,
    lastLines: [],
  };
  if (before !== undefined && faceOf(fact) === faceOf(before.fact)) {
    const isNewer = fact.restarts > before.fact.restarts && now - before.at >= REFRESHED_EACH;
    return isNewer ? { ...fact, lastLines: before.fact.lastLines } : before.fact;
  }
  return {
    ...fact,
    lastLines: await lastWordsOf(needs.app, service, { part, since: since - WRITTEN_BEFORE }),
  };
}

/** @returns the finding that is over; of what has met its limit, with what it takes now, where that can be asked */
export async function withMemoryNow(
  { engine }: Pick<Host, 'engine'>,
  finding: Finding,
  options: CallOptions,
): Promise<Finding> {
  const { fact } = finding;
  if (fact.kind !== 'service' || fact.part === undefined) return finding;
  if (!isOutOfMemory(fact.trouble) && fact.trouble.kind !== 'stopped-loop') return finding;
  const stats = await engine.stats(fact.part, options).catch(() => undefined);
  options.signal?.throwIfAborted();
  if (stats === undefined) return finding;
  const memoryNow = { used: stats.memoryUsed, limit: stats.memoryLimit };
  return { ...finding, fact: { ...fact, memoryNow } };
}

/** What programs and servers have said goes into messages as plain text, without secrets. */
function masked({ redact }: Pick<App, 'redact'>, trouble: Trouble): Trouble {
  const plain = (text: string) =>
    cut(
      redact(text)
        .split('\n')
        .map(readable)
        .filter((line) => line !== '')
        .join(' '),
    );
  const free = Object.entries(trouble).filter(
    ([name, value]) => FREE.includes(name) && typeof value === 'string',
  );
  return { ...trouble, ...Object.fromEntries(free.map(([name, value]) => [name, plain(value as string)])) };
}

const endsOf = (memory: Memory, part: string, now: number): number => {
  const { turns } = memory.part(part);
  return turns === undefined ? 0 : recentEnds(turns, now);
};

const isOutOfMemory = (trouble: Trouble): boolean => trouble.kind === 'exited' && trouble.outOfMemory;

/** What makes it another thing to tell. */
function faceOf({ state, part, trouble, restarts }: ServiceFact): string {
  return JSON.stringify([
    state,
    part,
    restarts >= LOOP,
    trouble.kind,
    'code' in trouble && trouble.code,
    'result' in trouble && trouble.result,
    'outOfMemory' in trouble && trouble.outOfMemory,
  ]);
}

/** How a process ended says more than that its unit failed or starts again. */
async function explain(
  needs: FactNeeds,
  { containers }: ServiceState,
  { cause }: Found,
  since: number,
): Promise<Trouble> {
  const { part, trouble, loop } = cause;
  const isEnded =
    (loop !== undefined && trouble.kind !== 'stopped-loop') ||
    trouble.kind === 'restarting' ||
    trouble.kind === 'exited' ||
    (trouble.kind === 'unit-failed' && BY_ITS_END.includes(trouble.result));
  if (!isEnded || part === undefined) return trouble;
  const { died, memoryLimit } = needs.memory.part(part);
  const unit = containers.find(({ name }) => name === part)?.unit;
  const isNew = died !== undefined && died.at >= since - AT_ONCE;
  // The engine may have been away when it ended.
  const exit = isNew ? died : latest(died, await journalled(needs, unit));
  if (exit === undefined || exit.at < since - ENDED_BEFORE) return trouble;
  const outOfMemory =
    (trouble.kind === 'unit-failed' && trouble.result === 'oom-kill') ||
    (await endedForMemory(needs.host.systemd, { id: undefined, ...exit, unit, memoryLimit }));
  return { kind: 'exited', code: exit.code, at: exit.at, outOfMemory };
}

const latest = (one: Died | undefined, other: Died | undefined): Died | undefined =>
  (one?.at ?? 0) >= (other?.at ?? 0) ? one : other;

/** The alert is told without it where the journal cannot be read. */
async function journalled({ host }: FactNeeds, unit: string | undefined): Promise<Died | undefined> {
  return unit === undefined ? undefined : host.systemd.lastExit(unit).catch(() => undefined);
}
