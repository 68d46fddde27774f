/** Debian's registry once more, over the images of the lab's own, with a login before it. */
import { spawn } from 'node:child_process';
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from '../lab/exec.ts';
import { freePort } from '../lab/registry.ts';

/** bcrypt of it is in HTPASSWD, the only kind that the registry takes. */
export const LOGIN = { user: 'me', password: 'pass:word' };
export const HTPASSWD = 'me:$2b$05$abcdefghijklmnopqrstuuDIEddBSuRWBBEY6g5zv60IAP5bSSfki\n';
const SERVICE = 'registry.test';
const ISSUER = 'token.test';

export type Served = {
  /** `127.0.0.1:<port>` or another address, without TLS. */
  host: string;
  stop(): Promise<void>;
};

/** Where it answers; 127.0.0.1 is this host's alone. */
type At = { address?: string };

/**
 * @param data the folder of a registry's images
 * @param auth YAML of the registry's `auth`
 */
async function serve(
  folder: string,
  data: string,
  { auth, address = '127.0.0.1' }: At & { auth: string },
): Promise<Served> {
  const host = `${address}:${await freePort()}`;
  const file = join(folder, `registry-${randomUUID()}.yml`);
  await writeFile(
    file,
    `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${data} } }
http: { addr: "${host}", secret: test }
auth: ${auth}
`,
  );
  const child = spawn('docker-registry', ['serve', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const end = Date.now() + 20_000;
  while (!(await answers(host))) {
    if (Date.now() > end || child.exitCode !== null) throw new Error('The registry does not answer.');
    await pause(50);
  }
  return {
    host,
    async stop() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    },
  };
}

const answers = (host: string) =>
  fetch(`http://${host}/v2/`, { signal: AbortSignal.timeout(5000) }).then(
    () => true,
    () => false,
  );

export async function serveWithPassword(folder: string, data: string, at: At = {}): Promise<Served> {
  const file = join(folder, 'htpasswd');
  await writeFile(file, HTPASSWD);
  return serve(folder, data, { ...at, auth: `{ htpasswd: { realm: test, path: ${file} } }` });
}

/** Its tokens are signed by a service of this process, for who logs in. */
export async function serveWithTokens(
  folder: string,
  data: string,
  { address = '127.0.0.1' }: At = {},
): Promise<Served & { tokenRequests: readonly string[] }> {
  const [key, certificate] = [join(folder, 'token.key'), join(folder, 'token.crt')];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=token.test'];
  await run('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', certificate]);
  const privateKey = createPrivateKey(await readFile(key));
  const x5c = [new X509Certificate(await readFile(certificate)).raw.toString('base64')];
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const tokenFor = (repository: string) => {
    const now = Math.floor(Date.now() / 1000);
    const text = [
      part({ typ: 'JWT', alg: 'RS256', x5c }),
      part({
        iss: ISSUER,
        sub: LOGIN.user,
        aud: SERVICE,
        iat: now,
        nbf: now - 10,
        exp: now + 300,
        jti: randomUUID(),
        access: [{ type: 'repository', name: repository, actions: ['pull'] }],
      }),
    ].join('.');
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
  };

  const tokenRequests: string[] = [];
  const wanted = `Basic ${btoa(`${LOGIN.user}:${LOGIN.password}`)}`;
  const tokens = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://token');
    const scope = searchParams.get('scope') ?? '';
    tokenRequests.push(scope);
    const [, repository = ''] = /^repository:(.+):pull$/.exec(scope) ?? [];
    if (request.headers.authorization === wanted) {
      response.end(JSON.stringify({ token: tokenFor(repository), expires_in: 300 }));
    } else response.writeHead(401).end();
  });
  await new Promise<void>((resolve) => tokens.listen(0, address, resolve));
  const realm = `http://${address}:${(tokens.address() as AddressInfo).port}/token`;
  const registry = await serve(folder, data, {
    address,
    auth: `{ token: { realm: "${realm}", service: ${SERVICE}, issuer: ${ISSUER}, rootcertbundle: ${certificate} } }`,
  });
  return {
    host: registry.host,
    tokenRequests,
    async stop() {
      tokens.closeAllConnections();
      await Promise.all([registry.stop(), new Promise((resolve) => tokens.close(resolve))]);
    },
  };
}

/** A door before a registry that writes down what goes through. */
export async function countRequests(host: string): Promise<Served & { requests: string[] }> {
  const requests: string[] = [];
  const door = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push(`${method} ${url.replace('/v2/', '')}`);
    const [hostname = '', port = ''] = host.split(':');
    const onward = forward({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(door.address() as AddressInfo).port}`,
    requests,
    async stop() {
      door.closeAllConnections();
      await new Promise((resolve) => door.close(resolve));
    },
  };
}
