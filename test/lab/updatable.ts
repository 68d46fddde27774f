/** A service of the lab that can be updated: version 1 in a unit under a moving tag, and newer versions of any kind in the registry. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Kind } from './images.ts';
import type { SmallImage } from './load.ts';
import { freePort } from './registry.ts';
import type { ContainerUnit } from './systemd.ts';
import type { Lab } from './tools.ts';

/** What a version is, where it is not what `kind` says of a good one: `{ kind: 'crash' }`. */
export type Version = Pick<SmallImage, 'kind' | 'args' | 'healthcheck' | 'config'>;

export type Updatable = {
  name: string;
  container: string;
  unit: string;
  /** With the tag that moves. */
  image: string;
  /** Where it answers. */
  url: string;
  /** Its part of services.yaml. */
  entry: object;
  /** Its folder, with `data` and `witness` in it. */
  folder: string;
  /** Puts a newer version under the tag into the registry; the engine knows nothing of it. */
  publish: (version: string, what?: Version) => Promise<void>;
  /** What answers at /version. */
  answers: () => Promise<string>;
  /** Ids of its container and of the image that this one runs. */
  ids: () => Promise<{ container: string; image: string }>;
  /** The rows of its database, in order, and the schema. */
  rows: () => Promise<{ schema: number; rows: readonly string[] }>;
  /** The rows that were committed, as written down outside of the data: each with its version in front. */
  witnessed: () => Promise<readonly string[]>;
  remove: () => Promise<void>;
};

export type UpdatableOptions = {
  /** Of version 1: `http`, or one with data, `store` (SQLite) or `records` (PostgreSQL in a container beside it). */
  kind?: 'http' | 'store' | 'records';
  unit?: ContainerUnit;
  /** Over `timeout` 10 s and `settle` 1 s. */
  health?: Readonly<Record<string, string>>;
  /** Over what services.yaml has here. */
  entry?: Readonly<Record<string, unknown>>;
  /** The tag in the unit; `release`. */
  tag?: string;
};

const database = 'records';

/** Makes the images and units, starts version 1 and waits until it answers. @param name of the service and its container */
export async function startUpdatable(
  lab: Lab,
  name: string,
  { kind = 'http', unit: unitOptions = {}, health = {}, entry = {}, tag = 'release' }: UpdatableOptions = {},
): Promise<Updatable> {
  const folder = join(lab.folder, 'data', name);
  const port = await freePort();
  const url = `http://${lab.address}:${port}`;
  const witness = join(folder, 'witness/rows');
  for (const one of ['data', 'witness', 'socket', 'postgres']) {
    await mkdir(join(folder, one), { recursive: true });
  }
  await writeFile(witness, '');

  const publish = (version: string, what: Version, keep: boolean) =>
    lab.addImage(name, version, {
      kind,
      ...(['store', 'records'].includes(what.kind ?? kind) && { args: [version] }),
      ...what,
      port,
      tag,
      keep,
    });
  const image = await publish('1', {}, false);
  const postgres = `${name}-postgres`;
  const beside = kind === 'records' ? [await addPostgres(lab, postgres, folder)] : [];
  const unit = await lab.addContainerUnit(name, image, {
    ...unitOptions,
    args: [
      '--network=host',
      `--volume=${folder}/witness:/witness`,
      ...volumesOf(kind, folder),
      ...(unitOptions.args ?? []),
    ],
    requires: [...beside, ...(unitOptions.requires ?? [])],
  });
  await lab.systemd('start', ...beside, unit);

  const psql = (statement: string) =>
    lab.podman(
      'exec',
      postgres,
      'psql',
      `--username=${database}`,
      '--no-align',
      '--tuples-only',
      `--command=${statement}`,
    );
  const ids = async () => {
    const format = '{{.Id}} {{.Image}}';
    const [container = '', id = ''] = (await lab.podman('inspect', '--format', format, name))
      .trim()
      .split(' ');
    return { container, image: id };
  };
  const service: Updatable = {
    name,
    container: name,
    unit,
    image,
    url,
    folder,
    entry: {
      containers: [...(kind === 'records' ? [{ name: postgres, update: false }] : []), name],
      health: { url: `${url}/health`, timeout: '10s', settle: '1s', ...health },
      release: { version: 'image-label' },
      ...(kind !== 'http' && {
        update: { rollback: 'with-data' },
        backup: {
          sources: [
            kind === 'store'
              ? { kind: 'sqlite', files: `${folder}/data/store.db` }
              : { kind: 'postgres', container: postgres, user: database, database },
          ],
        },
      }),
      ...entry,
    },
    async publish(version, what = {}) {
      await publish(version, what, true);
    },
    async answers() {
      const answer = await fetch(`${url}/version`, { signal: AbortSignal.timeout(5_000) });
      return (await answer.text()).trim();
    },
    ids,
    rows: () => (kind === 'store' ? rowsOfStore(join(folder, 'data/store.db')) : rowsOfRecords(psql)),
    async witnessed() {
      return (await readFile(witness, 'utf8')).split('\n').filter((line) => line !== '');
    },
    async remove() {
      await lab.removeUnit(unit);
      for (const other of beside) await lab.removeUnit(other);
      await lab.removeImages(name);
      await rm(folder, { recursive: true });
    },
  };
  await lab.waitForLog(name, new RegExp(`version 1 on port ${port}`));
  if (kind === 'records') {
    // Its timer would look seconds later.
    await lab.healthcheck(postgres);
    await lab.waitForContainer(postgres, 'healthy');
  }
  return service;
}

const volumesOf = (kind: Kind, folder: string): string[] =>
  kind === 'store'
    ? [`--volume=${folder}/data:/data`]
    : kind === 'records'
      ? [
          `--volume=${folder}/socket:/run/postgresql`,
          `--env=PGUSER=${database}`,
          `--env=PGDATABASE=${database}`,
        ]
      : [];

/** Reached by its socket in a folder, so that no port and no network can collide. */
async function addPostgres(lab: Lab, name: string, folder: string): Promise<string> {
  return lab.addContainerUnit(name, lab.image('postgres', '15'), {
    args: [
      `--volume=${folder}/postgres:/var/lib/postgresql/data`,
      `--volume=${folder}/socket:/run/postgresql`,
      `--env=POSTGRES_USER=${database}`,
      `--env=POSTGRES_DB=${database}`,
      '--shm-size=128m',
    ],
  });
}

const ROWS = 'select text from note order by id';
const SCHEMA = 'select version from about';

async function rowsOfStore(file: string): Promise<{ schema: number; rows: string[] }> {
  if (!existsSync(file)) throw new Error(`There is no ${file}`);
  const connection = new DatabaseSync(file, { timeout: 5_000 });
  try {
    const rows = connection.prepare(ROWS).all() as { text: string }[];
    const about = connection.prepare(SCHEMA).get() as { version: number };
    return { schema: about.version, rows: rows.map(({ text }) => text) };
  } finally {
    connection.close();
  }
}

async function rowsOfRecords(
  psql: (statement: string) => Promise<string>,
): Promise<{ schema: number; rows: string[] }> {
  const rows = (await psql(ROWS)).split('\n').filter((line) => line !== '');
  return { schema: Number(await psql(SCHEMA)), rows };
}
