/** The cards of pictures that changed after the bridge was done with them: kept, named, cleaned. */
import type { App } from '../app.ts';
import { reportOf } from './report.ts';

/** @param cards keys of cards; one that the chat has forgotten stays so */
export function redrawCards(
  { config, services, store, immich }: Pick<App, 'config' | 'services' | 'store' | 'immich'>,
  cards: Iterable<string>,
): void {
  const { pictures, outbox } = store;
  for (const key of new Set(cards)) {
    const shown = outbox.get(key);
    if (shown === undefined) continue;
    const report = reportOf(pictures.ofCard(key), {
      folder: config.pictures.folder,
      waiting: pictures.waiting(),
      immich: immich === undefined ? 'off' : 'on',
      service: services.get('immich')?.name,
      webUrl: services.get('immich')?.url,
    });
    outbox.put({ key, chat: shown.chat, body: { what: 'report', report } });
  }
}
