/** Certificates for names that nobody else has: X.509, signed by themselves. RFC 5280, as little of it as a client wants. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** DER: a tag, the length, the content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const TAG = { integer: 2, bits: 3, octets: 4, oid: 6, text: 12, time: 23, sequence: 48, set: 49 };
const sequence = (...parts: readonly Uint8Array[]) => der(TAG.sequence, ...parts);
const oid = (hex: string) => der(TAG.oid, Buffer.from(hex, 'hex'));

const COMMON_NAME = oid('550403');
const OTHER_NAMES = oid('551d11');
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));

/** `261120143800Z`; years until 2049. */
const time = (at: number) =>
  der(TAG.time, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));

/** @returns PEM; `from` and `to` in milliseconds since 1970 tell it from others for the same name */
export function certificateOf(
  name: string,
  { privateKey, publicKey }: Keys,
  { from, to }: { from: number; to: number },
): string {
  // Clients look for whom they trust by this name, so two certificates must not share it.
  const subject = sequence(
    der(TAG.set, sequence(COMMON_NAME, der(TAG.text, Buffer.from(`${name} ${from}`)))),
  );
  const names = sequence(der(0x82, Buffer.from(name)));
  const told = sequence(
    der(0xa0, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, Buffer.from([1]), randomBytes(8)),
    ECDSA_SHA256,
    subject,
    sequence(time(from), time(to)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(OTHER_NAMES, der(TAG.octets, names)))),
  );
  const signature = der(TAG.bits, Buffer.from([0]), sign('sha256', told, privateKey));
  const text = sequence(told, ECDSA_SHA256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

export type Keys = { privateKey: KeyObject; publicKey: KeyObject };
export const createKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
