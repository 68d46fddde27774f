/** What has to be in a copy of a service, by its configuration: a whole copy of the wrong thing is no backup. */
import { join } from 'node:path';
import type { Expect } from '../services/schema.ts';
import { requirePem, requireValue } from './expect-contents.ts';
import { createFilesOfRows, type FilesOfRows } from './expect-rows.ts';
import { readList } from './files-list.ts';
import {
  copyOf,
  type Entry,
  type FileEntry,
  type FilesPart,
  type Manifest,
  type Part,
  type SqlitePart,
} from './manifest.ts';
import { createFit } from './patterns.ts';
import type { Check } from './proof.ts';
import type { Row } from './sqlite-query-worker.ts';
import { inWorker } from './sqlite-thread.ts';
import { readCopy } from './stored.ts';

export type ExpectOptions = {
  signal?: AbortSignal | undefined;
  /** What opens encrypted copies. */
  identityFile?: string | undefined;
  /** Where the copy of a database lies as SQLite reads it; without it, where the manifest says. */
  databaseOf?: (part: SqlitePart) => string | Promise<string>;
};

/** How the copy is read. */
type Reading = {
  query: (part: SqlitePart, sql: string) => Promise<Row[]>;
  bytes: (part: FilesPart, entry: FileEntry) => AsyncIterable<Uint8Array>;
  entries: (part: FilesPart) => AsyncIterable<Entry>;
  /** A failed check for an error of the work, but for that of a signal. */
  judge: (check: Pick<Check, 'name' | 'source'>, work: () => Promise<string>) => Promise<Check>;
};

/** Bytes of a key, a certificate or a file of settings, at most. */
const MOST = 4e6;

/**
 * Look for all that a service expects. Nothing is known here of any application: what it keeps, and where, is said in
 * services.yaml.
 * @param folder of the copy
 * @returns a check for each expectation and what it is about
 * @throws the signal's reason
 */
export async function checkExpected(
  { parts }: Pick<Manifest, 'parts'>,
  folder: string,
  expect: Expect,
  options: ExpectOptions = {},
): Promise<Check[]> {
  const reading = createReading(folder, options);
  const { rows, checks } = await askRows(parts, expect, reading);
  const contents = createContents(expect, reading);
  for (const part of parts) {
    if (part.kind !== 'files') continue;
    for await (const entry of reading.entries(part)) {
      const bytes = () => reading.bytes(part, entry as FileEntry);
      for (const files of rows) await files.see(join(part.folder, entry.path), entry, bytes);
      if (entry.type === 'file') await contents.see(part, entry);
    }
  }
  return [
    ...(await countTables(parts, expect, reading)),
    ...contents.checks(),
    ...checks,
    ...rows.map((files) => files.check()),
    ...(await askQueries(parts, expect, reading)),
  ];
}

function createReading(
  folder: string,
  { signal, identityFile, databaseOf = ({ copy }) => join(folder, copy.file) }: ExpectOptions,
): Reading {
  return {
    async query(part, sql) {
      return inWorker('sqlite-query-worker.ts', { path: await databaseOf(part), sql }, { signal });
    },
    bytes(part, entry) {
      return readCopy(folder, copyOf(part, entry), { signal, identityFile });
    },
    entries: (part) => readList(folder, part.list),
    async judge(check, work) {
      try {
        return { ...check, result: 'passed', detail: await work() };
      } catch (error) {
        signal?.throwIfAborted();
        return { ...check, result: 'failed', detail: (error as Error).message };
      }
    },
  };
}

async function countTables(parts: readonly Part[], { tables }: Expect, { judge }: Reading): Promise<Check[]> {
  const databases = parts.filter(({ kind }) => kind !== 'files').map(({ facts }) => facts);
  return Promise.all(
    Object.entries(tables).map(([table, least]) =>
      judge({ name: 'expected rows' }, async () => {
        const having = databases.flatMap(({ name, counts }) => {
          const rows = counts[table];
          return rows === undefined ? [] : [{ name, rows }];
        });
        const poor = having.find(({ rows }) => rows < least);
        if (having.length === 0) throw new Error(`No database of the copy has a table "${table}".`);
        if (poor !== undefined) {
          throw new Error(
            `"${poor.name}" has ${poor.rows} rows in "${table}"; at least ${least} are expected.`,
          );
        }
        return `${having.reduce((sum, { rows }) => sum + rows, 0)} rows in "${table}".`;
      }),
    ),
  );
}

