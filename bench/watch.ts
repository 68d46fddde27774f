/** The watch: from an event to its alert, a flood of events, and a store that holds five years of history. */
import type { Row } from './row.ts';
import type { Context } from './section.ts';
import { benchFlood } from './watch/flood.ts';
import { benchHistory } from './watch/history.ts';
import { benchLatency } from './watch/latency.ts';

export async function benchWatch({ quick, stack, say }: Context): Promise<Row[]> {
  return [
    ...(await benchLatency(quick ? 5 : 20, { stack, say })),
    ...(await benchFlood(quick ? 2 : 10, { stack, say })),
    ...(await benchHistory(quick ? 100_000 : 1_000_000, { stack, say })),
  ];
}
