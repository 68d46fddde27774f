/** Bearer tokens as registries hand them out (distribution's token specification, and OAuth2 where a login is one). */
import { z } from 'zod';
import type { Credentials } from './configuration.ts';

export type Challenge =
  | { scheme: 'basic' }
  | { scheme: 'bearer'; realm: string; service: string | undefined; scope: string | undefined };

export type Token = {
  text: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
};

/** @returns what a `WWW-Authenticate` asks for; undefined for what we cannot do */
export function parseChallenge(header: string | string[] | undefined): Challenge | undefined {
  const offers = [header ?? []].flat();
  for (const offer of offers) {
    const [, scheme = '', rest = ''] = /^\s*(\w+)\s*(.*)$/s.exec(offer) ?? [];
    const values = Object.fromEntries(
      [...rest.matchAll(/(\w+)="([^"]*)"|(\w+)=([^\s",]+)/g)].map(([, a, b, c, d]) => [a ?? c, b ?? d]),
    ) as Partial<Record<string, string>>;
    if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' };
    if (scheme.toLowerCase() === 'bearer' && values['realm'] !== undefined) {
      return { scheme: 'bearer', realm: values['realm'], service: values['service'], scope: values['scope'] };
    }
  }
  return undefined;
}

/** The least that a token lasts, where the answer does not say. */
const LASTS = 60;
/** It is not used in its last seconds: the clocks may differ. */
const MARGIN = 10;

const TokenAnswer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().default(LASTS),
});

/** @throws Error when the answer holds no token */
export function parseToken(answer: unknown, now: number): Token {
  const read = TokenAnswer.safeParse(answer);
  const text = read.data?.token ?? read.data?.access_token;
  if (read.data === undefined || text === undefined) throw new Error('the token service gave no token');
  return { text, expiresAt: now + Math.max(0, read.data.expires_in - MARGIN) * 1000 };
}

export type TokenRequest = {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body?: string;
};

/** How to ask for a token that may read one repository. */
export function tokenRequest(
  { realm, service, scope }: Extract<Challenge, { scheme: 'bearer' }>,
  credentials: Credentials | undefined,
): TokenRequest {
  const asked = {
    ...(service === undefined ? {} : { service }),
    ...(scope === undefined ? {} : { scope }),
  };
  if (credentials !== undefined && 'identityToken' in credentials) {
    return {
      method: 'POST',
      url: realm,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        ...asked,
        grant_type: 'refresh_token',
        client_id: 'steward',
        refresh_token: credentials.identityToken,
      }).toString(),
    };
  }
  const url = new URL(realm);
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return {
    method: 'GET',
    url: url.href,
    headers: credentials === undefined ? {} : { authorization: basic(credentials) },
  };
}

export const basic = ({ username, password }: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
