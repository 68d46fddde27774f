/** What a PostgreSQL database is beside its rows: properties, roles, sequences, extensions, as one snapshot has them. */
import type { Besides, Properties, Role } from './manifest.ts';
import { NAME, relationsOf } from './postgres-rows.ts';
import type { Session } from './psql.ts';

export type Position = { value: string; called: boolean };
export type Positions = Readonly<Record<string, Position>>;
export type Catalog = {
  version: number;
  superuser: string;
  roles: Role[];
  extensions: Besides['extensions'];
  vectorIndexes: Besides['vectorIndexes'];
};

/** The tables in which applications note what they have migrated, each as a digest of its rows. */
const MIGRATIONS = `select format('select json_build_array(%L::text, md5(string_agg((t.*)::text, chr(10) order by (t.*)::text))) from only %I.%I t',
    ${NAME}, n.nspname, c.relname)
  from ${relationsOf('r')} and c.relname ~* 'migration|schema_version' and c.relname !~* 'lock' order by 1
  \\gexec
select null where false`;

const SEQUENCES = `select format('select json_build_array(%L::text, last_value::text, is_called) from %I.%I', ${NAME}, n.nspname, c.relname)
  from ${relationsOf('S')} order by 1
  \\gexec
select null where false`;

/** By the access methods of pgvecto.rs, VectorChord, pgvector and pgvectorscale. */
const VECTOR_METHODS = `'vectors', 'vchordrq', 'vchordg', 'hnsw', 'ivfflat', 'diskann'`;

const CATALOG = `select jsonb_build_object(
  'version', current_setting('server_version_num')::int,
  'superuser', (select rolname from pg_catalog.pg_roles where oid = 10),
  'extensions', (select coalesce(jsonb_object_agg(extname, extversion), '{}') from pg_catalog.pg_extension),
  'vectorIndexes', (select coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.relname) order by n.nspname, c.relname), '[]')
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_am a on a.oid = c.relam
    where c.relkind = 'i' and a.amname in (${VECTOR_METHODS})),
  'roles', (select jsonb_agg(jsonb_build_object('name', r.rolname, 'superuser', rolsuper, 'inherit', rolinherit,
      'createRole', rolcreaterole, 'createDatabase', rolcreatedb, 'login', rolcanlogin, 'replication', rolreplication,
      'bypassRls', rolbypassrls, 'connectionLimit', rolconnlimit, 'validUntil', rolvaliduntil::text,
      'memberOf', (select coalesce(jsonb_agg(jsonb_build_object('role', g.rolname, 'admin', m.admin_option) order by g.rolname), '[]')
        from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid where m.member = r.oid)) order by r.rolname)
    from pg_catalog.pg_roles r where r.rolname !~ '^pg_'))`;

const PROPERTIES = `select jsonb_build_object(
  'row', to_jsonb(d) - 'datacl',
  'owner', pg_catalog.pg_get_userbyid(d.datdba),
  'encoding', pg_catalog.pg_encoding_to_char(d.encoding),
  'tablespace', (select spcname from pg_catalog.pg_tablespace t where t.oid = d.dattablespace),
  'comment', pg_catalog.shobj_description(d.oid, 'pg_database'),
  'grants', (select jsonb_agg(jsonb_build_object('to', r.rolname, 'privilege', a.privilege_type, 'grantable', a.is_grantable))
    from pg_catalog.aclexplode(d.datacl) a left join pg_catalog.pg_roles r on r.oid = a.grantee),
  'settings', (select jsonb_agg(jsonb_build_object('role', r.rolname, 'setting', s.setting) order by s.at)
    from pg_catalog.pg_db_role_setting o cross join lateral unnest(o.setconfig) with ordinality s (setting, at)
      left join pg_catalog.pg_roles r on r.oid = o.setrole
    where o.setdatabase = d.oid))
  from pg_catalog.pg_database d where d.datname = current_database()`;

export const readMigrations = (session: Session): Promise<unknown[]> => session.ask(MIGRATIONS);

/** As they are now: no snapshot holds a sequence. */
export async function readSequences(session: Session): Promise<Positions> {
  const rows = await session.ask<[string, string, boolean]>(SEQUENCES);
  return Object.fromEntries(rows.map(([name, value, called]) => [name, { value, called }]));
}

export async function readCatalog(session: Session): Promise<Catalog> {
  const [found] = await session.ask<Catalog>(CATALOG);
  if (found === undefined) throw new Error('the server tells nothing of itself.');
  return found;
}

export async function readProperties(session: Session): Promise<Properties> {
  const [found] = await session.ask<FoundProperties>(PROPERTIES);
  if (found === undefined) throw new Error('the database has no entry.');
  return toProperties(found);
}

type FoundProperties = {
  row: Record<string, unknown>;
  owner: string;
  encoding: string;
  tablespace: string;
  comment: string | null;
  grants: { to: string | null; privilege: string; grantable: boolean }[] | null;
  settings: { role: string | null; setting: string }[] | null;
};

function toProperties({ row, grants, settings, comment, ...rest }: FoundProperties): Properties {
  const textOf = (...names: string[]) => {
    const value = names.map((name) => row[name]).find((one) => typeof one === 'string');
    return typeof value === 'string' ? value : undefined;
  };
  return {
    ...rest,
    collate: textOf('datcollate') ?? 'C',
    ctype: textOf('datctype') ?? 'C',
    connectionLimit: Number(row['datconnlimit']),
    provider: textOf('datlocprovider'),
    locale: textOf('datlocale', 'daticulocale'),
    icuRules: textOf('daticurules'),
    comment: comment ?? undefined,
    ...(grants !== null && { grants: grants.map(({ to, ...grant }) => ({ to: to ?? undefined, ...grant })) }),
    settings: (settings ?? []).map(({ role, setting }) => ({
      role: role ?? undefined,
      name: setting.slice(0, setting.indexOf('=')),
      value: setting.slice(setting.indexOf('=') + 1),
    })),
  };
}
