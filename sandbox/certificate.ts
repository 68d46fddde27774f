/**
 * Certificates as an authority of one's own issues them, with any dates: X.509 in DER (RFC 5280), written by hand, so
 * that no OpenSSL is needed.
 */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export type Authority = {
  /** Its own certificate in PEM. */
  pem: string;
  /** A certificate and its key in PEM, for a server. @param names the first is the one that is shown */
  issue(names: readonly string[], validity: Validity): { cert: string; key: string };
};

/** Milliseconds since 1970. */
type Validity = { from: number; to: number };

export function createAuthority(name: string, validity: Validity): Authority {
  const { publicKey, privateKey } = keys();
  const own = { subject: name, issuer: name, validity, publicKey, extensions: [IS_AUTHORITY] };
  return {
    pem: certificate(own, privateKey),
    issue(names, valid) {
      const pair = keys();
      const cert = certificate(
        {
          subject: names[0] ?? '',
          issuer: name,
          validity: valid,
          publicKey: pair.publicKey,
          extensions: [alternativeNames(names)],
        },
        privateKey,
      );
      return { cert, key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    },
  };
}

const keys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

type Content = {
  subject: string;
  issuer: string;
  validity: Validity;
  publicKey: KeyObject;
  extensions: readonly Buffer[];
};

function certificate(
  { subject, issuer, validity, publicKey, extensions }: Content,
  signer: KeyObject,
): string {
  const content = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(time(validity.from), time(validity.to)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const der = sequence(content, ECDSA_WITH_SHA256, bits(sign('sha256', content, signer)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** A tag, the length of what follows, and that. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
const sequence = (...parts: readonly Buffer[]) => tagged(0x30, ...parts);
const integer = (bytes: Buffer) => tagged(0x02, bytes);
const bits = (bytes: Buffer) => tagged(0x03, Buffer.from([0]), bytes);
const octets = (bytes: Buffer) => tagged(0x04, bytes);

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const base128 = (value: number): number[] => {
    const digits = [value & 0x7f];
    for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  };
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A common name alone. */
const nameOf = (name: string) =>
  sequence(tagged(0x31, sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(name)))));

/** GeneralizedTime, which also what lies after 2049 can have. */
const time = (at: number) =>
  tagged(0x18, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]|\..*/g, '')}Z`));

const alternativeNames = (names: readonly string[]) =>
  sequence(
    oid('2.5.29.17'),
    octets(sequence(...names.map((name) => tagged(0x82, Buffer.from(name, 'latin1'))))),
  );

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const TRUE = tagged(0x01, Buffer.from([0xff]));
const IS_AUTHORITY = sequence(oid('2.5.29.19'), TRUE, octets(sequence(TRUE)));
