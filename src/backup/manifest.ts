/** What a copy holds, written last: a folder without a whole manifest is no copy. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readSealed, writeSealed } from './sealed.ts';

const Facts = z.object({
  name: z.string(),
  kind: z.enum(['postgres', 'sqlite', 'files']),
  schema: z.string().optional(),
  counts: z.record(z.string(), z.number()),
  digests: z.record(z.string(), z.string()).optional(),
  answers: z.record(z.string(), z.number()).optional(),
});

/** Of one database file, folder or database: what its copy is compared by. */
export type SourceFacts = {
  /** `postgres immich`, or the path of the SQLite file or folder. */
  name: string;
  kind: 'postgres' | 'sqlite' | 'files';
  /** SHA-256 of the schema as text, applied migrations included; undefined for files. */
  schema: string | undefined;
  /** Rows by table; a folder has `{ files: n }`. */
  counts: Readonly<Record<string, number>>;
  /**
   * What the rows of each table hold, by table. Absent where it was not asked for: reading all of a database takes
   * time that a service which waits for its copy does not have. A table that is not among them was too large.
   */
  digests?: Readonly<Record<string, string>> | undefined;
  /** What the configuration has asked of a database that cannot be asked in its copy, by the name of the query. */
  answers?: Readonly<Record<string, number>> | undefined;
};

