/** The engine's events without gaps and without repetitions, over lost connections. */
import { setTimeout as wait } from 'node:timers/promises';
import { UnreachableError } from '../../errors.ts';
import type { EngineEvent } from '../engine.ts';

/** What is asked for again after a loss: events are not told strictly in the order of their times. */
const OVERLAP = 5000;
const SHORTEST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;

type Options = { signal: AbortSignal; since?: number; onConnection?: (lost: Error | undefined) => void };

/**
 * @param connect opens the stream of events from a time on (milliseconds since 1970)
 */
export async function* followEvents(
  connect: (since: number) => Promise<AsyncIterable<Uint8Array>>,
  { signal, since, onConnection = () => {} }: Options,
): AsyncGenerator<EngineEvent> {
  const begin = since ?? Date.now();
  const seen = createSeen();
  let newest = begin;
  let pause = 0;
  let lost = false;
  while (!signal.aborted) {
    try {
      const stream = await connect(Math.max(begin, newest - OVERLAP));
      if (lost) onConnection(undefined);
      lost = false;
      for await (const event of parse(stream)) {
        if (signal.aborted) return;
        pause = 0;
        const at = Number(event.timeNano / 1_000_000n);
        if (at < begin || !seen.add(event, at)) continue;
        newest = Math.max(newest, at);
        seen.forget(newest - OVERLAP * 2);
        yield event;
      }
      throw new UnreachableError('The engine ended its stream of events.');
    } catch (error) {
      if (signal.aborted) return;
      if (!lost) onConnection(explainLoss(error));
      lost = true;
    }
    pause = Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, pause * 2));
    // The signal ends the pause; the loop then ends by itself.
    await wait(pause, undefined, { signal }).catch(() => {});
  }
}

function explainLoss(error: unknown): Error {
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') {
    return new UnreachableError('The engine broke off its stream of events.');
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** Identities of the events of the last seconds. */
function createSeen() {
  const times = new Map<string, number>();
  return {
    /** @returns whether it is new */
    add(event: EngineEvent, at: number): boolean {
      const key = `${event.timeNano} ${event.id} ${event.action}`;
      if (times.has(key)) return false;
      times.set(key, at);
      return true;
    },
    forget(before: number): void {
      for (const [key, at] of times) {
        // Kept in the order of arrival, which is nearly that of the times.
        if (at >= before) return;
        times.delete(key);
      }
    },
  };
}

async function* parse(stream: AsyncIterable<Uint8Array>): AsyncGenerator<EngineEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const texts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) if (text.trim() !== '') yield toEvent(text);
  }
}

type RawEvent = {
  timeNano?: bigint;
  time?: number;
  Type?: string;
  Action?: string;
  status?: string;
  id?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
};

function toEvent(text: string): EngineEvent {
  const raw = JSON.parse(text, (key, value: unknown, context?: { source?: string }) =>
    // As a number it would lose its last digits.
    key === 'timeNano' && context?.source !== undefined ? BigInt(context.source) : value,
  ) as RawEvent;
  const attributes = raw.Actor?.Attributes ?? {};
  const action = raw.Action ?? raw.status ?? '';
  // Podman names an exit code of 0 with every event of a container.
  const ended = action === 'die' || action === 'died' || action.startsWith('exec_die');
  const exitCode = ended ? (attributes.exitCode ?? attributes.containerExitCode) : undefined;
  return {
    timeNano: raw.timeNano ?? BigInt(raw.time ?? 0) * 1_000_000_000n,
    // Podman's own word for it, before 4.4 in the answers of the compatible API too.
    action: action === 'died' ? 'die' : action,
    type: raw.Type ?? '',
    id: raw.Actor?.ID ?? raw.id ?? '',
    name: attributes.name,
    exitCode: exitCode === undefined || exitCode === '' ? undefined : Number(exitCode),
    attributes,
  };
}
