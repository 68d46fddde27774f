/** A registry that wants a token for each repository, and the service that gives it to who logs in. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startRegistry, type RegistryStandIn } from '../../sandbox/registry.ts';

export type TokenRegistry = RegistryStandIn & {
  /** What the token service was asked, as `service scope authorization`. */
  tokenRequests: string[];
  /** Seconds that a token lasts; undefined: the service does not say. */
  lasts(seconds: number | undefined): void;
  /** Forget all tokens that were given. */
  revoke(): void;
};

export async function startTokenRegistry(login?: { user: string; password: string }): Promise<TokenRegistry> {
  const registry = await startRegistry();
  const tokenRequests: string[] = [];
  const given = new Map<string, string>();
  let seconds: number | undefined = 300;
  const wanted = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;

  const service = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://token');
    const scope = url.searchParams.get('scope') ?? '';
    tokenRequests.push(
      [url.searchParams.get('service'), scope, request.headers.authorization ?? '-'].join(' '),
    );
    if (wanted !== undefined && request.headers.authorization !== wanted) {
      response
        .writeHead(401)
        .end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'wrong login' }] }));
      return;
    }
    const token = `token-${tokenRequests.length}`;
    given.set(token, scope);
    response.end(JSON.stringify({ token, ...(seconds === undefined ? {} : { expires_in: seconds }) }));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const realm = `http://127.0.0.1:${(service.address() as AddressInfo).port}/token`;

  registry.intercept((request, response) => {
    const [, repository = ''] = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(request.url ?? '') ?? [];
    const scope = `repository:${repository}:pull`;
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (given.get(token) === scope) return false;
    response
      .writeHead(401, {
        'www-authenticate': `Bearer realm="${realm}",service="registry.test",scope="${scope}"`,
      })
      .end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }));
    return true;
  });
  return {
    ...registry,
    tokenRequests,
    lasts(next) {
      seconds = next;
    },
    revoke: () => given.clear(),
    async close() {
      service.closeAllConnections();
      await Promise.all([registry.close(), new Promise((resolve) => service.close(resolve))]);
    },
  };
}
