/** What one takes who asks on the command line. */
import type { Box } from '../box.ts';
import { installedEnv } from '../installed.ts';
import { MAIN, runToEnd } from '../processes.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, type Row } from '../row.ts';

export async function benchCommandLine(
  box: Box,
  rounds: number,
  stack: AsyncDisposableStack,
): Promise<Row[]> {
  const steward = (args: readonly string[], env: Record<string, string> = {}) =>
    timed(() => runToEnd([process.execPath, MAIN, ...args], { env: { ...box.env, ...env }, stack }));
  const installed = await installedEnv(box.folder);
  const samples = await inTurn(
    rounds,
    {
      help: () => steward(['help']),
      status: () => steward(['status']),
      installed: () => steward(['status'], installed),
      node: () => timed(() => runToEnd([process.execPath, '--eval', '0'], { stack })),
    },
    { warm: 1 },
  );
  const beside = (ours: readonly number[]) => ({ ours, reference: samples.node });
  return [
    compare('steward help, beside node --eval 0', beside(samples.help), { unit: 'ms' }),
    compare('steward status, beside node --eval 0', beside(samples.status), {
      unit: 'ms',
      note: 'of an engine that answers at once',
    }),
    compare('steward status as installed, beside the same', beside(samples.installed), {
      unit: 'ms',
    }),
  ];
}
