/** What lies in the folder of backups: a cache, rebuilt from the manifests there. */
import type { Level } from '../backup/proof.ts';
import type { Database } from '../store.ts';

/** A finished backup. Times in milliseconds since 1970, sizes in bytes. */
export type BackupRow = {
  service: string;
  /** Its moment in UTC, as the name of its folder: `2026-11-20T14-40-00Z`, with `-2` where that was taken. */
  id: string;
  /** Absolute. */
  folder: string;
  /** From the manifest, never the time of a file. */
  takenAt: number;
  /** Of all copies in it. */
  size: number;
  level: Level;
  provenAt: number | undefined;
  /** The last restore into a scratch place, and how long it took. */
  drilledAt: number | undefined;
  drillTook: number | undefined;
  /** Ids of the images at the time, by container. */
  images: Readonly<Record<string, string>>;
  /** Rows, by source and table. */
  counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Bytes of the files in each folder that it holds, as they were there. */
  sizes: Readonly<Record<string, number>>;
  /** Its manifest can be read. What cannot is told and never touched; its time is the one that its name says. */
  isReadable: boolean;
  /** Why it is not, or not any more, proven: a sentence. */
  trouble: string | undefined;
  /** Of the manifest and the proof that this was read from: others were written since when it differs. */
  stamp: string;
};

export type Backups = {
  /** Add it, or replace what was known of it. */
  put(row: BackupRow): void;
  get(service: string, id: string): BackupRow | undefined;
  /** The newest first. */
  ofService(service: string): BackupRow[];
  /** Decoded or better, and without trouble. */
  newestProven(service: string): BackupRow | undefined;
  remove(service: string, id: string): void;
};

type Row = {
  service: string;
  id: string;
  folder: string;
  taken_at: number;
  size: number;
  level: Level;
  proven_at: number | null;
  drilled_at: number | null;
  drill_took: number | null;
  images: string;
  counts: string;
  sizes: string;
  readable: number;
  trouble: string | null;
  stamp: string;
};

const fromRow = (row: Row): BackupRow => ({
  service: row.service,
  id: row.id,
  folder: row.folder,
  takenAt: row.taken_at,
  size: row.size,
  level: row.level,
  provenAt: row.proven_at ?? undefined,
  drilledAt: row.drilled_at ?? undefined,
  drillTook: row.drill_took ?? undefined,
  images: JSON.parse(row.images) as BackupRow['images'],
  counts: JSON.parse(row.counts) as BackupRow['counts'],
  sizes: JSON.parse(row.sizes) as BackupRow['sizes'],
  isReadable: row.readable === 1,
  trouble: row.trouble ?? undefined,
  stamp: row.stamp,
});

export function createBackups(database: Database): Backups {
  const first = (sql: string, ...values: string[]): BackupRow | undefined => {
    const row = database.get<Row>(sql, ...values);
    return row === undefined ? undefined : fromRow(row);
  };
  return {
    put(row) {
      database.run(
        `insert or replace into backups (service, id, folder, taken_at, size, level, proven_at, drilled_at, drill_took, images, counts, sizes, readable, trouble, stamp)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        row.service,
        row.id,
        row.folder,
        row.takenAt,
        row.size,
        row.level,
        row.provenAt ?? null,
        row.drilledAt ?? null,
        row.drillTook ?? null,
        JSON.stringify(row.images),
        JSON.stringify(row.counts),
        JSON.stringify(row.sizes),
        row.isReadable ? 1 : 0,
        row.trouble ?? null,
        row.stamp,
      );
    },
    get: (service, id) => first('select * from backups where service = ? and id = ?', service, id),
    ofService: (service) =>
      database
        .all<Row>('select * from backups where service = ? order by taken_at desc, id desc', service)
        .map(fromRow),
    newestProven: (service) =>
      first(
        `select * from backups where service = ? and level <> 'copied' and trouble is null
         order by taken_at desc, id desc limit 1`,
        service,
      ),
    remove: (service, id) =>
      void database.run('delete from backups where service = ? and id = ?', service, id),
  };
}
