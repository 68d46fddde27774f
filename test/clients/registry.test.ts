import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startRegistry, type RegistryStandIn } from '../../sandbox/registry.ts';
import { credentialsOf, placeOf } from '../../src/clients/registry/configuration.ts';
import { createRegistry, type Registry } from '../../src/clients/registry.ts';
import { RateLimitedError, UnreachableError } from '../../src/errors.ts';
import { parseImageName, type ImageName } from '../../src/image-name.ts';
import { startTokenRegistry, type TokenRegistry } from './token-registry.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };

let folder: string;
let now = 0;
const clock = { now: () => now };
const file = (path: string) => join(folder, path);
const write = (path: string, text: string): string => {
  mkdirSync(join(file(path), '..'), { recursive: true });
  writeFileSync(file(path), text);
  return file(path);
};
const files = () => ({
  auth: [file('podman.json'), file('docker.json')],
  registries: [file('registries.conf')],
});
const insecure = (host: string) =>
  write('registries.conf', `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
const image = (text: string): ImageName => {
  const name = parseImageName(text);
  if (typeof name === 'string') throw new Error(`${text}: ${name}`);
  return name;
};
const open = (patience?: number): Registry => {
  const client = createRegistry(files(), { clock, ...(patience === undefined ? {} : { patience }) });
  onTestFinished(() => client.close());
  return client;
};
const linesOf = ({ requests }: RegistryStandIn) =>
  requests.map(({ method, path, status }) => `${method} ${path.replace('/v2/', '')} ${status}`);

beforeEach(() => {
  now = Date.UTC(2026, 10, 20, 12);
  folder = mkdtempSync(join(tmpdir(), 'steward-registry-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a registry without a login', () => {
  let server: RegistryStandIn;
  beforeEach(async () => {
    server = await startRegistry();
    insecure(server.host);
  });
  afterEach(() => server.close());

  test('digest is one HEAD, and not a request more', async () => {
    const { digest } = server.publish('a/web:1', { isList: true });
    expect(await open().digest(image(`${server.host}/a/web:1`))).toBe(digest);
    expect(linesOf(server)).toEqual(['HEAD a/web/manifests/1 200']);
  });

  test('digest of what is not there is undefined', async () => {
    expect(await open().digest(image(`${server.host}/a/web:9`))).toBeUndefined();
  });

  test('a registry that hides the digest is asked with a GET, and its bytes are counted', async () => {
    const body = JSON.stringify({ schemaVersion: 2 });
    server.intercept((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(request.method === 'HEAD' ? undefined : body);
      return true;
    });
    const expected = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    expect(await open().digest(image(`${server.host}/a/web:1`))).toBe(expected);
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  test('describe finds the platform in a list, with its labels, layers and id', async () => {
    const createdAt = Date.UTC(2026, 10, 18);
    const published = server.publish('a/web:1', {
      isList: true,
      version: '2.6.0',
      createdAt,
      layers: { 'sha256:base': 100, 'sha256:top': 20 },
    });
    const remote = await open().describe(image(`${server.host}/a/web:1`), published.digest, {
      platform: AMD64,
    });
    expect(remote).toEqual({
      digest: published.platform,
      id: published.id,
      createdAt,
      labels: { 'org.opencontainers.image.version': '2.6.0' },
      layers: [
        { id: 'sha256:base', size: 100 },
        { id: 'sha256:top', size: 20 },
      ],
    });
  });

  test('describe takes the platform that has no variant for one whose engine tells none, and says what is missing', async () => {
    const { digest } = server.publish('a/web:1', { isList: true });
    const client = open();
    const name = image(`${server.host}/a/web:1`);
    const arm = await client.describe(name, digest, { platform: { os: 'linux', architecture: 'arm64' } });
    expect(arm.digest).not.toBe(digest);
    await expect(
      client.describe(name, digest, { platform: { os: 'linux', architecture: 's390x' } }),
    ).rejects.toThrow('no image for linux/s390x');
  });

  test('a blob elsewhere is followed, without the login', async () => {
    write('podman.json', JSON.stringify({ auths: { [server.host]: { auth: btoa('me:secret') } } }));
    const elsewhere = await startRegistry();
    onTestFinished(() => elsewhere.close());
    const { digest, id } = server.publish('a/web:1', { version: '3' });
    elsewhere.publish('a/web:1', { version: '3' });
    server.intercept((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
        return true;
      }
      if (request.url?.includes('/blobs/') !== true) return false;
      response.writeHead(307, { location: `http://${elsewhere.host}${request.url}` }).end();
      return true;
    });
    const remote = await open().describe(image(`${server.host}/a/web:1`), digest, { platform: AMD64 });
    expect(remote.labels).toEqual({ 'org.opencontainers.image.version': '3' });
    expect(elsewhere.requests).toMatchObject([{ path: `/v2/a/web/blobs/${id}`, authorization: undefined }]);
  });

  test('no more than four requests are under way at once', async () => {
    let open4 = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    server.intercept((_, response) => {
      open4 += 1;
      most = Math.max(most, open4);
      if (open4 === 4) setImmediate(() => gate.resolve());
      void gate.promise.then(() => {
        open4 -= 1;
        response.writeHead(404).end();
      });
      return true;
    });
    const client = open();
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => client.digest(image(`${server.host}/a/web:${index}`))),
    );
    expect(most).toBe(4);
  });

  test('429 with a long pause ends the look-up, and nobody is asked again before it is over', async () => {
    server.intercept((_, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end();
      return true;
    });
    const client = open();
    const error = await client.digest(image(`${server.host}/a/web:1`)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RateLimitedError);
    expect((error as RateLimitedError).until).toBe(now + 3_600_000);
    await expect(client.digest(image(`${server.host}/b/other:1`))).rejects.toThrow(RateLimitedError);
    expect(server.requests).toHaveLength(1);
    now += 3_600_000;
    server.intercept(undefined);
    expect(await client.digest(image(`${server.host}/b/other:1`))).toBeUndefined();
  });

  test('429 with a short pause is waited for', async () => {
    const { digest } = server.publish('a/web:1');
    server.intercept((_, response) => {
      if (server.requests.length > 0) return false;
      response.writeHead(429, { 'retry-after': '0' }).end();
      return true;
    });
    expect(await open().digest(image(`${server.host}/a/web:1`))).toBe(digest);
    expect(linesOf(server)).toEqual(['HEAD a/web/manifests/1 429', 'HEAD a/web/manifests/1 200']);
  });

  test('an answer that never comes ends by the time limit, and by the signal', async () => {
    server.intercept(() => true);
    const name = image(`${server.host}/a/web:1`);
    await expect(open(200).digest(name)).rejects.toThrow(UnreachableError);
    const controller = new AbortController();
    const asked = open().digest(name, { signal: controller.signal });
    controller.abort(new Error('stopped'));
    await expect(asked).rejects.toThrow('stopped');
  });

  test('a connection that breaks is asked again, once', async () => {
    let left = 1;
    // The question whether it has TLS never comes so far.
    server.intercept((request) => {
      if (left-- > 0) request.socket.destroy();
      return left >= 0;
    });
    const asked = () => open().digest(image(`${server.host}/a/none:1`));
    await expect(asked()).resolves.toBe(undefined);
    left = 2;
    await expect(asked()).rejects.toThrow(UnreachableError);
    expect(left).toBe(0);
  });

  test('an error is told in the registry’s words', async () => {
    server.intercept((_, response) => {
      response.writeHead(403).end();
      return true;
    });
    await expect(open().digest(image(`${server.host}/a/web:1`))).rejects.toThrow('wants a login for "a/web"');
    server.intercept((_, response) => {
      response.writeHead(500).end();
      return true;
    });
    await expect(open().digest(image(`${server.host}/a/web:1`))).rejects.toThrow('status 500');
  });

  test('a registry that is not called insecure is never asked without TLS', async () => {
    write('registries.conf', '');
    await expect(open(2000).digest(image(`${server.host}/a/web:1`))).rejects.toThrow(UnreachableError);
    expect(server.requests).toEqual([]);
  });

  test('nothing listens: the host is named', async () => {
    const { host } = server;
    await server.close();
    await expect(open().digest(image(`${host}/a/web:1`))).rejects.toThrow(host);
    server = await startRegistry();
  });
});

