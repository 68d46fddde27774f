/**
 * Image registries: what a tag is now, and what would be pulled. Nothing is ever pulled.
 * A HEAD answers most questions; Docker Hub counts a GET as a pull, a HEAD not.
 */
import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { causeOf, RateLimitedError, UnreachableError } from '../errors.ts';
import type { ImageName } from '../image-name.ts';
import { sleep } from '../sleep.ts';
import { openAgainAt } from './rate-limit.ts';
import { credentialsOf, placeOf, type Place, type RegistryFiles } from './registry/configuration.ts';
import {
  ACCEPT,
  readConfiguration,
  readManifest,
  refusalOf,
  type Configuration,
  type Platform,
} from './registry/manifests.ts';
import { createSlots } from './registry/slots.ts';
import {
  basic,
  parseChallenge,
  parseToken,
  tokenRequest,
  type Challenge,
  type Token,
} from './registry/token.ts';

export type { Platform, RegistryFiles };

/** What a pull would bring for one platform. */
export type RemoteImage = {
  /** Of the platform's own manifest; the tag's may be that of a list. */
  digest: string;
  /** The image's id in an engine. */
  id: string;
  createdAt: number | undefined;
  labels: Readonly<Record<string, string>>;
  /** Compressed bytes; `id` is what an image in an engine calls it. */
  layers: readonly { id: string | undefined; size: number }[];
};

export type RegistryOptions = { signal?: AbortSignal | undefined };

export type Registry = {
  /**
   * The digest that the image's tag has now: one HEAD, and a GET only where that does not tell.
   * @returns undefined when the registry has no such tag
   * @throws UnreachableError, RateLimitedError, or Error for what the registry refuses
   */
  digest(image: ImageName, options?: RegistryOptions): Promise<string | undefined>;
  /**
   * What a digest holds for a platform: up to three GETs.
   * @throws as `digest` does
   */
  describe(
    image: ImageName,
    digest: string,
    options: RegistryOptions & { platform: Platform },
  ): Promise<RemoteImage>;
  close(): Promise<void>;
};

/** facts: "several hundred checks at once earn 429 …: a few at a time". */
const AT_ONCE = 4;
/** Milliseconds that an answer may take. */
const PATIENCE = 20_000;
/** A pause that a look-up waits for; a longer one ends it. */
const SHORT_PAUSE = 15_000;
const MOST_TRIES = 3;
/** Blobs are often elsewhere. */
const MOST_REDIRECTS = 5;
/** A configuration of many layers has some 20 KB. */
const LARGEST_ANSWER = 4 * 1024 ** 2;

type Answer = { status: number; headers: Dispatcher.ResponseData['headers']; text: string };
type Asked = {
  method: 'HEAD' | 'GET';
  image: ImageName;
  place: Place;
  path: string;
  signal: AbortSignal | undefined;
  /** What is not there is an answer, too. */
  mayLack?: boolean;
};

/**
 * @param files the engine's own configuration of registries and logins, read anew for each look-up
 * @param options.patience milliseconds that an answer may take
 */
