/** The ways from outside: the VPN's address, and services through their HTTPS names with their certificates. */
import { judgeCertificate } from '../../checks/certificate.ts';
import type { Certificate, SecureAnswer } from '../../clients/https.ts';
import { causeOf } from '../../errors.ts';
import type { Service } from '../../services.ts';
import { sleep } from '../../sleep.ts';
import { isDeploying } from '../update/prepare.ts';
import {
  lookedAt,
  merged,
  NOTHING,
  notLookedAt,
  type Look,
  type SmokeCheck,
  type SmokeOptions,
  type SmokeReach,
} from './check.ts';

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
    const deploys = new Map(app.hosts.all.map((host) => [host.name, once(() => isDeploying(host))]));
    const ask = async (way: Way): Promise<Asked> => {
      const { service, key } = way;
      try {
        if (service !== undefined && (await deploys.get(service.host)?.()) === true) {
          return { way, look: notLookedAt(key, 'a deploy is running') };
        }
        const unseen = service && (await whyNotNow(app, service, options));
        return unseen === undefined
          ? await askOne(app, way, options)
          : { way, look: notLookedAt(key, ...unseen) };
      } catch (error) {
        options.signal.throwIfAborted();
        return { way, look: notLookedAt(key, causeOf(error)) };
      }
    };
    const asked = await Promise.all(waysOf(app).map(ask));
    const silent = asked.filter(({ certificate }) => certificate === undefined);
    // Why a name does not answer is said of the name.
    const isSaid = silent.every(({ look }) => look.notLooked.every(({ because }) => because !== undefined));
    return merged([
      ...asked.map(({ look }) => look),
      certificates(app, asked),
      // Whose certificate was not shown may have any name.
      silent.length === 0
        ? NOTHING
        : notLookedAt('certificate:', 'not every name answers', isSaid ? 'told' : undefined),
    ]);
  },
};

/** The same answer for all who ask. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}

function waysOf({ services }: SmokeReach): Way[] {
  const own = services.all.flatMap((service): Way[] => {
    const { name, title, url, health } = service;
    if (url === undefined || !url.startsWith('https:')) return [];
    const target = new URL(url);
    // What the health URL asks for on this machine is there behind the name, too.
    if (health.url !== undefined) {
      const { pathname, search } = new URL(health.url);
      target.pathname = `${target.pathname.replace(/\/$/, '')}${pathname}`;
      target.search = search;
    }
    return [{ url: target.href, key: `url:${name}`, title, service }];
  });
  const known = new Set(own.map(({ url }) => new URL(url).hostname));
  const names = (services.checks.proxy?.names ?? []).filter((name) => !known.has(name));
  return [
    ...own,
    ...names.map((name) => ({
      url: `https://${name}/`,
      key: `url:${name}`,
      title: name,
      service: undefined,
    })),
  ];
}

type Asked = { way: Way; certificate?: Certificate | undefined; look: Look };

async function askOne(app: SmokeReach, way: Way, { signal, pause }: SmokeOptions): Promise<Asked> {
  const { key, service, title, url } = way;
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
  if (cause === undefined) return { way, certificate, look: lookedAt(app, key, undefined) };
  if (address === undefined && /ENOTFOUND|EAI_AGAIN/.test(cause)) {
    const why = 'this machine does not know the name, and checks.proxy names no address';
    return { way, look: notLookedAt(key, why, 'lacking') };
  }
  const { findings, ...look } = lookedAt(app, key, { kind: 'url', title, url, cause });
  const own = service === undefined ? {} : { service: service.name };
  return { way, certificate, look: { ...look, findings: findings.map((one) => ({ ...one, ...own })) } };
}

/** A service that is down, or being worked on, is told as what it is, and no way to it can be well. */
async function whyNotNow(
  app: SmokeReach,
  service: Service,
  { signal }: SmokeOptions,
): Promise<[why: string, because?: 'told'] | undefined> {
  if (!app.locks.isFree(service.name)) return ['it is being worked on'];
  const { url, expect } = service.health;
  if (url === undefined) return undefined;
  try {
    const { status } = await app.probe.get(url, { signal });
    return status === expect ? undefined : [`it answers ${status} on this machine itself`, 'told'];
  } catch (error) {
    signal.throwIfAborted();
    return [`it does not answer on this machine itself: ${causeOf(error)}`, 'told'];
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

/** One for a certificate, however many names stand behind it; one that is another's is told for each name that got it. */
function certificates(app: SmokeReach, asked: readonly Asked[]): Look {
  const byKey = new Map<string, { certificate: Certificate; hosts: string[] }>();
  for (const { way, certificate } of asked) {
    if (certificate === undefined) continue;
    const host = new URL(way.url).hostname;
    const key = `certificate:${certificate.fits ? certificate.name : host}`;
    const known = byKey.get(key);
    // Of two with one name the one that ends first is shown.
    const worse = known === undefined || certificate.validTo < known.certificate.validTo;
    byKey.set(key, {
      certificate: worse ? certificate : known.certificate,
      hosts: [...(known?.hosts ?? []), host],
    });
  }
  return merged(
    [...byKey].map(([key, { certificate, hosts }]) => {
      const { name, validTo } = certificate;
      const trouble = judgeCertificate(certificate, app.clock.now());
      const look = lookedAt(
        app,
        key,
        trouble && { kind: 'certificate', name, validTo, trouble, asked: hosts },
      );
      // Where another one was shown before, the trouble had the name of the host.
      return { ...look, looked: [...look.looked, ...hosts.map((host) => `certificate:${host}`)] };
    }),
  );
}
