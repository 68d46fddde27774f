/** The ways from outside: the VPN's address, and services through their HTTPS names with their certificates. */
import { judgeCertificate } from '../../checks/certificate.ts';
import type { Certificate, SecureAnswer } from '../../clients/https.ts';
import { causeOf } from '../../errors.ts';
import type { Finding } from '../../report/alerts.ts';
import type { Service } from '../../services.ts';
import { sleep } from '../../sleep.ts';
import {
  lookedAt,
  merged,
  NOTHING,
  notLookedAt,
  type Look,
  type SmokeCheck,
  type SmokeReach,
} from './check.ts';
import { isDeploying } from './units.ts';

/** Milliseconds: its daemon asks the world first. */
const VPN_AFTER_BOOT = 60_000;
const SECOND = 1000;

export const vpn: SmokeCheck = {
  keys: ['vpn:'],
  pace: 'often',
  async look(app, { signal }) {
    const name = app.services.checks.vpn?.interface;
    if (name === undefined) return NOTHING;
    const isThere = () => app.machine.addresses(name).some(leadsElsewhere);
    const boot = await app.machine.boot();
    const until = boot === undefined ? 0 : boot.at + VPN_AFTER_BOOT;
    while (!isThere() && app.clock.now() < until) await sleep(SECOND, signal);
    return lookedAt(app, `vpn:${name}`, isThere() ? undefined : { kind: 'vpn', interface: name });
  },
};

/** Neither of the machine alone, nor one that every interface gives itself. */
const leadsElsewhere = (address: string): boolean => !/^(?:127\.|::1$|169\.254\.|fe80:)/i.test(address);

/** What is asked, and of which service it is; names alone can be of none. */
type Way = { url: string; key: string; title: string; service: Service | undefined };

export const https: SmokeCheck = {
  keys: ['url:', 'certificate:'],
  pace: 'often',
  async look(app, options) {
    const asked = await Promise.all(waysOf(app).map((way) => lookAtOne(app, way, options)));
    const seen = asked.flatMap(({ way, certificate }) => (certificate ? [{ way, certificate }] : []));
    const isWhole = seen.length === asked.length;
    return merged([
      ...asked.map(({ look }) => look),
      certificates(app, seen),
      // Whose certificate was not shown may have any name.
      isWhole ? NOTHING : notLookedAt('certificate:', 'not every name answers'),
    ]);
  },
};

function waysOf({ services }: SmokeReach): Way[] {
  const ways = new Map<string, Way>();
  for (const service of services.all) {
    const { name, title, url, health } = service;
    if (url === undefined || !url.startsWith('https:')) continue;
    const target = new URL(url);
    // What the health URL asks for on this machine is there behind the name, too.
    if (health.url !== undefined) {
      const { pathname, search } = new URL(health.url);
      target.pathname = `${target.pathname.replace(/\/$/, '')}${pathname}`;
      target.search = search;
    }
    ways.set(target.hostname, { url: target.href, key: `url:${name}`, title, service });
  }
  for (const name of services.checks.proxy?.names ?? []) {
    if (ways.has(name)) continue;
    ways.set(name, { url: `https://${name}/`, key: `url:${name}`, title: name, service: undefined });
  }
  return [...ways.values()];
}

type Asked = { way: Way; certificate: Certificate | undefined; look: Look };

async function lookAtOne(
  app: SmokeReach,
  way: Way,
  { signal, pause }: { signal: AbortSignal; pause: number },
): Promise<Asked> {
  const { key, service, title, url } = way;
  const unseen = (why: string): Asked => ({ way, certificate: undefined, look: notLookedAt(key, why) });
  try {
    if (service !== undefined) {
      const why = await whyNotNow(app, service, signal);
      if (why !== undefined) return unseen(why);
    }
    const { address, authority } = app.services.checks.proxy ?? {};
    const ask = () => app.https.ask(url, { address, authority, signal });
    let answer = await ask();
    if (troubleOf(answer, service) !== undefined) {
      // A proxy that was just given new settings is there again in a moment.
      await sleep(pause, signal);
      answer = await ask();
    }
    const cause = troubleOf(answer, service);
    const { certificate } = answer;
    const look = lookedAt(app, key, cause === undefined ? undefined : { kind: 'url', title, url, cause });
    return { way, certificate, look: { ...look, findings: look.findings.map(of(service)) } };
  } catch (error) {
    signal.throwIfAborted();
    return unseen(causeOf(error));
  }
}

/** A service that is down, or being worked on, is told as what it is, and no way to it can be well. */
async function whyNotNow(
  app: SmokeReach,
  service: Service,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!app.locks.isFree(service.name)) return 'it is being worked on';
  if (await isDeploying(app.hosts.of(service), signal)) return 'a deploy is running';
  const { url, expect } = service.health;
  if (url === undefined) return undefined;
  try {
    const { status } = await app.probe.get(url, { signal });
    return status === expect ? undefined : `it answers ${status} on this machine itself`;
  } catch (error) {
    signal.throwIfAborted();
    return `it does not answer on this machine itself: ${causeOf(error)}`;
  }
}

/** A redirect leads to a login: something is there. Where nothing is expected, anything is but a broken server. */
function troubleOf({ status, trouble }: SecureAnswer, service: Service | undefined): string | undefined {
  if (status === undefined) return trouble;
  if (status >= 300 && status < 400) return undefined;
  const expect = service?.health.url === undefined ? undefined : service.health.expect;
  const isGood = expect === undefined ? status < 500 : status === expect;
  return isGood ? undefined : `status ${status}${expect === undefined ? '' : `, not ${expect}`}`;
}

const of =
  (service: Service | undefined) =>
  (finding: Finding): Finding =>
    service === undefined ? finding : { ...finding, service: service.name };

/** One for a certificate, however many names stand behind it; one that is another's is told for each name that got it. */
function certificates(app: SmokeReach, seen: readonly { way: Way; certificate: Certificate }[]): Look {
  const byKey = new Map<string, { certificate: Certificate; asked: string[] }>();
  for (const { way, certificate } of seen) {
    const host = new URL(way.url).hostname;
    const key = `certificate:${certificate.fits ? certificate.name : host}`;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, { certificate, asked: [host] });
    else known.asked.push(host);
  }
  return merged(
    [...byKey].map(([key, { certificate, asked }]) => {
      const trouble = judgeCertificate(certificate, app.clock.now());
      const { name, validTo } = certificate;
      const look = lookedAt(app, key, trouble && { kind: 'certificate', name, validTo, trouble, asked });
      // Where another one was shown before, the trouble had the name of the host.
      return { ...look, looked: [...look.looked, ...asked.map((host) => `certificate:${host}`)] };
    }),
  );
}
