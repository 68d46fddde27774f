/** A PostgreSQL of its own for a drill: the image and command of the copied one, no network, gone when it is over. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { CreateBody, Engine } from '../clients/engine.ts';
import type { PostgresPart } from './manifest.ts';

export type ScratchEngine = Pick<
  Engine,
  'create' | 'exec' | 'inspect' | 'inspectImageRaw' | 'inspectRaw' | 'list' | 'logs' | 'remove' | 'start'
>;

export type Scratch = {
  /** The container's id. */
  id: string;
  /** Id of the image that it runs. */
  image: string;
  /** Why another image than the copied one's; undefined where it is that. */
  instead: string | undefined;
  superuser: string;
};

/** Its value is the service. */
export const LABEL = 'steward.scratch';
/** Bytes, where the copied container has no limit. */
export const MEMORY = 1024 ** 3;
/** Milliseconds until a new cluster answers, on a busy disk too. */
const START = 180_000;
const LOOK = 200;
/** Milliseconds for what is done after a failure. */
const CLEANUP = 60_000;

/**
 * Make it and wait until it answers.
 * @param options.memory bytes; that of the copied container without it
 * @throws Error when no image is here, or it does not come up, with the last line of its log
 */
export async function startScratch(
  engine: ScratchEngine,
  part: PostgresPart,
  { service, memory, signal }: { service: string; memory?: number | undefined; signal: AbortSignal },
): Promise<Scratch> {
  const like = await likeness(engine, part, signal);
  const superuser = part.besides?.server.superuser ?? part.user;
  const password = randomBytes(16).toString('hex');
  const name = `steward-drill-${service.replaceAll(/[^\w.-]/g, '-')}-${randomUUID().slice(0, 8)}`;
  const limit = memory ?? like.memory ?? MEMORY;
  const body: CreateBody = {
    ...like.program,
    Image: like.image,
    Env: [
      `POSTGRES_USER=${superuser}`,
      'POSTGRES_DB=postgres',
      `POSTGRES_PASSWORD=${password}`,
      `PGPASSWORD=${password}`,
    ],
    Labels: { [LABEL]: service },
    // Nobody asks, and it would be one more thing that ends at a wrong moment.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'none',
      Memory: limit,
      ...(like.shared === undefined ? {} : { ShmSize: like.shared }),
    },
  };
  const id = await engine.create(name, body, { signal });
  await engine.start(id, { signal });
  await untilReady(engine, id, superuser, signal);
  return { id, image: like.image, instead: like.instead, superuser };
}

/** Remove those of a service with their data, of this run and of killed ones. It has a time of its own. */
export async function removeScratch(engine: ScratchEngine, service: string): Promise<void> {
  const signal = AbortSignal.timeout(CLEANUP);
  for (const { id, labels } of await engine.list({ signal })) {
    if (labels[LABEL] === service) await engine.remove(id, { force: true, volumes: true, signal });
  }
}

/** What the engine says of one that is over before its time; undefined for one that runs. */
export async function endOf(engine: ScratchEngine, id: string): Promise<string | undefined> {
  const found = await engine.inspect(id);
  if (found?.running === true) return undefined;
  if (found === undefined) return 'the scratch container was removed meanwhile.';
  if (found.oomKilled || found.exitCode === 137) {
    const limit = found.memoryLimit ?? MEMORY;
    return `the scratch container was killed, for memory it seems: its limit is ${Math.round(limit / 1024 ** 2)} MiB.`;
  }
  const said = await lastWords(engine, id);
  return `the scratch container ended with exit code ${found.exitCode}${said === undefined ? '.' : `: ${said}`}`;
}

async function likeness(engine: ScratchEngine, part: PostgresPart, signal: AbortSignal) {
  const server = part.besides?.server;
  const now = await engine.inspectRaw(part.container, { signal });
  const kept =
    server?.image === undefined ? undefined : await engine.inspectImageRaw(server.image, { signal });
  const image = kept ?? (now === undefined ? undefined : await engine.inspectImageRaw(now.Image, { signal }));
  if (image === undefined) {
    throw new Error(
      `neither the image that "${part.container}" ran nor one that it runs now is here; pull it first.`,
    );
  }
  const program = kept === undefined ? now?.Config : { Entrypoint: server?.entrypoint, Cmd: server?.command };
  const entrypoint = listOf(program?.Entrypoint);
  const command = listOf(program?.Cmd);
  const isOwn = !isDeepStrictEqual(entrypoint, listOf(image.Config.Entrypoint));
  return {
    image: image.Id.startsWith('sha256:') ? image.Id : `sha256:${image.Id}`,
    instead:
      kept === undefined
        ? 'the image that the copied container ran is not here any more; the one that it runs now was used'
        : undefined,
    program: {
      ...(isOwn && entrypoint.length > 0 ? { Entrypoint: entrypoint } : {}),
      // Another entrypoint makes the image's command void.
      ...(command.length > 0 && (isOwn || !isDeepStrictEqual(command, listOf(image.Config.Cmd)))
        ? { Cmd: command }
        : {}),
    },
    memory: now?.HostConfig.Memory || undefined,
    shared: now?.HostConfig.ShmSize || undefined,
  };
}

/** Over TCP: while a new cluster is made, images run a server that listens on the socket alone. */
async function untilReady(engine: ScratchEngine, id: string, user: string, signal: AbortSignal) {
  const until = performance.now() + START;
  for (;;) {
    const { exitCode } = await engine
      .exec(id, ['pg_isready', '--quiet', '--host=127.0.0.1'], { env: { PGUSER: user }, signal })
      .catch(async (error: unknown) => {
        const ended = await endOf(engine, id);
        throw ended === undefined ? error : new Error(ended, { cause: error });
      });
    if (exitCode === 0) return;
    const ended = await endOf(engine, id);
    if (ended !== undefined) throw new Error(ended);
    if (performance.now() > until) {
      const said = await lastWords(engine, id);
      throw new Error(
        `the scratch container did not come up within ${START / 1000} s${said === undefined ? '.' : `: ${said}`}`,
      );
    }
    await pause(LOOK, undefined, { signal });
  }
}

async function lastWords(engine: ScratchEngine, id: string): Promise<string | undefined> {
  let last: string | undefined;
  for await (const { text } of engine.logs(id, { tail: 3 })) if (text.trim() !== '') last = text.trim();
  return last;
}

const listOf = (value: string | string[] | null | undefined): string[] =>
  value === null || value === undefined || value === '' ? [] : [value].flat();
