/**
 * GitHub's releases to test against and to show: the newest final one, the list, ETags that answer 304, and the limit on
 * requests, with the headers and words of the real API.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type GithubRelease = {
  tag: string;
  body?: string;
  /** Milliseconds since 1970. */
  publishedAt?: number;
  prerelease?: boolean;
  draft?: boolean;
};

export type GithubStandIn = {
  /** For GITHUB_API_URL. */
  url: string;
  /** By `owner/name`, the newest first. A repository that is not here does not exist. */
  releases: Map<string, GithubRelease[]>;
  requests: readonly { path: string; status: number; authorization: string | undefined }[];
  /** Requests that are answered until `resetAt` (milliseconds since 1970); then each gets 403. */
  limit(remaining: number, resetAt: number): void;
  /** Answer all requests with this status, until called without one. */
  fail(status?: number): void;
  /** Breaks the next connections off before they are answered. */
  breakOff(count: number): void;
  close(): Promise<void>;
};

export async function startGithub(
  releases: Readonly<Record<string, readonly GithubRelease[]>> = {},
): Promise<GithubStandIn> {
  const known = new Map(Object.entries(releases).map(([name, list]) => [name, [...list]]));
  const requests: { path: string; status: number; authorization: string | undefined }[] = [];
  let quota = { remaining: 60, resetAt: Date.now() + 3_600_000 };
  let failing: number | undefined;
  let broken = 0;

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (broken > 0) {
      broken -= 1;
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://github');
    const send = (status: number, body?: unknown, headers: Record<string, string> = {}) => {
      requests.push({ path: url.pathname, status, authorization: request.headers.authorization });
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'x-ratelimit-limit': '60',
        'x-ratelimit-remaining': String(quota.remaining),
        'x-ratelimit-reset': String(Math.ceil(quota.resetAt / 1000)),
        ...headers,
      });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (request.headers['user-agent'] === undefined) {
      return send(403, { message: 'Request forbidden by administrative rules.' });
    }
    if (failing !== undefined) return send(failing, { message: 'Server Error' });
    if (Date.now() >= quota.resetAt) quota = { remaining: 60, resetAt: Date.now() + 3_600_000 };
    if (quota.remaining <= 0) return send(403, { message: 'API rate limit exceeded for 203.0.113.7.' });

    const [, repository = '', latest] =
      /^\/repos\/([^/]+\/[^/]+)\/releases(\/latest)?$/.exec(url.pathname) ?? [];
    const list = known.get(repository)?.filter(({ draft }) => draft !== true);
    const found =
      latest === undefined
        ? list?.map((release) => shape(repository, release))
        : list
            ?.filter(({ prerelease }) => prerelease !== true)
            .map((release) => shape(repository, release))[0];
    const etag = `W/"${createHash('sha256')
      .update(JSON.stringify(found) ?? '')
      .digest('hex')}"`;
    // An unchanged answer is free.
    if (found !== undefined && request.headers['if-none-match'] === etag)
      return send(304, undefined, { etag });
    quota.remaining -= 1;
    if (found === undefined) return send(404, { message: 'Not Found' });
    send(200, found, { etag });
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    releases: known,
    requests,
    limit(remaining, resetAt) {
      quota = { remaining, resetAt };
    },
    fail(status) {
      failing = status;
    },
    breakOff(count) {
      broken = count;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const shape = (
  repository: string,
  { tag, body = '', publishedAt = 0, prerelease, draft }: GithubRelease,
) => ({
  tag_name: tag,
  name: tag,
  body,
  html_url: `https://github.com/${repository}/releases/tag/${tag}`,
  published_at: new Date(publishedAt).toISOString(),
  prerelease: prerelease === true,
  draft: draft === true,
});
