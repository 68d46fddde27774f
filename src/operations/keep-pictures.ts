/** Keep pictures from being cleaned, or let them go again. */
import type { App } from '../app.ts';
import { redrawCards } from '../pictures/card.ts';
import { stemOf } from '../pictures/names.ts';
import type { Report } from '../report.ts';
import type { PictureRow } from '../store/pictures.ts';

export function keepPictures(
  app: Pick<App, 'config' | 'services' | 'store' | 'immich'>,
  rows: readonly PictureRow[],
  kept: boolean,
): Report {
  const { pictures, database } = app.store;
  database.transaction(() => {
    const changed = rows.map(({ number }) => pictures.update(number, { kept }));
    redrawCards(
      app,
      changed.map(({ card }) => card),
    );
  });
  return {
    kind: 'note',
    note: {
      key: 'kept',
      pictures: rows.map(({ number }) => stemOf(number)),
      kept,
      cleaned: rows.some(({ cleanedAt }) => cleanedAt !== undefined),
    },
  };
}
