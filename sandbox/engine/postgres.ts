/**
 * PostgreSQL of the machine in a box: no SQL, but tables of rows that are really dumped, restored, counted and digested.
 * Each statement that is known has an answer; any other is an error.
 */
import { createHash } from 'node:crypto';
import type { Container } from './host.ts';
import type { Program } from './programs.ts';

export type Database = Record<string, { columns: readonly string[]; rows: unknown[][] }>;
type Cluster = Map<string, Database>;
/** What a session sees: a copy, once it has exported its snapshot. */
type Session = { cluster: Cluster; user: string; database: Database; snapshot?: string };
type Statement = readonly [asked: RegExp, answer: (session: Session, found: RegExpExecArray) => unknown[]];

export type Postgres = {
  /** Those of containers that run PostgreSQL. */
  programs(container: Container): Readonly<Record<string, Program>>;
  /** One that a container keeps; made where there is none. */
  database(container: Container, name: string): Database;
};

const VERSION = 140_018;
/** Of the file that a dump is. */
const HEAD = 'Toy dump\n';
/** Milliseconds that a new server takes until it answers. */
const START = 1500;
const FOLDER = '/var/lib/postgresql/data';
/** Each question ends with a row of its own. */
const MARK = /;\nselect '"(steward-\d+)"';\n/;
const PROPERTIES = {
  row: { datcollate: 'C.UTF-8', datctype: 'C.UTF-8', datconnlimit: -1 },
  encoding: 'UTF8',
  tablespace: 'pg_default',
  comment: null,
  grants: null,
  settings: null,
};

const digest = (rows: readonly unknown[][]) => {
  const lines = rows.map((row) => JSON.stringify(row)).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
};
const schemaOf = (database: Database) =>
  Object.entries(database)
    .map(([name, { columns }]) => `CREATE TABLE public.${name} (${columns.join(', ')});\n`)
    .join('');
const ALL_RIGHTS = {
  superuser: true,
  inherit: true,
  createRole: true,
  createDatabase: true,
  login: true,
  replication: true,
  bypassRls: true,
  connectionLimit: -1,
  validUntil: null,
  memberOf: [],
};

