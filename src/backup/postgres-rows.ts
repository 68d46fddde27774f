/** The rows of a PostgreSQL database: how many there are, and what they hold. */
import { literal, type Session } from './psql.ts';

/** By table; `large objects` is one where there are any. */
export type Rows = { counts: Record<string, number>; digests: Record<string, string> };

/** Which tables are digested: the smallest, so many bytes altogether; or those of these names. */
export type Digested = { most: number } | { names: readonly string[] };

/** As in a manifest, beside the names of tables. */
export const LARGE_OBJECTS = 'large objects';
/** Since PostgreSQL 11. */
const HAS_HASH = 110_000;

/** Relations of the application, by kind; what extensions bring comes with them. */
export const relationsOf = (kind: 'r' | 'S' | 'm') =>
  `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = '${kind}' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;
export const NAME = `case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end`;

/** A statement for each table, which psql runs; each gives `[name, rows]`. */
const COUNTS = `select format('select json_build_array(%L::text, count(*)) from only %I.%I', ${NAME}, n.nspname, c.relname)
  from ${relationsOf('r')} order by 1
  \\gexec
select json_build_array('${LARGE_OBJECTS}', count(*)) from pg_catalog.pg_largeobject_metadata having count(*) > 0`;

/** So that a value has one text, whatever the server, the database or the role is set to. */
export const PLAIN_TEXTS = `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';
  set extra_float_digits = 3; set bytea_output = 'hex'; set lc_monetary = 'C'; set quote_all_identifiers = off;
  set search_path = ''; set row_security = off`;

export async function countRows(session: Session): Promise<Record<string, number>> {
  return Object.fromEntries(await session.ask<[string, number]>(COUNTS));
}

/**
 * Read every row. The digests do not depend on the order of the rows, and hold for one version of PostgreSQL only.
 * @param session with {@link PLAIN_TEXTS}
 * @param options.version `150008`
 */
export async function readRows(
  session: Session,
  { version, digested }: { version: number; digested: Digested },
): Promise<Rows> {
  const rows: Rows = { counts: {}, digests: {} };
  // Their memory is the server's business, and its cores the application's.
  await session.ask('set max_parallel_workers_per_gather = 0');
  for (const [name, count, digest] of await session.ask<[string, number, string?]>(
    tableStatements(version, digested),
  )) {
    rows.counts[name] = count;
    if (digest !== undefined) rows.digests[name] = digest;
  }
  const [large] = await session.ask<[number, string?]>(largeStatements(version, digested));
  if (large !== undefined) {
    rows.counts[LARGE_OBJECTS] = large[0];
    if (large[1] !== undefined) rows.digests[LARGE_OBJECTS] = large[1];
  }
  return rows;
}

/** What materialized views hold; null for one that was never filled. */
export async function readViews(
  session: Session,
  { version, most }: { version: number; most: number },
): Promise<Record<string, string | null>> {
  const statements = `select case when c.relispopulated
      then format('select json_build_array(%L::text, ${inFormat(digestOf(version))}) from ${rowsOf(version)}', ${NAME}, n.nspname, c.relname)
      else format('select json_build_array(%L::text, null)', ${NAME}) end
    from ${relationsOf('m')} and pg_catalog.pg_table_size(c.oid) <= ${most}
  \\gexec
  select null where false`;
  return Object.fromEntries(await session.ask<[string, string | null]>(statements));
}

function tableStatements(version: number, digested: Digested): string {
  const isDigested =
    'most' in digested
      ? `total <= ${digested.most}`
      : `name in (${['', ...digested.names].map(literal).join(', ')})`;
  return `select case when ${isDigested}
      then format('select json_build_array(%L::text, count(*), ${inFormat(digestOf(version))}) from ${rowsOf(version)}', name, schema, relation)
      else format('select json_build_array(%L::text, count(*)) from only %I.%I', name, schema, relation) end
    from (select ${NAME} as name, n.nspname as schema, c.relname as relation,
        sum(pg_catalog.pg_table_size(c.oid)) over (order by pg_catalog.pg_table_size(c.oid), c.oid) as total
      from ${relationsOf('r')}) tables
    order by total
  \\gexec
  select null where false`;
}

/**
 * Pages as if all were whole: a restore writes the zeros that a sparse one leaves out. Who may not read them counts
 * them alone.
 */
function largeStatements(version: number, digested: Digested): string {
  const table = `'pg_catalog.pg_largeobject'`;
  const isDigested =
    'most' in digested
      ? `pg_catalog.pg_table_size(${table}) <= ${digested.most}`
      : digested.names.includes(LARGE_OBJECTS);
  const objects = `select m.oid || ' ' || pg_catalog.pg_get_userbyid(m.lomowner) || ' ' ||
      coalesce((select max(pageno::bigint * page + length(data)) from pg_catalog.pg_largeobject where loid = m.oid), 0) as one
    from pg_catalog.pg_largeobject_metadata m, size`;
  const pages = `select loid || ' ' || pageno || ' ' || encode(data || substring(decode(repeat('00', page), 'hex') from length(data) + 1), 'hex')
    from pg_catalog.pg_largeobject, size where btrim(data, decode('00', 'hex')) <> ''`;
  const whole = `with size as (select current_setting('block_size')::int / 4 as page), r as (select ${hashable(version, 'one')} as r from (${objects} union all ${pages}) ones)
    select json_build_array((select count(*) from pg_catalog.pg_largeobject_metadata), ${digestOf(version)}) from r`;
  return `select case when ${isDigested} and pg_catalog.has_table_privilege(${table}, 'select')
      then ${literal(whole)}
      else 'select json_build_array(count(*)) from pg_catalog.pg_largeobject_metadata' end
    where exists (select from pg_catalog.pg_largeobject_metadata)
  \\gexec
  select null where false`;
}

/** The rows of one relation, each as what is hashed of it. */
const rowsOf = (version: number) =>
  // Without the offset a row would be made a text for each of the hashes.
  `(select ${hashable(version, '(t.*)::text')} as r from only %I.%I t offset 0) s`;

const hashable = (version: number, text: string) =>
  version >= HAS_HASH ? `(${text}) collate pg_catalog."C"` : `md5(${text})`;

/** Two sums of 64-bit hashes: the same for the same rows in any order. */
function digestOf(version: number): string {
  const hashes =
    version >= HAS_HASH
      ? ['hashtextextended(r, 1)', 'hashtextextended(r, 2)']
      : [1, 17].map((from) => `('x' || substr(r, ${from}, 16))::bit(64)::bigint`);
  return hashes.map((hash) => `coalesce(sum(${hash}), 0)::text`).join(` || ' ' || `);
}

/** As a part of what `format` is given between quotes. */
const inFormat = (sql: string) => sql.replaceAll("'", "''");
