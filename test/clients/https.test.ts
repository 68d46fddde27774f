import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { createServer as createPlain } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../sandbox/certificate.ts';
import { createHttps } from '../../src/clients/https.ts';

const DAY = 86_400_000;
const now = Date.now();
const YEAR = { from: now - 365 * DAY, to: now + 365 * DAY };

let folder: string;
let trusted: string;
let server: Server;
let port: number;
/** What was asked: `<SNI> <host> <path>`. */
const asked: string[] = [];

const authority = createAuthority('Authority of the house', YEAR);
const certificates = {
  'good.example.dev': authority.issue(['good.example.dev'], { from: now - 87 * DAY, to: now + 3 * DAY }),
  'wild.example.dev': authority.issue(['*.example.dev', 'example.dev'], YEAR),
  'expired.example.dev': authority.issue(['expired.example.dev'], { from: now - 2 * DAY, to: now - DAY }),
  'early.example.dev': authority.issue(['early.example.dev'], { from: now + DAY, to: now + 2 * DAY }),
  'other.example.dev': authority.issue(['another.example.org'], YEAR),
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'https-'));
  trusted = join(folder, 'root.pem');
  writeFileSync(trusted, authority.pem);
  const fallback = certificates['good.example.dev'];
  server = createServer({ ...fallback }, (request, response) => {
    const { servername } = request.socket as unknown as { servername: string };
    asked.push(`${servername} ${request.headers.host} ${request.url}`);
    if (request.url === '/hangs') return;
    response.writeHead(request.url === '/moved' ? 302 : 200, { location: '/' });
    response.end('x'.repeat(100_000));
  });
  for (const [name, { cert, key }] of Object.entries(certificates)) server.addContext(name, { cert, key });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const https = createHttps();
const ask = (host: string, path = '/', more: object = {}) =>
  https.ask(`https://${host}:${port}${path}`, { address: '127.0.0.1', authority: trusted, ...more });

describe('ask', () => {
  it('connects to the address with the name, and gives status and certificate', async () => {
    const answer = await ask('good.example.dev', '/alive?x=1');
    expect(answer).toMatchObject({ status: 200, trouble: undefined });
    expect(asked.at(-1)).toBe(`good.example.dev good.example.dev:${port} /alive?x=1`);
    expect(answer.certificate).toMatchObject({ name: 'good.example.dev', fits: true, untrusted: undefined });
    expect((answer.certificate?.validTo ?? 0) - now).toBeCloseTo(3 * DAY, -4);
  });

  it('does not follow redirects', async () => {
    expect(await ask('good.example.dev', '/moved')).toMatchObject({ status: 302 });
  });

  it.each([
    ['wild.example.dev', { name: '*.example.dev', fits: true, untrusted: undefined }],
    ['expired.example.dev', { fits: true, untrusted: undefined }],
    ['early.example.dev', { fits: true, untrusted: undefined }],
    ['other.example.dev', { name: 'another.example.org', fits: false, untrusted: undefined }],
  ])(
    'looks at the certificate of %s whatever it is, and has the answer all the same',
    async (host, certificate) => {
      const answer = await ask(host);
      expect(answer.status).toBe(200);
      expect(answer.certificate).toMatchObject(certificate);
    },
  );

  it('does not trust an authority that nobody named', async () => {
    const { certificate, status } = await ask('wild.example.dev', '/', { authority: undefined });
    expect(status).toBe(200);
    expect(certificate?.untrusted).toMatch(/unable to/);
  });

  it('has the certificate of a server that then says nothing', async () => {
    const answer = await ask('good.example.dev', '/hangs', { timeout: 300 });
    expect(answer).toMatchObject({ status: undefined, trouble: 'no answer in 0.3 s' });
    expect(answer.certificate?.name).toBe('good.example.dev');
  });

  it('says why where nothing listens, and where no TLS is spoken', async () => {
    const plain = createPlain((socket) => socket.resume().end('SSH-2.0\r\n'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port: other } = plain.address() as AddressInfo;
    const options = { address: '127.0.0.1' };
    const spoken = await https.ask(`https://good.example.dev:${other}/`, options);
    expect(spoken).toMatchObject({ status: undefined, certificate: undefined });
    expect(spoken.trouble).toMatch(/wrong version number|packet length|SSL/i);
    await new Promise((resolve) => plain.close(resolve));
    const refused = await https.ask(`https://good.example.dev:${other}/`, options);
    expect(refused.trouble).toMatch(/ECONNREFUSED/);
  });

  it('ends with its signal', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(ask('good.example.dev', '/', { signal })).rejects.toThrow('stopped');
  });

  it('says that the file of the authority cannot be read', async () => {
    await expect(ask('good.example.dev', '/', { authority: join(folder, 'none') })).rejects.toThrow('ENOENT');
  });
});
