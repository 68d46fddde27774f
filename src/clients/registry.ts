/**
 * Image registries: what a tag is now, and what would be pulled. Nothing is ever pulled.
 * A HEAD answers most questions; Docker Hub counts a GET as a pull, a HEAD not.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { RateLimitedError } from '../errors.ts';
import type { ImageName } from '../image-name.ts';
import { sleep } from '../sleep.ts';
import { openAgainAt } from './rate-limit.ts';
import {
  credentialsOf,
  placeOf,
  type Credentials,
  type Place,
  type RegistryFiles,
} from './registry/configuration.ts';
import {
  ACCEPT,
  readConfiguration,
  readManifest,
  refusalOf,
  type Configuration,
  type Platform,
} from './registry/manifests.ts';
import { createSlots } from './registry/slots.ts';
import { createTransport, type Answer } from './registry/transport.ts';
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
  /** The login for an image, to be handed to an engine that pulls it; undefined where there is none by name and password. */
  credentialsFor(
    image: Pick<ImageName, 'registry' | 'repository'>,
  ): Promise<{ username: string; password: string } | undefined>;
  close(): Promise<void>;
};

/** Several hundred look-ups at once earn 429, at GHCR with a login too. */
const AT_ONCE = 4;
/** Milliseconds that an answer may take. */
const PATIENCE = 20_000;
/** A pause that a look-up waits for; a longer one ends it. */
const SHORT_PAUSE = 15_000;
const MOST_TRIES = 3;
/** Blobs are often elsewhere. */
const MOST_REDIRECTS = 5;

type Bearer = Extract<Challenge, { scheme: 'bearer' }>;
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
  const transport = createTransport(patience);

  /** @param credentials only ever those for the registry that the image is named after */
  const tokenFor = async (
    challenge: Bearer,
    credentials: Credentials | undefined,
    asked: Asked,
  ): Promise<string> => {
    const { place, signal } = asked;
    const { url, ...how } = tokenRequest(challenge, credentials);
    const key = `${url} ${JSON.stringify(how)}`;
    const known = tokens.get(key);
    if (known !== undefined && known.expiresAt > clock.now()) return `Bearer ${known.text}`;
    if (!place.insecure && !url.startsWith('https:')) {
      throw new Error(`its token service "${challenge.realm}" has no TLS`);
    }
    const answer = await transport.send(url, how, { insecure: place.insecure, signal });
    if (answer.status === 429) throw limited(place.host, answer);
    if (answer.status === 401 && credentials === undefined) throw new Error(refusal(asked, answer));
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

  const authorize = async (challenge: Challenge | undefined, asked: Asked): Promise<string | undefined> => {
    if (challenge === undefined) return undefined;
    const credentials = await credentialsOf(files, asked.image);
    if (challenge.scheme === 'basic') {
      return credentials === undefined || 'identityToken' in credentials ? undefined : basic(credentials);
    }
    // A challenge that is remembered was for another repository.
    const scope = `repository:${asked.place.repository}:pull`;
    return tokenFor({ ...challenge, scope }, credentials, asked);
  };

  /**
   * Blobs lie elsewhere, and some registries only lead to another. Their login and token are nobody's business there:
   * a registry behind the redirect gives a token to anyone, or none.
   */
  const follow = async (first: Answer, asked: Asked): Promise<Answer> => {
    const { method, place, signal } = asked;
    let answer = first;
    for (let count = 0; answer.status >= 300 && answer.status < 400; count += 1) {
      const location = [answer.headers.location].flat()[0];
      if (location === undefined || count === MOST_REDIRECTS) throw new Error('it leads in a circle');
      const url = new URL(location, answer.url).href;
      const { insecure } = place;
      if (!insecure && !url.startsWith('https:')) throw new Error(`it leads to "${url}", without TLS`);
      const go = (more: Record<string, string> = {}) =>
        transport.send(url, { method, headers: { accept: ACCEPT, ...more } }, { insecure, signal });
      answer = await go();
      const challenge =
        answer.status === 401 ? parseChallenge(answer.headers['www-authenticate']) : undefined;
      if (challenge?.scheme === 'bearer') {
        answer = await go({ authorization: await tokenFor(challenge, undefined, asked) });
      }
    }
    return answer;
  };

  /** A token that is not taken any more. */
  const forget = (authorization: string | undefined): void => {
    for (const [key, { text }] of tokens) if (authorization === `Bearer ${text}`) tokens.delete(key);
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
      transport.sendTo(
        place,
        path,
        { method, headers: { accept: ACCEPT, ...(authorization === undefined ? {} : { authorization }) } },
        signal,
      );
    const first = await authorize(challenges.get(place.host), asked);
    let answer = await go(first);
    if (answer.status === 401) {
      forget(first);
      const challenge = parseChallenge(answer.headers['www-authenticate']);
      if (challenge !== undefined) challenges.set(place.host, challenge);
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
    async credentialsFor(image) {
      const found = await credentialsOf(files, image);
      return found === undefined || 'identityToken' in found ? undefined : found;
    },
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
    close: () => transport.close(),
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
