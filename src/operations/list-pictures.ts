/** The last pictures that can be opened. */
import { join } from 'node:path';
import type { App } from '../app.ts';
import { isOursInImmich } from '../pictures/cleaning.ts';
import { isFile } from '../pictures/links.ts';
import type { Report } from '../report.ts';
import type { ListedPicture } from '../report/pictures.ts';
import type { PictureRow } from '../store/pictures.ts';

export async function listPictures(
  { config, store, clock }: Pick<App, 'config' | 'store' | 'clock'>,
  count: number,
): Promise<Report> {
  const { folder } = config.pictures;
  const pictures = store.pictures.latest(count).map(async (row): Promise<ListedPicture> => {
    const own = row.name ?? '';
    const name = row.names.at(-1) ?? own;
    const isThere = await isFile(join(folder, own));
    return {
      number: row.number,
      path: isThere ? join(folder, name) : undefined,
      name,
      sentAt: row.receivedAt,
      width: row.width,
      height: row.height,
      size: row.copySize,
      state: stateOf(row),
    };
  });
  return { kind: 'images', pictures: await Promise.all(pictures), at: clock.now() };
}

function stateOf(row: PictureRow): ListedPicture['state'] {
  if (row.kept) return 'kept';
  if (row.state === 'local') return 'local';
  if (row.state === 'readable' || row.state === 'uploaded') return 'waiting';
  if (row.duplicate === 'library') return 'library';
  return row.cleanedAt !== undefined && isOursInImmich(row) ? 'cleaned' : 'filed';
}
