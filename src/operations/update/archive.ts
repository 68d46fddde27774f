/**
 * Old images as files, where a service wants that: `podman system prune -a` takes images, whatever names they have. One
 * file for each image, named after its id, so that containers of one image share it; whole and synced, or not there.
 */
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { App } from '../../app.ts';
import { isThere } from '../../backup/aside.ts';
import { freeBytes, makeFolder, move, writeAll } from '../../backup/disk.ts';
import { UserError } from '../../errors.ts';
import type { Service } from '../../services.ts';
import type { UpdateRow } from '../../store/updates.ts';
import { formatSize } from '../../units.ts';

type Reach = Pick<App, 'config' | 'hosts' | 'services'>;

/** Bytes that stay free where no folder of backups says how many. */
const RESERVE = 5e9;

/** A damaged file is found when it is read. */
const PACKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

function folderOf({ config, services }: Reach, { name }: Service, id: string): string {
  return services.backups === undefined
    ? join(config.stateDir, 'images', name, id)
    : join(services.backups.folder, name, 'updates', `${id}-images`);
}

/** @param image `sha256:…` */
const fileOf = (app: Reach, service: Service, { id, image }: { id: string; image: string }): string =>
  join(folderOf(app, service, id), `${image.replace(/^sha256:/, '')}.tar.zst`);

/** @param image id of the image */
export const isArchived = (app: Reach, service: Service, id: string, image: string): Promise<boolean> =>
  isThere(fileOf(app, service, { id, image }));

/**
 * Save the images that an update has replaced; one that is saved already is left alone.
 * @throws UserError when the disk has no room, Error with the engine's words
 */
export async function archiveImages(app: Reach, service: Service, { id, facts }: UpdateRow): Promise<void> {
  const { engine } = app.hosts.of(service);
  const folder = folderOf(app, service, id);
  await makeFolder(folder);
  for (const image of new Set(Object.values(facts.from))) {
    const file = fileOf(app, service, { id, image });
    if (await isThere(file)) continue;
    await requireRoom(app, folder, (await engine.image(image))?.size ?? 0);
    const partial = `${file}.partial`;
    try {
      await write(partial, Readable.from(engine.saveImage(image)).compose(createZstdCompress(PACKED)));
      await move(partial, file);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }
}

/**
 * Load an image from its archive: it has its id again, and no name.
 * @throws Error for an archive that is damaged, or that gives another image
 */
export async function loadArchived(
  app: Reach,
  service: Service,
  archive: { id: string; image: string },
  signal: AbortSignal,
): Promise<void> {
  const { engine } = app.hosts.of(service);
  const tar = createReadStream(fileOf(app, service, archive)).compose(createZstdDecompress());
  await engine.loadImage(tar, { signal });
  if ((await engine.image(archive.image)) !== undefined) return;
  throw new Error(`Cannot load the archive of "${archive.image}": it gives another image`);
}

export const dropArchive = (app: Reach, service: Service, id: string): Promise<void> =>
  rm(folderOf(app, service, id), { recursive: true, force: true });

/** Packed it takes less, but how much less nobody knows beforehand. */
async function requireRoom({ services }: Reach, folder: string, needed: number): Promise<void> {
  const free = await freeBytes(folder);
  const reserve = services.backups?.reserve ?? RESERVE;
  if (free - needed >= reserve) return;
  throw new UserError(
    `Not enough space: it needs up to ${formatSize(needed)} in "${folder}", ${formatSize(free)} are free and ${formatSize(reserve)} of them are kept in reserve`,
  );
}

async function write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    for await (const chunk of chunks) await writeAll(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}
