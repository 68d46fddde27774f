/** A bridge on a real store, a real folder and the Immich stand-in; Telegram is a folder of files. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { expect } from 'vitest';
import { startImmich, type ImmichOptions, type ImmichStandIn } from '../../sandbox/immich.ts';
import { createImmich } from '../../src/clients/immich.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import {
  createBridge,
  type Bridge,
  type BridgeConfig,
  type BridgeNeeds,
} from '../../src/operations/bridge-image.ts';
import type { Report } from '../../src/report.ts';
import type { PicturesReport } from '../../src/report/pictures.ts';
import { openStore, type Store } from '../../src/store.ts';
import type { IncomingPicture, PictureSource } from '../../src/store/pictures.ts';

export const CHAT = 7;

export type Scene = {
  folder: string;
  pictures: string;
  server: ImmichStandIn;
  store: Store;
  /** What was put where reports go. */
  told: readonly Report[];
  bridge: Bridge;
  /** Put a file where the bridge downloads from. */
  upload: (fileId: string, bytes: Uint8Array) => void;
  /** A message with a picture. */
  send: (
    messageId: number,
    bytes: Uint8Array,
    about?: Partial<PictureSource> & { album?: string; caption?: string },
  ) => void;
  /** Wait until nothing more happens to these messages' pictures by itself. */
  settled: (...messages: number[]) => Promise<void>;
  card: (key: number | string) => PicturesReport | undefined;
  reaction: (messageId: number) => string | undefined;
  /** Names in PICTURES_DIR, sorted, `latest.*` and what waits left out. */
  files: () => string[];
  /** Anything on its way. */
  waitingFiles: () => string[];
  /** Stop the bridge and start another one on the same store, as after a restart. */
  restart: (changes?: Partial<BridgeNeeds>) => Promise<void>;
  close: () => Promise<void>;
};

/** @param options.dead do not start working yet */
export async function createScene(
  options: {
    immich?: Partial<ImmichOptions>;
    needs?: Partial<BridgeNeeds>;
    config?: Partial<BridgeConfig>;
    noImmich?: boolean;
    dead?: boolean;
    clock?: Clock;
  } = {},
): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-bridge-'));
  const telegram = join(folder, 'telegram');
  const pictures = join(folder, 'pictures');
  mkdirSync(telegram);
  const server = await startImmich({ folder: join(folder, 'immich'), ...options.immich });
  const client = createImmich(server.url, server.key, { patience: 5000 });
  const { clock = systemClock } = options;
  const store = openStore(join(folder, 'state'), clock);

  const told: Report[] = [];
  const needs: BridgeNeeds = {
    store,
    config: {
      folder: pictures,
      agentUser: 1000,
      group: undefined,
      maxEdge: 2000,
      album: 'Claude Code Temp',
      shareWith: undefined,
      paths: undefined,
      service: 'immich',
      webUrl: 'https://immich.example.dev',
      ...options.config,
    },
    immich: options.noImmich === true ? undefined : client,
    download: async (source, target) => {
      copyFileSync(join(telegram, source.fileId), target);
      return { size: statSync(target).size };
    },
    mounts: async () => server.mounts,
    tell: (report) => void told.push(report),
    clock,
    log: pino({ level: 'silent' }),
    timing: { firstRetry: 50, longestRetry: 200, afterDelete: 50, checks: [50, 120] },
    ...options.needs,
  };

  let stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const scene: Scene = {
    folder,
    pictures,
    server,
    store,
    told,
    bridge: createBridge(needs),
    upload: (fileId, bytes) => writeFileSync(join(telegram, fileId), bytes),
    send(messageId, bytes, { album, caption, ...about } = {}) {
      scene.upload(`file${messageId}`, bytes);
      const picture: IncomingPicture = {
        chat: CHAT,
        messageId,
        card: `pictures:${CHAT}:${album ?? messageId}`,
        source: { fileId: `file${messageId}`, uniqueId: `unique${messageId}`, kind: 'photo', ...about },
        ...(caption === undefined ? {} : { caption }),
      };
      store.database.transaction(() => scene.bridge.take(picture));
      scene.bridge.wake();
    },
    async settled(...messages) {
      const states = () => messages.map((id) => store.pictures.ofMessage(CHAT, id)?.state);
      const isAtAnEnd = expect.stringMatching(/^(settled|local|refused)$/);
      await expect.poll(states).toEqual(messages.map(() => isAtAnEnd));
      // The files go after the state, as a kill in between would want it.
      await expect
        .poll(() => store.pictures.open().length > 0 || scene.waitingFiles().length === 0)
        .toBe(true);
    },
    card(key) {
      const body = store.outbox.get(`pictures:${CHAT}:${key}`)?.body;
      if (body?.what !== 'report' || body.report.kind !== 'pictures') return undefined;
      // The store keeps JSON, which leaves undefined keys out.
      const none = { path: undefined, problem: undefined, duplicate: undefined, hostPath: undefined };
      return { ...body.report, pictures: body.report.pictures.map((one) => ({ ...none, ...one })) };
    },
    reaction(messageId) {
      const body = store.outbox.get(`reaction:${CHAT}:${messageId}`)?.body;
      return body?.what === 'reaction' ? body.emoji : undefined;
    },
    files: () =>
      existsSync(pictures)
        ? readdirSync(pictures)
            .filter((name) => !name.startsWith('.') && !name.startsWith('latest.'))
            .sort()
        : [],
    waitingFiles: () =>
      existsSync(join(pictures, '.waiting')) ? readdirSync(join(pictures, '.waiting')) : [],
    async restart(changes = {}) {
      stop.abort();
      await running;
      stop = new AbortController();
      scene.bridge = createBridge({ ...needs, ...changes });
      running = scene.bridge.run(stop.signal);
    },
    async close() {
      stop.abort();
      await running;
      store.close();
      await client.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  if (options.dead !== true) running = scene.bridge.run(stop.signal);
  return scene;
}

/** A JPEG that no other number gives. */
export const picture = (seed: number, width = 640, height = 480): Promise<Buffer> => {
  // A photo is left with its colour alone: each seed needs one of its own, far from that of the next one (Knuth's factor).
  const colour = Math.imul(seed, 2_654_435_761) >>> 8;
  return (
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: { r: (colour >> 16) & 255, g: (colour >> 8) & 255, b: colour & 255 },
      },
    })
      // Colours alone can end as the same bytes.
      .withExif({ IFD0: { Copyright: `picture ${seed}` } })
      .jpeg()
      .toBuffer()
  );
};