export function createRegistry(
  files: RegistryFiles,
  { clock, patience = PATIENCE }: { clock: Clock; patience?: number },
): Registry {
  const inSlot = createSlots(AT_ONCE);
  const tokens = new Map<string, Token>();
  /** What a registry asked for last, so that the next repository's first request carries its token already. */
  const challenges = new Map<string, Challenge>();
  const closedUntil = new Map<string, number>();
  /** Insecure registries that answer without TLS. */
  const withoutTls = new Set<string>();

  const load = async () => {
    const undici = await import('undici');
    const connect = { timeout: Math.min(10_000, patience) };
    return {
      request: undici.request,
      agent: new undici.Agent({ connect }),
      trusting: new undici.Agent({ connect: { ...connect, rejectUnauthorized: false } }),
    };
  };
  let loaded: ReturnType<typeof load> | undefined;
  const http = () => (loaded ??= load());

  /** One request, its answer read whole. */
  const send = async (
    url: string,
    how: { method: 'HEAD' | 'GET' | 'POST'; headers: Record<string, string>; body?: string },
    { insecure, signal }: { insecure: boolean; signal: AbortSignal | undefined },
  ): Promise<Answer> => {
    const { request, agent, trusting } = await http();
    const limit = AbortSignal.timeout(patience);
    try {
      const { statusCode, headers, body } = await request(url, {
        ...how,
        body: how.body ?? null,
        dispatcher: insecure ? trusting : agent,
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of body as AsyncIterable<Uint8Array>) {
        size += part.length;
        if (size > LARGEST_ANSWER) throw new Error(`the answer has more than ${LARGEST_ANSWER} bytes`);
        parts.push(part);
      }
      return { status: statusCode, headers, text: Buffer.concat(parts).toString() };
    } catch (error) {
      signal?.throwIfAborted();
      const why = limit.aborted ? `no answer in ${patience / 1000} s` : causeOf(error);
      throw new UnreachableError(`${new URL(url).host}: ${why}`, { cause: new Error(why) });
    }
  };

  /** With TLS, and for an insecure registry without it where it has none. */
  const sendTo = async (
    { host, insecure }: Place,
    path: string,
    how: { method: 'HEAD' | 'GET'; headers: Record<string, string> },
    signal: AbortSignal | undefined,
  ): Promise<Answer & { url: string }> => {
    const to = async (scheme: string) => {
      const url = `${scheme}://${host}${path}`;
      return { ...(await send(url, how, { insecure, signal })), url };
    };
    if (!insecure) return to('https');
    if (!withoutTls.has(host)) {
      try {
        return await to('https');
      } catch {
        signal?.throwIfAborted();
      }
    }
    const answer = await to('http');
    withoutTls.add(host);
    return answer;
  };

  /** Elsewhere the registry's token is nobody's business. */
  const follow = async (first: Answer & { url: string }, asked: Asked): Promise<Answer> => {
    let answer = first;
    for (let count = 0; answer.status >= 300 && answer.status < 400; count += 1) {
      const location = [answer.headers.location].flat()[0];
      if (location === undefined || count === MOST_REDIRECTS) throw new Error('it leads in a circle');
      const url = new URL(location, answer.url).href;
      const { insecure } = asked.place;
      if (!insecure && !url.startsWith('https:')) throw new Error(`it leads to "${url}", without TLS`);
      const how = { method: asked.method, headers: { accept: ACCEPT } };
      answer = { ...(await send(url, how, { insecure, signal: asked.signal })), url };
    }
    return answer;
  };

  const authorize = async (
    challenge: Challenge | undefined,
    { image, place, signal }: Asked,
  ): Promise<string | undefined> => {
    if (challenge === undefined) return undefined;
    const credentials = await credentialsOf(files, image);
    if (challenge.scheme === 'basic') {
      return credentials === undefined || 'identityToken' in credentials ? undefined : basic(credentials);
    }
    // A challenge that is remembered was for another repository.
    const scope = `repository:${place.repository}:pull`;
    const key = `${place.host} ${scope}`;
    const known = tokens.get(key);
    if (known !== undefined && known.expiresAt > clock.now()) return `Bearer ${known.text}`;
    const { url, ...how } = tokenRequest({ ...challenge, scope }, credentials);
    if (!place.insecure && !url.startsWith('https:')) {
      throw new Error(`its token service "${challenge.realm}" has no TLS`);
    }
    const answer = await send(url, how, { insecure: place.insecure, signal });
    if (answer.status === 429) throw limited(place.host, answer);
    if (answer.status !== 200) {
      const told = refusalOf(answer.text);
      throw new Error(
        `${new URL(url).host} gives no token: status ${answer.status}${told === undefined ? '' : `, ${told}`}`,
      );
    }
    const token = parseToken(parseJson(answer.text), clock.now());
    tokens.set(key, token);
    return `Bearer ${token.text}`;
  };

  const limited = (host: string, { headers }: Answer): RateLimitedError => {
    const until = openAgainAt(headers, clock.now());
    closedUntil.set(host, until);
    return new RateLimitedError(host, until);
  };

  const once = async (asked: Asked): Promise<Answer> => {
    const { method, place, path, signal } = asked;
    const until = closedUntil.get(place.host);
    if (until !== undefined && until > clock.now()) throw new RateLimitedError(place.host, until);
    const go = async (authorization: string | undefined) =>
      sendTo(
        place,
        path,
        { method, headers: { accept: ACCEPT, ...(authorization === undefined ? {} : { authorization }) } },
        signal,
      );
    let answer = await go(await authorize(challenges.get(place.host), asked));
    if (answer.status === 401) {
      const challenge = parseChallenge(answer.headers['www-authenticate']);
      if (challenge !== undefined) challenges.set(place.host, challenge);
      tokens.delete(`${place.host} repository:${place.repository}:pull`);
      const authorization = await authorize(challenge, asked);
      if (authorization !== undefined) answer = await go(authorization);
    }
    if (answer.status === 429) throw limited(place.host, answer);
    return follow(answer, asked);
  };

  const ask = (asked: Asked): Promise<Answer> =>
    inSlot(async () => {
      for (let tries = 1; ; tries += 1) {
        try {
          const answer = await once(asked);
          if (answer.status === 200 || (answer.status === 404 && asked.mayLack === true)) return answer;
          throw new Error(refusal(asked, answer));
        } catch (error) {
          if (!(error instanceof RateLimitedError) || tries === MOST_TRIES) throw error;
          const wait = error.until - clock.now();
          if (wait > SHORT_PAUSE) throw error;
          await sleep(wait, asked.signal);
        }
      }
    });

  const read = async (asked: Asked): Promise<unknown> => parseJson((await ask(asked)).text);

  return {
    async digest(image, { signal } = {}) {
      const place = await placeOf(files, image);
      const reference = image.tag ?? image.digest ?? 'latest';
      const asked = { image, place, path: `/v2/${place.repository}/manifests/${reference}`, signal };
      const head = await ask({ ...asked, method: 'HEAD', mayLack: true });
      if (head.status === 404) return undefined;
      const told = digestIn(head);
      if (told !== undefined) return told;
      const answer = await ask({ ...asked, method: 'GET' });
      return digestIn(answer) ?? `sha256:${createHash('sha256').update(answer.text).digest('hex')}`;
    },
    async describe(image, digest, { platform, signal }) {
      const place = await placeOf(files, image);
      const get = (path: string) =>
        read({ method: 'GET', image, place, path: `/v2/${place.repository}/${path}`, signal });
      const first = readManifest(await get(`manifests/${digest}`), platform);
      const [own, manifest] =
        'layers' in first
          ? [digest, first]
          : [first.digest, readManifest(await get(`manifests/${first.digest}`), platform)];
      if (!('layers' in manifest)) throw new Error('the list leads to another list');
      const id = manifest.config.digest;
      const { layers: ids, ...rest }: Configuration = readConfiguration(await get(`blobs/${id}`));
      const layers = manifest.layers.map(({ size }, index) => ({ id: ids[index], size }));
      return { digest: own, id, ...rest, layers };
    },
    async close() {
      const opened = await loaded;
      await Promise.all([opened?.agent.destroy(), opened?.trusting.destroy()]);
    },
  };
}

function digestIn({ headers }: Answer): string | undefined {
  const value = [headers['docker-content-digest']].flat()[0];
  return value !== undefined && /^sha256:[0-9a-f]{64}$/.test(value) ? value : undefined;
}

function refusal({ place, path }: Asked, { status, text }: Answer): string {
  const told = refusalOf(text);
  const more = told === undefined ? '' : `, ${told}`;
  switch (status) {
    case 401:
    case 403:
      return `${place.host} wants a login for "${place.repository}"${more}`;
    case 404:
      return `${place.host} has no "${place.repository}" at "${path.split('/').at(-1) ?? ''}"${more}`;
    default:
      return `${place.host} answers with status ${status}${more}`;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('the answer is not JSON', { cause });
  }
}
