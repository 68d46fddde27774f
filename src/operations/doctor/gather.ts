/** All that the doctor's checks look at, gathered once. Nothing is changed, and what cannot be seen is told so. */
import { lookup } from 'node:dns/promises';
import { dirname } from 'node:path';
import type { App } from '../../app.ts';
import type { RawContainer } from '../../clients/engine.ts';
import type { AcmeFacts, DoctorFacts, ImmichFacts, Listener, SecretFile } from '../../doctor/facts.ts';
import { containersOf, unitsOf } from '../../doctor/facts.ts';
import { isSecretName } from '../../doctor/secret-name.ts';
import type { Service } from '../../services.ts';
import { TOKEN_SHARED } from '../../token-shared.ts';
import { variablesOf } from './containers.ts';
import { acmeOf, dataFolders, secretFile, type Asked } from './files.ts';
import { lookAtHost, type HostLook } from './host.ts';
import { bindsAhead, diskOf, listeners, networkMounts, ownAddresses, renderGroups } from './machine.ts';
import { createSight, type Sight } from './sight.ts';

export type GatherReach = Pick<App, 'config' | 'services' | 'hosts' | 'store' | 'clock' | 'immich'>;

/** Units that get certificates. */
const ACME_UNITS = ['caddy.service', 'traefik.service', 'acme-*.service', 'lego-*.service'];
/** Milliseconds for a name server. */
const PATIENCE = 3000;

export async function gather(app: GatherReach, options: { signal: AbortSignal }): Promise<DoctorFacts> {
  const sight = createSight(options.signal);
  const { config, services, store, clock } = app;
  const looks = await Promise.all(app.hosts.all.map((host) => lookAtHost(app, host, { ...options, sight })));
  const hosts = looks.map(({ facts }) => facts);
  const [mounts, addresses] = [await sight.part('mounts', networkMounts), ownAddresses()];
  const isOnNetwork = (path: string) =>
    !('known' in mounts) || mounts.known.some((mount) => path === mount || path.startsWith(`${mount}/`));

  const [heard, folders, secrets, sameDisk, acme, immich, heartbeats, ahead, groups] = await Promise.all([
    sight.part('ports', () => listeners(ownersOf(looks))),
    Promise.all(
      containersOf({ hosts }).map(({ host, name, mounts: own }) =>
        dataFolders({ host, container: name }, own, { isOnNetwork, sight }),
      ),
    ),
    secretFiles(app, looks, { isOnNetwork, sight }),
    sight.part('disks', () => sameDiskOf(app, looks, isOnNetwork)),
    sight.one('acme', 'certificates', () => acmeFacts(app)),
    app.immich === undefined ? undefined : sight.part('Immich', () => askImmich(app, options)),
    heartbeatsOf(app, addresses),
    bindsAhead(),
    renderGroups(),
  ]);
  const { backups, checks } = services;
  const { age } = config;
  return {
    services: services.all,
    settings: {
      timeZone: config.timeZone,
      observe: config.observe,
      backups:
        backups === undefined
          ? undefined
          : { folder: backups.folder, hasOffsite: backups.offsite !== undefined },
      vpnInterface: checks.vpn?.interface,
      proxyAddress: checks.proxy?.address,
      backupKeys: [
        ...(age.identityFile === undefined ? [] : [age.identityFile]),
        ...(backups?.offsite?.kind === 'restic' ? [backups.offsite.password_file] : []),
      ],
      shareWith: config.immich?.shareWith,
      cleansAlbum: config.immich !== undefined,
    },
    hosts,
    addresses,
    bindsAhead: ahead,
    listeners: heard,
    networkMounts: mounts,
    renderGroups: groups,
    secretFiles: secrets,
    dataFolders: folders.flat(),
    sameDisk,
    acme: acme ?? [],
    immich,
    heartbeats,
    unseen: sight.unseen(),
    tokenSharedAt: store.facts.at(TOKEN_SHARED),
    now: clock.now(),
  };
}