/** The files that are expected, by name and by what they hold. */
function createContents({ files, pem, values }: Expect, { bytes, judge }: Reading) {
  const wanted = [
    ...files.map((file) => ({ file, look: undefined })),
    ...pem.map((file) => ({ file, look: requirePem })),
    ...values.map((value) => ({ file: value.file, look: (text: string) => requireValue(text, value) })),
  ].map((one) => ({ ...one, fits: createFit(one.file), found: [] as Check[] }));
  return {
    async see(part: FilesPart, entry: FileEntry): Promise<void> {
      for (const { look, fits, found } of wanted) {
        if (!fits(entry.path)) continue;
        const check = { name: 'expected files', source: part.folder };
        const looked = await judge(check, async () => {
          if (look !== undefined) look(await textOf(entry, bytes(part, entry)), entry.path);
          return `"${entry.path}" is there${look === undefined ? '' : ' and can be read'}.`;
        });
        // One that fits is enough to be told of.
        if (found.length === 0 || looked.result === 'failed') found.push(looked);
      }
    },
    checks: (): Check[] =>
      wanted.flatMap(({ file, found }): Check[] =>
        found.length > 0
          ? found
          : [
              {
                name: 'expected files',
                result: 'failed',
                detail: `No file of the copy is called "${file}".`,
              },
            ],
      ),
  };
}

async function textOf({ path, size }: FileEntry, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  if (size > MOST) throw new Error(`"${path}" has ${size} bytes.`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Ask databases which files their rows name. @returns what waits for the files, and the checks of what could not be asked */
async function askRows(
  parts: readonly Part[],
  expect: Expect,
  { query, judge }: Reading,
): Promise<{ rows: FilesOfRows[]; checks: Check[] }> {
  const rows: FilesOfRows[] = [];
  const checks: Check[] = [];
  for (const rule of expect.rows) {
    const databases = sqliteParts(parts, rule.database);
    if (databases.length === 0) checks.push(unknownDatabase('rows and files', rule));
    for (const part of databases) {
      const asked = await judge({ name: 'rows and files', source: part.path }, async () => {
        rows.push(createFilesOfRows(rule, part, await query(part, rule.sql)));
        return '';
      });
      if (asked.result === 'failed') checks.push({ ...asked, detail: `${rule.name}: ${asked.detail}` });
    }
  }
  return { rows, checks };
}

async function askQueries(
  parts: readonly Part[],
  expect: Expect,
  { query, judge }: Reading,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const rule of expect.queries) {
    const { name, database, sql, least } = rule;
    const require = (answer: number) => {
      if (!(answer >= least)) throw new Error(`${name}: ${answer}; at least ${least} is expected.`);
      return `${name}: ${answer}.`;
    };
    const found: Check[] = [];
    for (const part of sqliteParts(parts, database)) {
      const check = { name: 'expected answers', source: part.path };
      found.push(
        await judge(check, async () => {
          const [row = {}] = await query(part, sql);
          return require(Number(Object.values(row)[0] ?? Number.NaN));
        }),
      );
    }
    for (const { facts, ...part } of parts) {
      if (part.kind !== 'postgres' || part.database !== database) continue;
      const check = { name: 'expected answers', source: facts.name };
      const answer = facts.answers?.[name];
      const notAsked = `${name}: this was not asked when the copy was made.`;
      found.push(
        answer === undefined
          ? { ...check, result: 'left out', detail: notAsked }
          : await judge(check, async () => require(answer)),
      );
    }
    checks.push(...(found.length > 0 ? found : [unknownDatabase('expected answers', rule)]));
  }
  return checks;
}

function sqliteParts(parts: readonly Part[], database: string): SqlitePart[] {
  const fits = createFit(`**/${database}`);
  return parts.flatMap((part) => (part.kind === 'sqlite' && fits(part.path) ? [part] : []));
}

function unknownDatabase(check: string, { name, database }: { name: string; database: string }): Check {
  return {
    name: check,
    result: 'failed',
    detail: `${name}: no database of the copy is called "${database}".`,
  };
}
