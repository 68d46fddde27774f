/** What it costs to import each package, in a process in which nothing else has been loaded. */
import { median } from '../numbers.ts';
import { runToEnd } from '../processes.ts';
import { inTurn } from '../rounds.ts';
import { single, type Row } from '../row.ts';
import { dependencies, ROOT } from './packages.ts';

const SCRIPT = `
const memory = process.memoryUsage.rss(), begun = performance.now();
await import(process.argv[1]);
console.log(JSON.stringify({ ms: performance.now() - begun, grownBy: process.memoryUsage.rss() - memory }));
`;

export async function benchImports(rounds: number, stack: AsyncDisposableStack): Promise<Row[]> {
  const names = await dependencies();
  const memory: Record<string, number[]> = {};
  const measure = (name: string) => async () => {
    const output = await runToEnd([process.execPath, '--input-type=module', '--eval', SCRIPT, name], {
      cwd: ROOT,
      stack,
    });
    const { ms, grownBy } = JSON.parse(output) as { ms: number; grownBy: number };
    (memory[name] ??= []).push(grownBy / 1e6);
    return ms;
  };
  const samples = await inTurn(rounds, Object.fromEntries(names.map((name) => [name, measure(name)])));
  return names
    .map((name) =>
      single(`import ${name}`, samples[name] ?? [], {
        unit: 'ms',
        note: `${median(memory[name] ?? []).toFixed(0)} MB`,
      }),
    )
    .sort((a, b) => b.ours - a.ours);
}