/** By what stands in the path of their control group. */
function ownersOf(looks: readonly HostLook[]): Map<string, Pick<Listener, 'container' | 'unit'>> {
  const containers = looks.flatMap(({ raw }) =>
    raw.map((one) => [one.Id, { container: one.Name.replace(/^\//, '') }] as const),
  );
  const units = unitsOf({ hosts: looks.map(({ facts }) => facts) })
    .filter(({ service }) => service !== undefined)
    .map(({ name }) => [`/${name}`, { unit: name }] as const);
  // A container's group can lie in that of its unit.
  return new Map<string, Pick<Listener, 'container' | 'unit'>>([...containers, ...units]);
}

async function secretFiles(
  { config, services }: GatherReach,
  looks: readonly HostLook[],
  { isOnNetwork, sight }: { isOnNetwork: (path: string) => boolean; sight: Sight },
): Promise<SecretFile[]> {
  const own: Asked[] = [
    ...(config.file === undefined ? [] : [{ path: config.file, reader: 'Steward', service: undefined }]),
    ...config.secretFiles.map(({ name, path }) => ({ path, reader: name, service: undefined })),
    ...(config.age.identityFile === undefined
      ? []
      : [{ path: config.age.identityFile, reader: 'BACKUP_AGE_IDENTITY_FILE', service: undefined }]),
    ...services.secretFiles.map(({ path, service }) => ({ path, service, reader: 'services.yaml' })),
  ].map((file) => ({ ...file, as: 'either' as const }));
  const ofUnits = looks.flatMap(({ facts, setups }): Asked[] =>
    unitsOf({ hosts: [facts] })
      .filter(({ service }) => service !== undefined)
      .flatMap(({ name, service }) =>
        (setups.get(name)?.environmentFiles ?? [])
          .filter(({ optional }) => !optional)
          .map(({ path }) => ({ path, reader: name, service, as: 'lines' as const })),
      ),
  );
  const ofContainers = looks.flatMap(({ facts, raw }) => {
    const known = containersOf({ hosts: [facts] });
    return raw.flatMap((one) => {
      const container = known.find(({ name }) => `/${name}` === one.Name || name === one.Name);
      return filesOf(one, container?.service);
    });
  });
  const asked = [...own, ...ofUnits, ...ofContainers].filter(({ path }) => !isOnNetwork(path));
  const read = await Promise.all(
    asked.map((file) => sight.one('secretFiles', file.path, () => secretFile(file))),
  );
  return read.filter((file) => file !== undefined);
}

/** What a container reads secrets from: files of variables, and those that a variable `…_FILE` names. */
function filesOf(raw: RawContainer, service: string | undefined): Asked[] {
  const reader = raw.Name.replace(/^\//, '');
  const words = raw.podman?.Config.CreateCommand ?? [];
  const lines = words.flatMap((word, index) => {
    const path = /^--env-file(?:=(.+))?$/.exec(word);
    return path === null ? [] : [path[1] ?? words[index + 1] ?? ''];
  });
  const values = [...variablesOf(raw)]
    .filter(([name]) => name.endsWith('_FILE') && isSecretName(name.slice(0, -'_FILE'.length)))
    .flatMap(([, inside]) => {
      const mounts = (raw.Mounts ?? []).filter(
        ({ Destination: to }) => inside === to || inside.startsWith(`${to}/`),
      );
      const [deepest] = mounts.toSorted((a, b) => b.Destination.length - a.Destination.length);
      return deepest === undefined ? [] : [deepest.Source + inside.slice(deepest.Destination.length)];
    });
  return [
    ...lines
      .filter((path) => path.startsWith('/'))
      .map((path) => ({ path, reader, service, as: 'lines' as const })),
    ...values.map((path) => ({ path, reader, service, as: 'value' as const })),
  ];
}

/** One place of each service whose data lies on the disk of the copies. */
async function sameDiskOf(
  { services }: GatherReach,
  looks: readonly HostLook[],
  isOnNetwork: (path: string) => boolean,
): Promise<{ service: string; path: string }[]> {
  const { backups } = services;
  if (backups === undefined || isOnNetwork(backups.folder)) return [];
  const disk = await diskOf(backups.folder);
  const found = await Promise.all(
    services.all.map(async (service) => {
      for (const path of dataOf(service, looks).filter((one) => !isOnNetwork(one))) {
        if ((await diskOf(path)) === disk) return [{ service: service.name, path }];
      }
      return [];
    }),
  );
  return found.flat();
}

function dataOf({ backup, host }: Service, looks: readonly HostLook[]): string[] {
  const containers = containersOf({ hosts: looks.map(({ facts }) => facts) }).filter(
    (one) => one.host === host,
  );
  return (backup?.sources ?? []).flatMap((source) => {
    switch (source.kind) {
      case 'files':
        return [source.folder];
      case 'sqlite':
        // What stands before the first pattern.
        return [dirname(source.files.replace(/[*{].*$/s, 'x'))];
      case 'postgres':
        return containers
          .filter(({ name }) => name === source.container)
          .flatMap(({ mounts }) => mounts.filter(({ readOnly }) => !readOnly).map((mount) => mount.source))
          .filter((path) => path.startsWith('/'));
    }
  });
}

async function acmeFacts({ hosts, services }: GatherReach): Promise<AcmeFacts[]> {
  const [local] = hosts.all;
  if (local === undefined) return [];
  const names = await local.systemd.unitFiles(ACME_UNITS);
  const setups = await local.systemd.setups(names);
  return Promise.all(
    names.map((name, index) => {
      const service = services.all.find((one) => one.host === local.name && one.units.includes(name));
      return acmeOf(name, service?.name, setups[index] as (typeof setups)[number]);
    }),
  );
}

async function askImmich({ immich }: GatherReach, options: { signal?: AbortSignal }): Promise<ImmichFacts> {
  if (immich === undefined) throw new Error('there is no key');
  const [permissions, version] = await Promise.all([immich.permissions(options), immich.version(options)]);
  // Whose key it is can be asked only with one of the permissions.
  const mayAsk = permissions.some((one) => one === 'all' || one === 'user.read');
  const me = mayAsk ? await immich.me(options) : undefined;
  return { major: version.major, permissions, email: me?.email, isAdmin: me?.isAdmin === true };
}

/** A monitor on the machine that it watches goes down with it. */
async function heartbeatsOf(
  { config, services }: GatherReach,
  addresses: DoctorFacts['addresses'],
): Promise<DoctorFacts['heartbeats']> {
  const all = [
    ...(config.heartbeatUrl === undefined
      ? []
      : [{ setting: 'HEARTBEAT_URL', service: undefined, url: config.heartbeatUrl }]),
    ...Object.entries(services.heartbeats).map(([job, url]) => ({
      setting: `heartbeats.${job}`,
      service: undefined,
      url,
    })),
    ...services.all.flatMap(({ name, heartbeat }) =>
      heartbeat === undefined
        ? []
        : [{ setting: `services.${name}.heartbeat`, service: name, url: heartbeat }],
    ),
  ];
  const own = new Set(addresses.map(({ address }) => address));
  return Promise.all(
    all.map(async ({ setting, service, url }) => {
      const name = new URL(url).hostname.replace(/^\[|\]$/g, '');
      const found = await resolved(name);
      return {
        setting,
        service,
        name,
        isHere: found.some((address) => own.has(address) || /^(?:127\.|::1$|0\.0\.0\.0$)/.test(address)),
      };
    }),
  );
}

/** @returns none for a name that nobody knows now: a heartbeat that fails is told elsewhere */
async function resolved(name: string): Promise<string[]> {
  const silence = new Promise<[]>((resolve) => void setTimeout(() => resolve([]), PATIENCE).unref());
  const answer = lookup(name, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  );
  return Promise.race([answer, silence]);
}
