/** The ways in beside Telegram, each only where it is configured: the inbox's folder, and HTTP. */
import type { App } from './app.ts';
import type { Config } from './config.ts';
import { causeOf } from './errors.ts';
import type { InboxOff } from './inbox/door.ts';
import { reportsChat } from './reports-chat.ts';
import type { Bridge } from './operations/bridge-image.ts';
import type { Texts } from './texts/index.ts';
import type { LookAtSelf } from './wellness.ts';

export type Door = { run(signal: AbortSignal): Promise<void> };

type Needs = {
  bridge: Bridge;
  /** Of Immich's container. */
  mounts: () => Promise<readonly { source: string }[]>;
  lookAtSelf: LookAtSelf;
  texts: Texts;
};

/** Nothing of a way that is off is loaded. */
export async function openDoors(app: App, needs: Needs): Promise<Door[]> {
  const { config, log } = app;
  const { folder, key } = config.inbox;
  const off = inboxOff(config);
  // Half of it is configured, so somebody waits for it.
  if (off !== undefined && (folder !== undefined || key !== undefined)) {
    log.warn({ missing: off }, `the inbox is off: ${off} is not set`);
  }
  const doors = [
    ...(off === undefined ? [await openInbox(app, needs)] : []),
    ...(config.http === undefined ? [] : [await openHttp(app, config.http, needs)]),
  ];
  return doors;
}

/** @returns what is missing */
export const inboxOff = ({ inbox }: Pick<Config, 'inbox'>): InboxOff | undefined => {
  if (inbox.folder === undefined) return 'INBOX_DIR';
  return inbox.key === undefined ? 'INBOX_API_KEY' : undefined;
};

async function openInbox(app: App, { mounts }: Needs): Promise<Door> {
  const [{ createInbox }, { createImmich }] = await Promise.all([
    import('./operations/upload-inbox.ts'),
    import('./clients/immich.ts'),
  ]);
  const { config, services, store, guard, clock, log } = app;
  const { folder = '', key = '', album, url } = config.inbox;
  const immich = createImmich(url, key);
  const known = [
    config.stateDir,
    config.pictures.folder,
    ...(config.immich?.paths ?? []).map(({ host }) => host),
  ];
  const backups = services.backups?.folder;
  const inbox = createInbox({
    store,
    immich,
    guard,
    folder,
    album,
    clock,
    log,
    chat: () => reportsChat(config.telegram, store.facts),
    async forbidden() {
      const mounted = await mounts().catch((error: unknown) => {
        log.warn({ cause: causeOf(error) }, "cannot read the mounts of Immich's container");
        return [];
      });
      return [...known, ...(backups === undefined ? [] : [backups]), ...mounted.map(({ source }) => source)];
    },
  });
  return {
    async run(signal) {
      log.info({ folder, album }, 'looking after the inbox');
      await inbox.run(signal);
      await immich.close();
    },
  };
}

async function openHttp(app: App, listen: NonNullable<Config['http']>, needs: Needs): Promise<Door> {
  const [{ createHttp }, { createMetrics }, { createMeasure }, { createUploads }, { createInboxDoor }] =
    await Promise.all([
      import('./http.ts'),
      import('./http/metrics.ts'),
      import('./operations/measure.ts'),
      import('./pictures/uploads.ts'),
      import('./inbox/door.ts'),
    ]);
  const { config, store, clock, log } = app;
  const { folder } = config.pictures;
  const off = inboxOff(config);
  return createHttp({
    listen,
    uploads: createUploads({ store, folder, bridge: needs.bridge, clock }),
    inbox: off === undefined ? createInboxDoor(config.inbox.folder ?? '') : { off },
    folder,
    chat: () => reportsChat(config.telegram, store.facts),
    lookAtSelf: needs.lookAtSelf,
    metrics: createMetrics(createMeasure(app, { lookAtSelf: needs.lookAtSelf })),
    texts: needs.texts,
    clock,
    log,
  });
}