describe('a registry with a token service', () => {
  let server: TokenRegistry;
  const start = async (login?: { user: string; password: string }) => {
    server = await startTokenRegistry(login);
    insecure(server.host);
  };
  afterEach(() => server.close());

  test('the challenge is answered, and the token kept until it expires', async () => {
    await start();
    const { digest } = server.publish('a/web:1');
    const client = open();
    const name = image(`${server.host}/a/web:1`);
    expect(await client.digest(name)).toBe(digest);
    expect(await client.digest(name)).toBe(digest);
    expect(server.tokenRequests).toEqual(['registry.test repository:a/web:pull -']);
    expect(linesOf(server)).toEqual([
      'HEAD a/web/manifests/1 401',
      'HEAD a/web/manifests/1 200',
      'HEAD a/web/manifests/1 200',
    ]);
    now += 300_000;
    expect(await client.digest(name)).toBe(digest);
    expect(server.tokenRequests).toHaveLength(2);
    // The challenge was known: no request was refused for it.
    expect(linesOf(server)).toHaveLength(4);
  });

  test('each repository has a token of its own, and a known challenge saves the refusal', async () => {
    await start();
    server.publish('a/web:1');
    server.publish('b/other:1');
    const client = open();
    await client.digest(image(`${server.host}/a/web:1`));
    await client.digest(image(`${server.host}/b/other:1`));
    expect(server.tokenRequests.map((line) => line.split(' ')[1])).toEqual([
      'repository:a/web:pull',
      'repository:b/other:pull',
    ]);
    expect(linesOf(server)).toEqual([
      'HEAD a/web/manifests/1 401',
      'HEAD a/web/manifests/1 200',
      'HEAD b/other/manifests/1 200',
    ]);
  });

  test('a token that is not taken any more is fetched anew, once', async () => {
    await start();
    const { digest } = server.publish('a/web:1');
    const client = open();
    const name = image(`${server.host}/a/web:1`);
    await client.digest(name);
    server.revoke();
    expect(await client.digest(name)).toBe(digest);
    expect(server.tokenRequests).toHaveLength(2);
  });

  test('the engine’s login goes to the token service alone', async () => {
    await start({ user: 'me', password: 'pass:word' });
    const { digest } = server.publish('a/web:1');
    const auth = Buffer.from('me:pass:word').toString('base64');
    write('docker.json', JSON.stringify({ auths: { [server.host]: { auth } } }));
    expect(await open().digest(image(`${server.host}/a/web:1`))).toBe(digest);
    expect(server.tokenRequests).toEqual([`registry.test repository:a/web:pull Basic ${auth}`]);
    expect(server.requests.some(({ authorization = '' }) => authorization.includes(auth))).toBe(false);
  });

  test('a registry that only leads to another is followed, with a token of the other for anyone', async () => {
    await start();
    const { digest } = server.publish('a/web:1');
    const front = await startRegistry();
    onTestFinished(() => front.close());
    write('registries.conf', `[[registry]]\nlocation = "${front.host}"\ninsecure = true\n`);
    write('podman.json', JSON.stringify({ auths: { [front.host]: { auth: btoa('me:secret') } } }));
    front.intercept((request, response) => {
      response.writeHead(307, { location: `http://${server.host}${request.url}` }).end();
      return true;
    });
    expect(await open().digest(image(`${front.host}/a/web:1`))).toBe(digest);
    expect(server.tokenRequests).toEqual(['registry.test repository:a/web:pull -']);
  });

  test('a login that is refused is told without its password', async () => {
    await start({ user: 'me', password: 'right' });
    write('podman.json', JSON.stringify({ auths: { [server.host]: { auth: btoa('me:hunter2hunter2') } } }));
    const error = await open()
      .digest(image(`${server.host}/a/web:1`))
      .catch((reason: unknown) => reason);
    expect(String(error)).toContain('wrong login');
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('placeOf', () => {
  test('Docker Hub answers at another name than it has', async () => {
    expect(await placeOf(files(), image('docker.io/postgres'))).toEqual({
      host: 'registry-1.docker.io',
      repository: 'library/postgres',
      insecure: false,
    });
  });

  test('the longest prefix of registries.conf counts, and renames', async () => {
    write(
      'registries.conf',
      `unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "mirror.example:5000/hub"
[[registry]]
prefix = "docker.io/library/redis"
location = "other.example/redis"
insecure = true
[[registry]]
prefix = "*.example.org"
insecure = true
`,
    );
    expect(await placeOf(files(), image('docker.io/library/postgres'))).toEqual({
      host: 'mirror.example:5000',
      repository: 'hub/library/postgres',
      insecure: false,
    });
    expect(await placeOf(files(), image('docker.io/redis'))).toEqual({
      host: 'other.example',
      repository: 'redis',
      insecure: true,
    });
    expect(await placeOf(files(), image('images.example.org/a'))).toMatchObject({
      host: 'images.example.org',
      insecure: true,
    });
  });

  test('files beside it count too, and the lists of the first version', async () => {
    write('registries.conf', '[registries.insecure]\nregistries = ["old.example:5000"]\n');
    write('registries.conf.d/10-lab.conf', '[[registry]]\nlocation = "new.example:5000"\ninsecure = true\n');
    expect(await placeOf(files(), image('old.example:5000/a'))).toMatchObject({ insecure: true });
    expect(await placeOf(files(), image('new.example:5000/a'))).toMatchObject({ insecure: true });
    expect(await placeOf(files(), image('other.example:5000/a'))).toMatchObject({ insecure: false });
  });

  test('a blocked registry is not asked, a broken file is named', async () => {
    write('registries.conf', '[[registry]]\nprefix = "ghcr.io"\nblocked = true\n');
    await expect(placeOf(files(), image('ghcr.io/a/b'))).rejects.toThrow('blocks "ghcr.io"');
    write('registries.conf', '[[registry\n');
    await expect(placeOf(files(), image('ghcr.io/a/b'))).rejects.toThrow(file('registries.conf'));
  });
});

describe('credentialsOf', () => {
  const login = (name: string) => ({ auth: btoa(`${name}:x`) });

  test('the longest name that covers the repository wins, in the first file that has one', async () => {
    write('podman.json', JSON.stringify({ auths: { 'ghcr.io/a': login('team'), 'ghcr.io': login('all') } }));
    write('docker.json', JSON.stringify({ auths: { 'ghcr.io/b/c': login('late') } }));
    expect(await credentialsOf(files(), image('ghcr.io/a/x'))).toMatchObject({ username: 'team' });
    expect(await credentialsOf(files(), image('ghcr.io/b/c'))).toMatchObject({ username: 'all' });
    expect(await credentialsOf(files(), image('quay.io/b/c'))).toBeUndefined();
  });

  test('Docker’s own name for its Hub, and a login that is a token', async () => {
    write(
      'docker.json',
      JSON.stringify({
        auths: {
          'https://index.docker.io/v1/': login('hub'),
          'azure.example': { auth: btoa('00000000:'), identitytoken: 'long' },
        },
        credsStore: 'desktop',
      }),
    );
    expect(await credentialsOf(files(), image('docker.io/vaultwarden/server'))).toMatchObject({
      username: 'hub',
    });
    expect(await credentialsOf(files(), image('azure.example/a'))).toEqual({ identityToken: 'long' });
  });

  test('a broken file is named, and none of it quoted', async () => {
    write('podman.json', '{"auths": {"ghcr.io": {"auth": "c2VjcmV0OnNlY3JldA=="');
    const error = await credentialsOf(files(), image('ghcr.io/a')).catch((reason: unknown) => reason);
    expect(String(error)).toContain(file('podman.json'));
    expect(String(error)).not.toContain('c2Vjcm');
  });
});