/** By what is asked, the first that fits. */
const STATEMENTS: readonly Statement[] = [
  [
    /(?:drop|create|alter) database (?:if exists )?"\w+"(?: rename| template|;|$)/,
    ({ cluster }, { input }) => {
      changeDatabases(cluster, input);
      return [];
    },
  ],
  [/pg_terminate_backend|lock table only/, () => []],
  [/^\s*select 1$/, () => [1]],
  [/to_json\(coalesce\(sum\(/, ({ database }) => [JSON.stringify(database).length]],
  [/last_value|relkind = 'm'/, () => []],
  [
    /md5\(string_agg/,
    ({ database }) =>
      Object.entries(database).flatMap(([name, { rows }]) =>
        name.includes('migration') ? [[name, digest(rows)]] : [],
      ),
  ],
  [
    /count\(\*\)\) from only %I\.%I', c|having count\(\*\) > 0$/,
    ({ database }) => Object.entries(database).map(([name, { rows }]) => [name, rows.length]),
  ],
  [
    /json_build_array\(%L::text, count\(\*\), /,
    ({ database }) => Object.entries(database).map(([name, { rows }]) => [name, rows.length, digest(rows)]),
  ],
  [/pg_largeobject/, () => []],
  [
    /to_json\(datname\) from pg_catalog\.pg_database where datname in \((.*)\)/,
    ({ cluster }, [, names = '']) => [...cluster.keys()].filter((name) => names.includes(`'${name}'`)),
  ],
  [/'row', to_jsonb\(d\)/, ({ user }) => [{ ...PROPERTIES, owner: user }]],
  [/to_json\(rolname\)/, ({ user }) => [user]],
  [
    /'version', current_setting/,
    ({ user }) => [
      {
        version: VERSION,
        superuser: user,
        roles: [{ name: user, ...ALL_RIGHTS }],
        extensions: { plpgsql: '1.0', vchord: '0.4.3' },
        vectorIndexes: [],
      },
    ],
  ],
  [/^\s*(?:set|analyze|commit|alter database "\w+" connection limit)\b/, () => []],
];

function changeDatabases(cluster: Cluster, statements: string): void {
  const change = /(drop|create|alter) database (?:if exists )?"(\w+)"(?: rename to "(\w+)")?/g;
  for (const [, verb, name = '', to] of statements.matchAll(change)) {
    const database = cluster.get(name) ?? {};
    if (verb === 'create') cluster.set(name, {});
    else cluster.delete(name);
    if (to !== undefined) cluster.set(to, database);
  }
}

export function createPostgres(): Postgres {
  const clusters = new WeakMap<object, Cluster>();
  const snapshots = new Map<string, Database>();
  let exported = 0;

  /** It lies in what is mounted, and is the container's own without that. */
  function clusterOf(container: Container): Cluster {
    const place = container.spec.mounts?.find(({ destination }) => destination === FOLDER) ?? container;
    const cluster = clusters.get(place) ?? new Map(['postgres', 'template1'].map((name) => [name, {}]));
    clusters.set(place, cluster);
    return cluster;
  }

  function answer(session: Session, statement: string): unknown[] {
    if (statement.includes('pg_export_snapshot')) {
      session.snapshot = `00000003-0000001B-${(exported += 1)}`;
      session.database = structuredClone(session.database);
      snapshots.set(session.snapshot, session.database);
      return [session.snapshot];
    }
    for (const [asked, run] of STATEMENTS) {
      const found = asked.exec(statement);
      if (found !== null) return run(session, found);
    }
    throw new Error(`the demo does not know: ${statement.trim().slice(0, 60)}`);
  }

  const psql: Program = async ({ args, container, env, stdin, write }) => {
    const { PGDATABASE: name = '', PGUSER: user = '' } = env;
    const cluster = clusterOf(container);
    const database = cluster.get(name);
    if (database === undefined) {
      await write('stderr', `psql: error: FATAL:  database "${name}" does not exist\n`);
      return 2;
    }
    const session: Session = { cluster, user, database };
    let text = '';
    try {
      for (const arg of args) {
        const mark = /^--command=select '"(steward-\d+)"'$/.exec(arg)?.[1];
        if (mark !== undefined) await write('stdout', `${JSON.stringify(mark)}\n`);
      }
      for (let next = await stdin.next(); next.done !== true; next = await stdin.next()) {
        text += Buffer.from(next.value).toString();
        for (let end = MARK.exec(text); end !== null; end = MARK.exec(text)) {
          const rows = answer(session, text.slice(0, end.index));
          text = text.slice(end.index + end[0].length);
          await write('stdout', [...rows, end[1]].map((row) => `${JSON.stringify(row)}\n`).join(''));
        }
      }
      return 0;
    } catch (error) {
      await write('stderr', `psql:<stdin>:1: ERROR:  ${(error as Error).message}\n`);
      return 3;
    } finally {
      snapshots.delete(session.snapshot ?? '');
    }
  };

  const dump: Program = async ({ args, container, env, write }) => {
    const snapshot = args.find((arg) => arg.startsWith('--snapshot='))?.slice('--snapshot='.length);
    const database =
      snapshot === undefined ? clusterOf(container).get(env['PGDATABASE'] ?? '') : snapshots.get(snapshot);
    if (database === undefined) {
      await write('stderr', `pg_dump: error: invalid snapshot identifier: "${snapshot}"\n`);
      return 1;
    }
    const isSchema = args.includes('--schema-only');
    await write('stdout', isSchema ? schemaOf(database) : HEAD + JSON.stringify(database));
    return 0;
  };

  const restore: Program = async ({ args, container, stdin, write }) => {
    const chunks: Uint8Array[] = [];
    for (let next = await stdin.next(); next.done !== true; next = await stdin.next())
      chunks.push(next.value);
    const text = Buffer.concat(chunks).toString();
    const fail = async (why: string) => {
      await write('stderr', `pg_restore: error: ${why}\n`);
      return 1;
    };
    if (!text.startsWith(HEAD)) return fail('input file does not appear to be a valid archive');
    const database = JSON.parse(text.slice(HEAD.length)) as Database;
    if (args.includes('--file=-')) await write('stdout', schemaOf(database));
    const target = /^--dbname=dbname='(.*)'$/.exec(
      args.find((arg) => arg.startsWith('--dbname=')) ?? '',
    )?.[1];
    if (target === undefined) return 0;
    const made = clusterOf(container).get(target);
    if (made === undefined) return fail(`database "${target}" does not exist`);
    Object.assign(made, database);
    return 0;
  };

  const programs: Readonly<Record<string, Program>> = {
    psql,
    pg_dump: dump,
    pg_restore: restore,
    pg_isready: async ({ container }) => (Date.now() - (container.startedAt ?? 0) < START ? 1 : 0),
  };
  return {
    programs: ({ image }) => ([...image.names].some((name) => name.includes('/postgres:')) ? programs : {}),
    database(container, name) {
      const cluster = clusterOf(container);
      const database = cluster.get(name) ?? {};
      cluster.set(name, database);
      return database;
    },
  };
}
