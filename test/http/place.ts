/** The HTTP server as the bot runs it, on a real store, a real bridge, a real folder and the Immich stand-in. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock, type Clock } from '../../src/clock.ts';
import { createHttp, type Http, type HttpNeeds } from '../../src/http.ts';
import { createInboxDoor } from '../../src/inbox/door.ts';
import { createUploads } from '../../src/pictures/uploads.ts';
import { textsOf } from '../../src/texts/index.ts';
import { createScene, type Scene } from '../operations/bridge.ts';

export const TOKEN = 'a-token-of-this-test';
export const OWNER = 7;

export type Place = {
  scene: Scene;
  http: Http;
  url: string;
  /** INBOX_DIR. */
  inbox: string;
  /** Ask with the token. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Stop to listen. */
  stop(): Promise<void>;
  close(): Promise<void>;
};

export async function createPlace(
  options: { scene?: Parameters<typeof createScene>[0]; needs?: Partial<HttpNeeds>; clock?: Clock } = {},
): Promise<Place> {
  const { clock = systemClock } = options;
  const scene = await createScene({ ...options.scene, clock });
  const inbox = join(scene.folder, 'inbox');
  mkdirSync(inbox);
  const { store, bridge, pictures: folder } = scene;
  const http = createHttp({
    listen: { host: '127.0.0.1', port: 0, token: TOKEN },
    uploads: createUploads({ store, folder, bridge, clock }),
    inbox: createInboxDoor(inbox),
    folder,
    chat: () => OWNER,
    lookAtSelf: () => ({ isWell: true, lastPoll: Date.now() }),
    metrics: () => Promise.resolve({ type: 'text/plain; version=0.0.4', text: 'steward_well 1\n' }),
    texts: textsOf('en'),
    clock,
    log: pino({ level: 'silent' }),
    ...options.needs,
  });
  const until = new AbortController();
  const running = http.run(until.signal);
  while (http.address === undefined) await new Promise((resolve) => setImmediate(resolve));
  const url = `http://127.0.0.1:${http.address.port}`;
  return {
    scene,
    http,
    url,
    inbox,
    ask: (path, init = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${TOKEN}`, ...(init.headers as Record<string, string>) },
      }),
    async stop() {
      until.abort();
      await running;
    },
    async close() {
      until.abort();
      await running;
      await scene.close();
    },
  };
}

/** A form with files, as a browser sends it. */
export const form = (files: readonly (readonly [name: string, bytes: Uint8Array])[], caption?: string) => {
  const body = new FormData();
  if (caption !== undefined) body.append('caption', caption);
  for (const [name, bytes] of files) body.append('file', new File([bytes as Uint8Array<ArrayBuffer>], name));
  return body;
};
