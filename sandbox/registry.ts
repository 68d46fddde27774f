/** A small image registry to show and to test against: manifests, lists and configurations, and of the layers their sizes. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const LIST = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

export type PublishedImage = {
  version?: string;
  /** Milliseconds since 1970. */
  createdAt?: number;
  /** By the digest of the layer as it lies unpacked: bytes of the packed one. */
  layers?: Readonly<Record<string, number>>;
  /** What its program does in the machine in a box: `['dies', '3']`, `['hangs']`. */
  command?: readonly string[];
  /** A list of platforms, with this image for linux/amd64 and another for linux/arm64. */
  isList?: boolean;
  /** What the tag's digest is said to be, whatever the content: an image that an engine has under it. */
  digest?: string;
};

export type RegistryRequest = {
  method: string;
  path: string;
  status: number;
  authorization: string | undefined;
};

export type RegistryStandIn = {
  /** `127.0.0.1:<port>`, without TLS. */
  host: string;
  /** Let `<repository>:<tag>` be this image. @returns the digests of the tag and of the platform's manifest, and the id */
  publish(name: string, image?: PublishedImage): { digest: string; platform: string; id: string };
  withdraw(name: string): void;
  /** The version of what was published last under this name. */
  versionOf(name: string): string | undefined;
  /** Let a repository be only for who logs in. */
  lock(repository: string, login: { username: string; password: string }): void;
  requests: readonly RegistryRequest[];
  /** Answer in another way than by what was published; return false to leave it to the registry. */
  intercept(handler: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined): void;
  close(): Promise<void>;
};

export async function startRegistry(): Promise<RegistryStandIn> {
  const contents = new Map<string, { type: string; text: string }>();
  /** By repository and tag. */
  const tags = new Map<string, string>();
  const versions = new Map<string, string>();
  const requests: RegistryRequest[] = [];
  /** By repository: the header that opens it. */
  const locks = new Map<string, string>();
  let handler: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;

  const keep = (type: string, value: unknown, digest?: string): string => {
    const text = JSON.stringify(value);
    const key = digest ?? `sha256:${createHash('sha256').update(text).digest('hex')}`;
    contents.set(key, { type, text });
    return key;
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? [];
    const lock = locks.get(repository);
    if (lock !== undefined && request.headers.authorization !== lock) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' });
      response.end(
        JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }),
      );
      return;
    }
    const digest = reference.startsWith('sha256:') ? reference : tags.get(`${repository}:${reference}`);
    const content = digest === undefined ? undefined : contents.get(digest);
    if (kind === undefined || digest === undefined || content === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
      return;
    }
    response.writeHead(200, {
      'content-type': content.type,
      'docker-content-digest': digest,
      'content-length': String(Buffer.byteLength(content.text)),
    });
    response.end(request.method === 'HEAD' ? undefined : content.text);
  };

  const server = createServer((request, response) => {
    response.once('finish', () => {
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, status: response.statusCode, authorization: headers.authorization });
    });
    if (handler?.(request, response) === true) return;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    host,
    requests,
    publish(name, { version, createdAt = 0, layers = {}, command, isList = false, digest } = {}) {
      const manifest = (architecture: string, own?: string) => {
        const id = keep('application/vnd.oci.image.config.v1+json', {
          created: new Date(createdAt).toISOString(),
          architecture,
          os: 'linux',
          config: {
            Labels: version === undefined ? null : { 'org.opencontainers.image.version': version },
            ...(command === undefined ? {} : { Cmd: command }),
          },
          rootfs: { type: 'layers', diff_ids: Object.keys(layers) },
        });
        const value = {
          schemaVersion: 2,
          mediaType: MANIFEST,
          config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: id, size: 1 },
          layers: Object.entries(layers).map(([layer, size]) => ({ digest: layer, size })),
        };
        return { id, digest: keep(MANIFEST, value, own) };
      };
      const own = manifest('amd64', isList ? undefined : digest);
      const other = isList ? manifest('arm64') : undefined;
      const tagged =
        other === undefined
          ? own.digest
          : keep(
              LIST,
              {
                schemaVersion: 2,
                mediaType: LIST,
                manifests: [
                  { digest: other.digest, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
                  { digest: own.digest, platform: { os: 'linux', architecture: 'amd64' } },
                ],
                // What makes a list another while its images stay.
                annotations: { 'org.opencontainers.image.created': String(contents.size) },
              },
              digest,
            );
      tags.set(name, tagged);
      if (version !== undefined) versions.set(name, version);
      return { digest: tagged, platform: own.digest, id: own.id };
    },
    lock(repository, { username, password }) {
      locks.set(repository, `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
    },
    versionOf: (name) => versions.get(name),
    withdraw: (name) => void tags.delete(name),
    intercept(next) {
      handler = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
