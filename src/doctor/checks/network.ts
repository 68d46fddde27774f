/** Who can reach what, and what waits for an address. */
import type { DoctorCheck, Found } from '../check.ts';
import {
  containersOf,
  listenersOf,
  unitsOf,
  type ContainerFacts,
  type DoctorFacts,
  type UnitFacts,
} from '../facts.ts';
import { portLine } from '../fixes.ts';
import { isKind } from '../known-images.ts';

const EVERYWHERE = new Set(['', '0.0.0.0', '::', '*']);
const LOOPBACK = /^(?:127\.|::1$)/;
/** Units that bring a private network up. */
const VPN_UNIT = /tailscale|wireguard|wg-quick|netbird|zerotier|nebula|openvpn/;

export const networkChecks: readonly DoctorCheck[] = [
  {
    name: 'open-database',
    severity: 'critical',
    needs: ['containers', 'listeners'],
    look: (facts) =>
      boundIn(facts)
        .filter(({ isInner, address }) => isInner && EVERYWHERE.has(address))
        .map(told),
  },
  {
    name: 'wide-address',
    severity: 'warning',
    needs: ['containers', 'listeners'],
    look(facts) {
      const private_ = vpnAddresses(facts);
      // Without a private network there is no saying what is too wide.
      if (private_.size === 0 && facts.settings.vpnInterface === undefined) return [];
      return boundIn(facts)
        .filter(({ address, isInner }) => !(isInner && EVERYWHERE.has(address)))
        .filter(({ address }) => !LOOPBACK.test(address) && !private_.has(address))
        .map(told);
    },
  },
  {
    name: 'vpn-not-awaited',
    severity: 'warning',
    needs: ['containers', 'units', 'listeners'],
    look(facts) {
      const { vpnInterface: link = '' } = facts.settings;
      if (link === '' || facts.bindsAhead) return [];
      const addresses = vpnAddresses(facts);
      const awaits = ({ after, commands }: UnitFacts) =>
        after.some((unit) => VPN_UNIT.test(unit) || unit.includes(link.replaceAll('-', '\\x2d'))) ||
        // A start that asks for the link, or waits for the address in a loop.
        new RegExp(String.raw`\b${RegExp.escape(link)}\b|\b(?:until|while)\b`).test(commands);
      return unitsOf(facts).flatMap((unit): Found[] => {
        const address = boundBy(unit, facts).find((one) => addresses.has(one));
        if (address === undefined || awaits(unit)) return [];
        const fix =
          unit.dialect === 'nix'
            ? 'boot.kernel.sysctl."net.ipv4.ip_nonlocal_bind" = 1;'
            : 'net.ipv4.ip_nonlocal_bind = 1';
        return [{ subject: unit.name, service: unit.service, values: { address, interface: link }, fix }];
      });
    },
  },
  {
    name: 'heartbeat-here',
    severity: 'warning',
    needs: [],
    look: ({ heartbeats }) =>
      heartbeats
        .filter(({ isHere }) => isHere)
        .map(({ setting, service, name }) => ({ subject: setting, service, values: { name } })),
  },
];

type Bound = {
  subject: string;
  service: string | undefined;
  address: string;
  port: string;
  /** A database or a panel, which only other containers or its owner are to reach. */
  isInner: boolean;
  fix: string | undefined;
};

const told = ({ subject, service, address, port, fix }: Bound): Found => ({
  subject,
  service,
  values: { address: EVERYWHERE.has(address) ? '0.0.0.0' : address, port },
  fix,
});

const isInner = ({ image }: ContainerFacts): boolean =>
  (['database', 'cache', 'panel'] as const).some((kind) => isKind(image, kind));

/** What services and containers listen on: published ports, and what programs have opened themselves. */
function boundIn(facts: DoctorFacts): Bound[] {
  const containers = containersOf(facts);
  const published = containers.flatMap((container) =>
    container.ports.map(({ address, port, inside }) => ({
      subject: container.name,
      service: container.service,
      address,
      port,
      isInner: isInner(container),
      fix: portLine(container, `127.0.0.1:${port}:${inside}`),
    })),
  );
  const opened = listenersOf(facts).flatMap((listener): Bound[] => {
    const container = containers.find(({ name, networkMode }) => {
      return name === listener.container && networkMode === 'host';
    });
    const unit = unitsOf(facts).find(({ name, service }) => name === listener.unit && service !== undefined);
    const owner = container ?? unit;
    if (owner === undefined) return [];
    return [
      {
        subject: owner.name,
        service: owner.service,
        address: listener.address,
        port: String(listener.port),
        isInner: container !== undefined && isInner(container),
        fix: undefined,
      },
    ];
  });
  // One for both families. The engine's own programs hold published ports open, in the name of the unit.
  const seen = new Set<string>();
  return [...published, ...opened].filter(({ address, port }) => {
    const key = `${EVERYWHERE.has(address) ? '*' : address} ${port}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Addresses that a unit's container is published on, or that its own program listens on or is told. */
function boundBy({ name, host, commands }: UnitFacts, facts: DoctorFacts): string[] {
  const published = containersOf(facts)
    .filter((container) => container.host === host && container.unit === name)
    .flatMap(({ ports }) => ports.map(({ address }) => address));
  const opened = listenersOf(facts)
    .filter(({ unit }) => unit === name)
    .map(({ address }) => address);
  const named = commands.match(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g) ?? [];
  return [...published, ...opened, ...named];
}

function vpnAddresses({ addresses, settings }: DoctorFacts): Set<string> {
  const { vpnInterface, proxyAddress } = settings;
  const own = addresses
    .filter((one) => one.interface === vpnInterface && !LOOPBACK.test(one.address))
    .map(({ address }) => address);
  return new Set([...own, ...(proxyAddress === undefined ? [] : [proxyAddress])]);
}
