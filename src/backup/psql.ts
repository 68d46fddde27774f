/** Conversations with a PostgreSQL in its container, through the tools that are there. */
import { Writable } from 'node:stream';
import type { Engine } from '../clients/engine.ts';

export type Place = { container: string; user: string; database: string };
export type Reach = {
  engine: Pick<Engine, 'exec' | 'inspectRaw'>;
  signal: AbortSignal;
  /** How these sessions are known among others, so that one that is left over can be ended. */
  application: string;
  /** Holds the secret keys that open encrypted copies. */
  identityFile?: string | undefined;
};

/** Open until {@link Session.close}; each row that a statement gives is one JSON text. */
export type Session = {
  /** @throws Error with what PostgreSQL says; the session is over then */
  ask<Row>(sql: string): Promise<Row[]>;
  close(): Promise<void>;
};

/** Names go through the environment: as an argument a database's name could be taken for more than a name. */
const environment = ({ application }: Reach, { user, database }: Place) => ({
  PGUSER: user,
  PGDATABASE: database,
  PGAPPNAME: application,
  PGCLIENTENCODING: 'UTF8',
});

/** Nobody's settings but ours, never a question for a password, over at the first fault. */
export const PSQL = ['psql', '--no-psqlrc', '--no-password', '--quiet', '--set=ON_ERROR_STOP=1'] as const;
/** Only what the rows hold. */
export const PSQL_ROWS = [...PSQL, '--tuples-only', '--no-align'] as const;

/** Run one of PostgreSQL's programs. @throws Error with what it says, on any exit code but 0 */
export async function runTool(
  reach: Reach,
  place: Place,
  [program, ...args]: readonly [string, ...string[]],
  streams: { stdout?: Writable; lent?: boolean; stdin?: AsyncIterable<Uint8Array> } = {},
): Promise<void> {
  const { exitCode, stderr } = await reach.engine.exec(place.container, [program, ...args], {
    ...streams,
    env: environment(reach, place),
    signal: reach.signal,
  });
  if (exitCode === 0) return;
  // What psql says of a failure are the server's words; the other programs have their own.
  const speaker = program === 'psql' ? 'PostgreSQL' : program;
  throw new Error(`${speaker} says: ${firstError(stderr) ?? `exit code ${exitCode}`}`);
}

export function openSession(reach: Reach, place: Place): Session {
  const input = createInput();
  const output = createRows();
  let count = 0;
  // Nothing is sent before it has connected: what breaks off while it is written to loses its last words.
  const first = 'steward-0';
  const ended = runTool(reach, place, [...PSQL_ROWS, `--command=select '"${first}"'`, '--file=-'], {
    stdin: input.stream(),
    stdout: output.sink,
  });
  const connected = output.until(first);
  // Whoever waits for rows is told; nobody else needs to know.
  ended
    .catch(() => {})
    .finally(() => {
      output.end();
      input.end();
    });
  return {
    async ask<Row>(sql: string) {
      count += 1;
      const mark = `steward-${count}`;
      await connected;
      input.add(`${sql};\nselect '"${mark}"';\n`);
      const rows = await output.until(mark);
      if (rows === undefined) {
        await ended;
        throw new Error('PostgreSQL ended the session before it had answered.');
      }
      return rows as Row[];
    },
    async close() {
      input.end();
      await ended;
    },
  };
}

/** Ask once. */
export async function ask<Row>(reach: Reach, place: Place, sql: string): Promise<Row[]> {
  const session = openSession(reach, place);
  const rows = await session.ask<Row>(sql);
  await session.close();
  return rows;
}

/** A statement that ends other sessions of ours: the engine cannot stop a program in a container. */
export function endOthers({ application }: Reach): string {
  return `select to_json(pg_catalog.pg_terminate_backend(pid)) from pg_catalog.pg_stat_activity
    where application_name = ${literal(application)} and pid <> pg_catalog.pg_backend_pid()`;
}

/** As an SQL literal. */
export function literal(value: string): string {
  const quoted = value.replaceAll("'", "''");
  return value.includes('\\') ? ` E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

/** As an SQL name. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function createInput() {
  const waiting: Buffer[] = [];
  let isOver = false;
  let wake = () => {};
  return {
    add(text: string) {
      waiting.push(Buffer.from(text));
      wake();
    },
    end() {
      isOver = true;
      wake();
    },
    async *stream(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (isOver) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** JSON texts, one on a line, up to a mark. */
function createRows() {
  const ready: unknown[] = [];
  const decoder = new TextDecoder();
  let rest = '';
  let isOver = false;
  let wake = () => {};
  const sink = new Writable({
    write(chunk: Buffer, _encoding, taken) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      try {
        ready.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown));
        taken();
      } catch (error) {
        taken(error as Error);
      }
      wake();
    },
  });
  // Whoever runs the program is told of it, too.
  sink.on('error', () => {});
  return {
    sink,
    end() {
      isOver = true;
      wake();
    },
    /** @returns undefined when the output ended before the mark */
    async until(mark: string): Promise<unknown[] | undefined> {
      for (;;) {
        const at = ready.indexOf(mark);
        if (at !== -1) return ready.splice(0, at + 1).slice(0, -1);
        if (isOver) return undefined;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function firstError(stderr: string): string | undefined {
  const line = stderr.split('\n').find((one) => /ERROR:|FATAL:|error:/.test(one));
  return line?.replace(/^.*(?:ERROR|FATAL|error):\s*/, '') ?? lastLine(stderr);
}

function lastLine(text: string): string | undefined {
  return text
    .trim()
    .split('\n')
    .findLast((line) => line.trim() !== '')
    ?.trim();
}
