/** `npm run bench [-- section …] [--quick] [--json]`: how Steward does beside the plainest thing that does the same. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { benchBackups } from './backups.ts';
import { benchExec } from './exec.ts';
import { benchPictures } from './pictures.ts';
import type { Row } from './row.ts';
import type { Section } from './section.ts';
import { benchStart } from './start.ts';
import { benchStatus } from './status.ts';
import { tableOf } from './table.ts';
import { benchUpdates } from './updates.ts';
import { benchWatch } from './watch.ts';

const SECTIONS: Readonly<Record<string, Section>> = {
  status: benchStatus,
  exec: benchExec,
  start: benchStart,
  pictures: benchPictures,
  updates: benchUpdates,
  backups: benchBackups,
  watch: benchWatch,
};

/** Milliseconds: a lab takes some five seconds to start. */
const PATIENCE = 10_000;

const USAGE = `Usage: npm run bench [-- ${Object.keys(SECTIONS).join(' | ')} …] [--quick] [--json]`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  const names = positionals.length === 0 ? Object.keys(SECTIONS) : positionals;
  const unknown = names.filter((name) => !(name in SECTIONS));
  if (unknown.length > 0)
    return (process.stderr.write(`There is no section "${unknown.join('", "')}". ${USAGE}\n`), 2);

  const say = (text: string) => process.stderr.write(`${text}\n`);
  let stack = new AsyncDisposableStack();
  let stopping: Promise<void> | undefined;
  const broken = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('Breaking off …');
      stopping = stack.disposeAsync();
      broken.resolve();
    });
  }

  const results: Record<string, Row[]> = {};
  const runAll = async () => {
    for (const name of names) {
      stack = new AsyncDisposableStack();
      await using current = stack;
      say(`${name} …`);
      const rows = (await SECTIONS[name]?.({ quick: values.quick, stack: current, say })) ?? [];
      results[name] = rows;
      if (!values.json) process.stdout.write(`\n${name}\n${tableOf(rows)}\n\n`);
    }
  };
  const all = runAll();
  await Promise.race([all, broken.promise]);
  if (stopping !== undefined) {
    await stopping;
    // What was just beginning ends itself; what then waits for something that is gone need not be waited for.
    await Promise.race([all.catch(() => undefined), pause(PATIENCE)]);
    process.exit(130);
  }
  process.stdout.write(`${JSON.stringify({ quick: values.quick, sections: results })}\n`);
  return 0;
}
