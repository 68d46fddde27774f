/**
 * Asks a URL through an address of the owner's, without DNS: what a phone would see that has the name from there. The
 * certificate is looked at whatever it is, and does not hinder the question.
 */
import { readFile } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import {
  createSecureContext,
  getCACertificates,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { causeOf } from '../errors.ts';

export type Certificate = {
  /** The first name that it is for: `*.example.dev`. */
  name: string;
  /** Milliseconds since 1970. */
  validFrom: number;
  validTo: number;
  /** It is for the name that was asked. */
  fits: boolean;
  /** Why its issuer is not trusted, in OpenSSL's words; what its dates and names say is not among it. */
  untrusted: string | undefined;
};

export type SecureAnswer = {
  /** Undefined where the connection did not come so far. */
  certificate: Certificate | undefined;
  status: number | undefined;
  /** Why there is no status. */
  trouble: string | undefined;
};

export type SecureOptions = {
  /** Connect there instead of to where the name leads. */
  address?: string | undefined;
  /** A file of certificates in PEM: who issued with them is trusted beside those that this machine trusts. */
  authority?: string | undefined;
  /** Milliseconds. */
  timeout?: number;
  signal?: AbortSignal;
};

export type Https = {
  /** @param url https://. @throws the signal's reason; Error when the authority's file cannot be read */
  ask(url: string, options?: SecureOptions): Promise<SecureAnswer>;
};

const TIMEOUT = 5000;

/** They are told in plain words beside the certificate. */
const TOLD_OTHERWISE = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID']);

export function createHttps(): Https {
  let made: { own: string; context: SecureContext } | undefined;
  /** Some hundred certificates are to be read for it: a tenth of a second. */
  const trusting = (own: string): SecureContext => {
    if (made?.own !== own) {
      const known = new Set([...getCACertificates('default'), ...getCACertificates('system')]);
      made = { own, context: createSecureContext({ ca: own === '' ? [...known] : [...known, own] }) };
    }
    return made.context;
  };

  return {
    async ask(url, { address, authority, timeout = TIMEOUT, signal } = {}) {
      const target = new URL(url);
      const secureContext = trusting(authority === undefined ? '' : await readFile(authority, 'utf8'));
      const limit = AbortSignal.timeout(timeout);
      let certificate: Certificate | undefined;
      const options: RequestOptions & ConnectionOptions = {
        ...(address === undefined ? {} : { host: address, hostname: address }),
        // An address is no name that a server could be asked for.
        servername: isIP(target.hostname) === 0 ? target.hostname : '',
        headers: { host: target.host },
        secureContext,
        rejectUnauthorized: false,
        agent: false,
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      };
      const asked = new Promise<number>((resolve, reject) => {
        const asking = request(target, options);
        asking.on('socket', (socket) => {
          socket.once('secureConnect', () => {
            certificate = certificateOf(socket as TLSSocket, target.hostname);
          });
        });
        asking.once('response', (answer) => {
          answer.resume();
          // Breaking off in the middle of a body is no trouble: the head was the answer.
          answer.once('error', () => undefined);
          resolve(answer.statusCode ?? 0);
          asking.destroy();
        });
        asking.on('error', reject);
        asking.end();
      });
      try {
        return { status: await asked, certificate, trouble: undefined };
      } catch (error) {
        signal?.throwIfAborted();
        const trouble = limit.aborted ? `no answer in ${timeout / 1000} s` : causeOf(error);
        return { status: undefined, certificate, trouble };
      }
    },
  };
}

function certificateOf(socket: TLSSocket, host: string): Certificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const name = /DNS:([^,\s]+)/.exec(certificate.subjectAltName ?? '')?.[1] ?? host;
  // An error in spite of its type; its code is what OpenSSL calls it.
  const error = socket.authorizationError as unknown;
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : error;
  return {
    name,
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    fits: (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined,
    untrusted:
      typeof code !== 'string' || TOLD_OTHERWISE.has(code)
        ? undefined
        : code.toLowerCase().replaceAll('_', ' '),
  };
}
