/** What a dump tells of itself: its schema, its entries. */
import type { PostgresPart } from './manifest.ts';
import { feedDump } from './postgres.ts';
import { collectText, statementsOf } from './postgres-text.ts';
import { runTool, type Place, type Reach } from './psql.ts';

/** A dump in its file. */
export type Copied = { part: PostgresPart; file: string };

/** Its schema, as `readSchema` gives that of a database. @param args of pg_restore */
export async function schemaOfDump(
  reach: Reach,
  place: Place,
  { part, file }: Copied,
  args: readonly string[],
): Promise<string[]> {
  const text = collectText();
  await feedDump(reach, file, part.copy, {}, (stdin) =>
    runTool(reach, place, readingAll(['--schema-only', '--file=-', ...args]), {
      stdin,
      stdout: text.stream,
    }),
  );
  // Without what fills a materialized view, which is no part of the schema to pg_dump.
  return statementsOf(text.result()).filter((line) => !line.startsWith('REFRESH MATERIALIZED VIEW '));
}

/** Its entries without some indexes, as a file in the container that `pg_restore --use-list` takes. */
export async function writeList(
  reach: Reach,
  place: Place,
  { part, file }: Copied,
  { skipped, list }: { skipped: readonly { schema: string; name: string }[]; list: string },
): Promise<void> {
  const text = collectText();
  await feedDump(reach, file, part.copy, {}, (stdin) =>
    runTool(reach, place, readingAll(['--list']), { stdin, stdout: text.stream }),
  );
  const isSkipped = (line: string) =>
    skipped.some(
      ({ schema, name }) =>
        line.includes(` INDEX ${schema} ${name} `) || line.includes(` COMMENT ${schema} INDEX ${name} `),
    );
  const chosen = text
    .result()
    .split('\n')
    .filter((line) => !isSkipped(line))
    .join('\n');
  const lines = async function* () {
    yield Buffer.from(chosen);
  };
  await runTool(reach, place, ['tee', list], { stdin: lines() });
}

/** What needs only the head of a dump reads it whole all the same: an engine breaks off the output of what does not. */
const readingAll = (args: readonly string[]): [string, ...string[]] => [
  'sh',
  '-c',
  'pg_restore "$@"; code=$?; cat > /dev/null; exit $code',
  'pg_restore',
  ...args,
];
