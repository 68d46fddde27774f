/** What the configuration asks of a PostgreSQL database: its copy is a dump, and a dump answers nothing. */
import type { Expect } from '../services/schema.ts';
import type { SourceFacts } from './manifest.ts';
import { collectText } from './postgres-text.ts';
import { literal, PSQL_ROWS, runTool, type Place, type Reach } from './psql.ts';

export type Query = Pick<Expect['queries'][number], 'name' | 'database' | 'sql'>;

/** Milliseconds for one query: the locks of the copy are held meanwhile. */
const LONGEST = 60_000;

/**
 * Ask in the snapshot that is dumped, each query in a session of its own: one that fails says so, and ends nothing else.
 * @param options.queries those for other databases are passed over
 * @throws the signal's reason
 */
export async function askQueries(
  reach: Reach,
  place: Place,
  { queries, snapshot }: { queries: readonly Query[]; snapshot: string },
): Promise<Pick<SourceFacts, 'answers' | 'unanswered'>> {
  const answers: Record<string, number> = {};
  const unanswered: Record<string, string> = {};
  for (const { name, database, sql } of queries) {
    if (database !== place.database) continue;
    try {
      answers[name] = await askOne(reach, place, { sql, snapshot });
    } catch (error) {
      reach.signal.throwIfAborted();
      unanswered[name] = (error as Error).message;
    }
  }
  return {
    ...(Object.keys(answers).length > 0 && { answers }),
    ...(Object.keys(unanswered).length > 0 && { unanswered }),
  };
}

async function askOne(
  reach: Reach,
  place: Place,
  { sql, snapshot }: { sql: string; snapshot: string },
): Promise<number> {
  const text = collectText();
  // Each goes to the server as it is: what psql would take for a command or a variable is none there, and a quote that
  // stays open is a fault instead of a wait for its end.
  const statements = [
    `set statement_timeout = ${LONGEST}`,
    `set lock_timeout = ${LONGEST}`,
    'begin isolation level repeatable read read only',
    `set transaction snapshot ${literal(snapshot)}`,
    `select pg_catalog.to_json(answer) from (\n${sql}\n) answer limit 1`,
  ];
  await runTool(reach, place, [...PSQL_ROWS, ...statements.map((statement) => `--command=${statement}`)], {
    stdout: text.stream,
  });
  const row = JSON.parse(text.result() || '{}') as Record<string, unknown>;
  const answer = Number(Object.values(row)[0] ?? Number.NaN);
  if (!Number.isFinite(answer)) throw new Error('it gives no number.');
  return answer;
}