const ENCODINGS = ['zstd', 'age'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const Copy = z.object({
  file: z.string(),
  size: z.number(),
  sha256: z.string(),
  /** How it lies on the disk, where not as it was: encoded in this order, then so large. */
  stored: z
    .object({ as: z.array(z.enum(ENCODINGS)).min(1), size: z.number(), sha256: z.string() })
    .optional(),
});
/** A file of a copy, relative to the copy's folder. Bytes; size and digest are those of what the source had. */
export type Copy = z.infer<typeof Copy>;

const Attributes = z.object({
  mode: z.number(),
  uid: z.number(),
  gid: z.number(),
  /** Nanoseconds since 1970, in digits. */
  mtime: z.string(),
});
export type Attributes = z.infer<typeof Attributes>;

export type FileEntry = Attributes & {
  type: 'file';
  path: string;
  size: number;
  sha256: string;
  /** Told apart from any other state of the source; absent where that could not be promised. */
  identity?: string;
  /** Another name of that file, which comes before this one: one copy serves both. */
  sameAs?: string;
  /** How its copy lies on the disk, where not as it was: under this name in its folder. */
  stored?: NonNullable<Copy['stored']> & { file: string };
};
/** Something in a folder, by its path relative to it: a line in the list of a {@link FilesPart}. */
export type Entry =
  | FileEntry
  | (Attributes & { type: 'folder'; path: string })
  | (Attributes & { type: 'link'; path: string; target: string });

const Named = z.object({ count: z.number(), names: z.array(z.string()) });
/** How many there were, and the first of them by name. */
export type Named = z.infer<typeof Named>;

export const Properties = z.object({
  owner: z.string(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  tablespace: z.string(),
  connectionLimit: z.number(),
  /** Since PostgreSQL 15: `c` libc, `i` ICU, `b` builtin. */
  provider: z.string().optional(),
  locale: z.string().optional(),
  icuRules: z.string().optional(),
  comment: z.string().optional(),
  /** Grantee (undefined: everybody), privilege, with grant option. Absent where nobody changed the default. */
  grants: z
    .array(z.object({ to: z.string().optional(), privilege: z.string(), grantable: z.boolean() }))
    .optional(),
  /** `ALTER DATABASE … SET`; of one role where it names one. */
  settings: z.array(z.object({ role: z.string().optional(), name: z.string(), value: z.string() })),
});
/** Of a PostgreSQL database, what a dump of one database does not put back by itself. */
export type Properties = z.infer<typeof Properties>;

const Role = z.object({
  name: z.string(),
  superuser: z.boolean(),
  inherit: z.boolean(),
  createRole: z.boolean(),
  createDatabase: z.boolean(),
  login: z.boolean(),
  replication: z.boolean(),
  bypassRls: z.boolean(),
  connectionLimit: z.number(),
  validUntil: z.string().nullable(),
  memberOf: z.array(z.object({ role: z.string(), admin: z.boolean() })),
});
/** Of a PostgreSQL server, without its password. */
export type Role = z.infer<typeof Role>;

/** `last_value` in digits. */
const Position = z.object({ value: z.string(), called: z.boolean() });

export const Besides = z.object({
  server: z.object({
    /** `150008` */
    version: z.number(),
    /** Whom the cluster was made for; he owns what nobody else does. */
    superuser: z.string(),
    /** Id of the image that the container ran, and what it ran of it. */
    image: z.string().optional(),
    entrypoint: z.array(z.string()).optional(),
    command: z.array(z.string()).optional(),
  }),
  /** Of the whole server: each may own something, or be granted it. */
  roles: z.array(Role),
  /** Versions by name. */
  extensions: z.record(z.string(), z.string()),
  /** Before the dump and after it: no snapshot holds a sequence. */
  sequences: z.record(z.string(), z.tuple([Position, Position])),
  /** Of materialized views what their rows hold; null for one without any yet. Absent where digests were not asked for. */
  views: z.record(z.string(), z.string().nullable()).optional(),
  /** Those that take hours to build. */
  vectorIndexes: z.array(z.object({ schema: z.string(), name: z.string() })),
});
/** What a restore of a PostgreSQL database needs and is compared by, beside rows, schema and properties. */
export type Besides = z.infer<typeof Besides>;

const PostgresPart = z.object({
  kind: z.literal('postgres'),
  container: z.string(),
  user: z.string(),
  database: z.string(),
  facts: Facts,
  copy: Copy,
  properties: Properties,
  besides: Besides.optional(),
  /** Of an encrypted backup: what may be secret of the two above, which lack it here. */
  hidden: Copy.optional(),
  /** Milliseconds: until the copy was on the disk, and for what was read to prove it. */
  took: z.object({ copy: z.number(), proof: z.number() }).optional(),
});
export type PostgresPart = z.infer<typeof PostgresPart>;

const SqlitePart = z.object({
  kind: z.literal('sqlite'),
  /** As configured; `path` is one file that it matches. */
  files: z.string(),
  path: z.string(),
  facts: Facts,
  copy: Copy,
  attributes: Attributes,
  identity: z.string().optional(),
});
export type SqlitePart = z.infer<typeof SqlitePart>;

const FilesPart = z.object({
  kind: z.literal('files'),
  folder: z.string(),
  exclude: z.array(z.string()),
  /** Globs of databases that other parts hold. */
  databases: z.array(z.string()),
  facts: Facts,
  /** The folder of the copies inside the copy's folder. */
  copies: z.string(),
  /** What was in the folder, an {@link Entry} a line, each after the folder that it is in. */
  list: Copy,
  /** Of all copies, without the list. Bytes. */
  size: z.number(),
  attributes: Attributes,
  /** Files whose copies are second names of earlier ones. */
  linked: z.number(),
  /** When all that is linked was read from the source last, at the latest. Milliseconds since 1970. */
  fullAt: z.number(),
  /** Sockets, pipes and devices, which cannot be copied. */
  skipped: Named,
  /** Files whose earlier copies are no longer what was written, so that they were copied anew. */
  spoilt: Named,
});
export type FilesPart = z.infer<typeof FilesPart>;

const Header = z.object({
  /** The name of the copy's folder, as it was made. */
  id: z.string().optional(),
  /** Of the service. */
  title: z.string().optional(),
  /** Version of Steward. */
  steward: z.string().optional(),
  /** Ids of the images at the time, by container. */
  images: z.record(z.string(), z.string()).optional(),
  /** The service as it was configured, in the words of `src/services.ts`, secrets masked: durations in ms, sizes in bytes. */
  definition: z.record(z.string(), z.unknown()).optional(),
  /** Public keys that its copies are encrypted to. */
  recipients: z.array(z.string()).optional(),
});
/** What a backup says of itself, so that it can be understood on another machine. A copy for an update needs none of it. */
export type Header = z.infer<typeof Header>;

const Manifest = Header.extend({
  version: z.literal(1),
  service: z.string(),
  takenAt: z.number(),
  parts: z.array(z.discriminatedUnion('kind', [PostgresPart, SqlitePart, FilesPart])),
});
export type Manifest = z.infer<typeof Manifest>;
export type Part = Manifest['parts'][number];

export const MANIFEST = 'manifest.json';

/** @param folder of the copy; everything else in it is on the disk by now */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeSealed(join(folder, MANIFEST), manifest);
}

/** @throws Error for a folder without a whole manifest */
export async function readManifest(folder: string): Promise<Manifest> {
  return readSealed(join(folder, MANIFEST), Manifest, `the copy in "${folder}"`);
}

/** Bytes that the copies of a part take. */
export function sizeOf(part: Part): number {
  return part.kind === 'files' ? part.list.size + part.size : lyingOf(part.copy).size;
}

/** What lies on the disk for a copy: its size and digest, which everybody can check. */
export function lyingOf({ size, sha256, stored }: Copy): { size: number; sha256: string } {
  return stored === undefined ? { size, sha256 } : { size: stored.size, sha256: stored.sha256 };
}

/** The copy of a file in a folder, relative to the copy's folder. */
export function copyOf({ copies }: Pick<FilesPart, 'copies'>, entry: FileEntry): Copy {
  const { path, sameAs = path, size, sha256, stored } = entry;
  if (stored === undefined) return { file: join(copies, sameAs), size, sha256 };
  const { file, ...rest } = stored;
  return { file: join(copies, dirname(sameAs), file), size, sha256, stored: rest };
}
