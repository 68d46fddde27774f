/** What a copy holds, written last: a folder without a whole manifest is no copy. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSealed, writeSealed } from './sealed.ts';

const Facts = z.object({
  name: z.string(),
  kind: z.enum(['postgres', 'sqlite', 'files']),
  schema: z.string().optional(),
  counts: z.record(z.string(), z.number()),
  digests: z.record(z.string(), z.string()).optional(),
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
};

const Copy = z.object({ file: z.string(), size: z.number(), sha256: z.string() });
/** A file of a copy, relative to the copy's folder. Bytes. */
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
};
/** Something in a folder, by its path relative to it: a line in the list of a {@link FilesPart}. */
export type Entry =
  | FileEntry
  | (Attributes & { type: 'folder'; path: string })
  | (Attributes & { type: 'link'; path: string; target: string });

const Named = z.object({ count: z.number(), names: z.array(z.string()) });
/** How many there were, and the first of them by name. */
export type Named = z.infer<typeof Named>;

const Properties = z.object({
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

const PostgresPart = z.object({
  kind: z.literal('postgres'),
  container: z.string(),
  user: z.string(),
  database: z.string(),
  facts: Facts,
  copy: Copy,
  properties: Properties,
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

const Manifest = z.object({
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
  return part.kind === 'files' ? part.list.size + part.size : part.copy.size;
}
