/**
 * Releases on GitHub: the newest one that is neither a draft nor a pre-release, and those before it for their notes.
 * Answers are kept with their ETag: an unchanged one costs GitHub nothing, and with a token does not count.
 */
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { causeOf, RateLimitedError, UnreachableError } from '../errors.ts';
import type { Facts } from '../store/facts.ts';
import { ASKED_AGAIN } from './asked-again.ts';
import { openAgainAt } from './rate-limit.ts';

export type Release = {
  /** As it is tagged: `v2.6.0`. */
  tag: string;
  title: string | undefined;
  /** Markdown, cut after 20 000 characters. */
  notes: string;
  publishedAt: number | undefined;
  url: string;
};

export type ReleasesOptions = { signal?: AbortSignal | undefined };

export type Releases = {
  /**
   * @param repository `owner/name`
   * @returns undefined when the repository has no release
   * @throws UnreachableError, RateLimitedError, or Error for what GitHub refuses
   */
  latest(repository: string, options?: ReleasesOptions): Promise<Release | undefined>;
  /** The newest 30, newest first, without drafts and pre-releases. Throws as `latest` does. */
  recent(repository: string, options?: ReleasesOptions): Promise<Release[]>;
  close(): Promise<void>;
};

export type ReleasesNeeds = {
  /** Of the API, without a slash at its end. */
  url: string;
  token: string | undefined;
  facts: Pick<Facts, 'get' | 'put'>;
  clock: Clock;
  /** Milliseconds that an answer may take. */
  patience?: number;
};

const Answer = z
  .object({
    tag_name: z.string(),
    name: z.string().nullish(),
    body: z.string().nullish(),
    published_at: z.string().nullish(),
    html_url: z.string(),
    draft: z.boolean().default(false),
    prerelease: z.boolean().default(false),
  })
  .transform(({ tag_name, name, body, published_at, html_url, draft, prerelease }) => {
    const at = Date.parse(published_at ?? '');
    return {
      isFinal: !draft && !prerelease,
      release: {
        tag: tag_name,
        title: name ?? undefined,
        notes: (body ?? '').slice(0, LONGEST_NOTES),
        publishedAt: Number.isNaN(at) ? undefined : at,
        url: html_url,
      } satisfies Release,
    };
  });

/** What is kept of an answer; without an ETag it is asked for anew. */
type Kept = { etag: string; releases: Release[] };

const LONGEST_NOTES = 20_000;
const PATIENCE = 20_000;
const LARGEST_ANSWER = 8 * 1024 ** 2;

export function createReleases({ url, token, facts, clock, patience = PATIENCE }: ReleasesNeeds): Releases {
  const load = async () => {
    const undici = await import('undici');
    const agent = new undici.RetryAgent(new undici.Agent({ connect: { timeout: 10_000 } }), ASKED_AGAIN);
    return { request: undici.request, agent };
  };
  let loaded: ReturnType<typeof load> | undefined;
  let closedUntil = 0;
  const host = new URL(url).host;

  const ask = async (path: string, { signal }: ReleasesOptions): Promise<Release[]> => {
    if (closedUntil > clock.now()) throw new RateLimitedError(host, closedUntil);
    const key = `github:${path}`;
    const kept = facts.get<Kept>(key);
    const { request, agent } = await (loaded ??= load());
    const limit = AbortSignal.timeout(patience);
    const headers = {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      // GitHub refuses requests without a name.
      'user-agent': 'steward',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(kept === undefined ? {} : { 'if-none-match': kept.etag }),
    };
    let status: number;
    let answered: Readonly<Record<string, string | string[] | undefined>>;
    let text: string;
    try {
      const response = await request(`${url}${path}`, {
        headers,
        dispatcher: agent,
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      status = response.statusCode;
      answered = response.headers;
      text = await textOf(response.body);
    } catch (error) {
      signal?.throwIfAborted();
      const why = limit.aborted ? `no answer in ${patience / 1000} s` : causeOf(error);
      throw new UnreachableError(`${host}: ${why}`, { cause: new Error(`${host}: ${why}`) });
    }

    const usedUp = answered['x-ratelimit-remaining'] === '0';
    if (status === 429 || (status === 403 && (usedUp || answered['retry-after'] !== undefined))) {
      closedUntil = openAgainAt(answered, clock.now());
      throw new RateLimitedError(host, closedUntil);
    }
    // This one was the last for now.
    if (usedUp) closedUntil = openAgainAt(answered, clock.now());
    if (status === 304 && kept !== undefined) return kept.releases;
    if (status === 404) return [];
    if (status !== 200) throw new Error(`${host} answers with status ${status}`);

    const releases = read(text);
    const etag = answered['etag'];
    if (typeof etag === 'string') facts.put(key, { etag, releases } satisfies Kept);
    return releases;
  };

  return {
    async latest(repository, options = {}) {
      return (await ask(`/repos/${repository}/releases/latest`, options))[0];
    },
    recent: (repository, options = {}) => ask(`/repos/${repository}/releases?per_page=30`, options),
    async close() {
      await (await loaded)?.agent.destroy();
    },
  };
}

async function textOf(body: AsyncIterable<unknown>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > LARGEST_ANSWER) throw new Error(`the answer has more than ${LARGEST_ANSWER} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function read(text: string): Release[] {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw new Error('the answer is not JSON', { cause });
  }
  const list = z.array(Answer).safeParse([answer].flat());
  if (!list.success) throw new Error('the answer is not a list of releases');
  return list.data.filter(({ isFinal }) => isFinal).map(({ release }) => release);
}
