/** services.yaml → typed services. All faults of the file are found at once. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { readSecretFile, whyUnreadable } from './config/environment.ts';
import { UserError, type Fault } from './errors.ts';
import { nearest } from './nearest.ts';
import { readDocument, type YamlDocument } from './services/document.ts';
import { faultsOf, nameOf, unknownKey } from './services/faults.ts';
import {
  Backups,
  Checks,
  Heartbeats,
  HostEntry,
  HostName,
  ServiceEntry,
  ServiceName,
  TOP,
  type Container,
} from './services/schema.ts';

export type Service = Omit<ServiceEntry, 'title' | 'pushover_token_file'> & {
  name: string;
  title: string;
  /** Of an application of its own at Pushover. */
  pushoverToken: string | undefined;
};
export type { Container };

/** A further host; `local` comes from the environment. */
export type HostDefinition = HostEntry & { name: string };

export type Services = {
  readonly all: readonly Service[];
  /** By the exact name. */
  get(name: string): Service | undefined;
  /**
   * By the exact name, or by an unambiguous part of a name, title, container or native unit.
   * @throws UserError that names the candidates of an ambiguous part, or the names nearest to an unknown one
   */
  find(part: string): Service;
  /** The service that a container belongs to. @param host where it was seen */
  ofContainer(name: string, host?: string): Service | undefined;
  readonly hosts: readonly HostDefinition[];
  readonly backups: Backups | undefined;
  readonly checks: Checks;
  /** Files that it names for secrets, and the service whose they are. */
  readonly secretFiles: readonly { path: string; service: string | undefined }[];
  readonly heartbeats: Heartbeats;
  /** Secret values that the file leads to, for masking. */
  readonly secrets: readonly string[];
};

/** @returns the services, or the faults of the file */
export function readServices(
  file: string,
): { services: Services; faults: [] } | { services: undefined; faults: Fault[] } {
  const document = readDocument(file);
  if ('faults' in document) return { services: undefined, faults: document.faults };

  const faults: Fault[] = [];
  /** Checks one part, so that what is wrong in it does not hide what is wrong elsewhere. */
  const check = <Schema extends z.ZodType>(schema: Schema, path: readonly string[], part: unknown) => {
    const result = schema.safeParse(part);
    if (result.success) return result.data;
    faults.push(...faultsOf(result.error.issues, { document, path, part }));
    return undefined;
  };
  const entries = <Schema extends z.ZodType>(key: string, name: typeof ServiceName, schema: Schema) =>
    Object.entries(mapAt(document, [key], top[key], faults)).map(([entry, part]) => {
      const { success, error } = name.safeParse(entry);
      if (!success) {
        faults.push(...faultsOf(error.issues, { document, path: [key, entry], part: entry }));
      }
      return { name: entry, entry: check(schema, [key, entry], part) };
    });

  const top = mapAt(document, [], document.data, faults);
  for (const key of Object.keys(top)) {
    if (!TOP.some((known) => known === key)) faults.push(unknownKey(document, [key], TOP));
  }
  const hosts = entries('hosts', HostName, HostEntry);
  const found = entries('services', ServiceName, ServiceEntry);
  const backups = top.backups === undefined ? undefined : check(Backups, ['backups'], top.backups);
  if (backups?.offsite?.kind === 'restic') {
    const path = ['backups', 'offsite', 'password_file'];
    faults.push(...fileFaults(document, path, backups.offsite.password_file, "restic's password"));
  }
  const checks = check(Checks, ['checks'], top.checks ?? {});
  if (checks?.proxy?.authority !== undefined) {
    const path = ['checks', 'proxy', 'authority'];
    faults.push(...fileFaults(document, path, checks.proxy.authority, 'certificates in PEM'));
  }
  const heartbeats = check(Heartbeats, ['heartbeats'], top.heartbeats ?? {});
  if (found.length === 0 && faults.length === 0) {
    faults.push({
      where: document.where([]),
      name: 'services',
      found: 'nothing',
      expected: 'at least one service',
    });
  }

  const services = found.flatMap(({ name, entry }) =>
    entry === undefined ? [] : [serviceOf(name, entry, { document, folder: dirname(file), faults })],
  );
  faults.push(
    ...crossCheck(services, {
      document,
      hosts: [...new Set(['local', ...hosts.map(({ name }) => name)])],
      hasBackups: top.backups !== undefined,
    }),
  );
  if (faults.length > 0 || checks === undefined || heartbeats === undefined)
    return { services: undefined, faults };
  return {
    services: createServices(services, {
      hosts: hosts.flatMap(({ name, entry }) => (entry === undefined ? [] : [{ name, ...entry }])),
      backups,
      checks,
      secretFiles: [
        ...(backups?.offsite?.kind === 'restic'
          ? [{ path: backups.offsite.password_file, service: undefined }]
          : []),
        ...found.flatMap(({ name, entry }) =>
          entry?.pushover_token_file === undefined
            ? []
            : [{ path: resolve(dirname(file), entry.pushover_token_file), service: name }],
        ),
      ],
      heartbeats,
    }),
    faults: [],
  };
}

/** It is read in the night, by restic for one; whether it can be is asked before. */
function fileFaults(
  document: YamlDocument,
  path: readonly string[],
  file: string,
  expected: string,
): Fault[] {
  const fault = (why: string): Fault[] => {
    const found = `"${file}", ${why}`;
    return [{ where: document.where(path), name: nameOf(path), found, expected }];
  };
  try {
    return readFileSync(file, 'utf8').trim() === '' ? fault('an empty file') : [];
  } catch (error) {
    return fault(whyUnreadable(error));
  }
}

function mapAt(
  document: YamlDocument,
  path: readonly string[],
  part: unknown,
  faults: Fault[],
): Record<string, unknown> {
  if (part === undefined) return {};
  if (typeof part === 'object' && part !== null && !Array.isArray(part)) return { ...part };
  faults.push({
    where: document.where(path),
    name: nameOf(path) || 'services',
    found: Array.isArray(part) ? 'a list' : part === null ? 'nothing' : 'a plain value',
    expected: 'a map',
  });
  return {};
}

function serviceOf(
  name: string,
  { title = name, pushover_token_file: tokenFile, ...entry }: ServiceEntry,
  { document, folder, faults }: { document: YamlDocument; folder: string; faults: Fault[] },
): Service {
  const secret =
    tokenFile === undefined ? undefined : readSecretFile(resolve(folder, tokenFile), 'PUSHOVER_TOKEN');
  if (secret !== undefined && 'found' in secret) {
    const path = ['services', name, 'pushover_token_file'];
    faults.push({ where: document.where(path), name: nameOf(path), ...secret });
  }
  return {
    name,
    title,
    ...entry,
    pushoverToken: secret !== undefined && 'value' in secret ? secret.value : undefined,
  };
}

/** What no part of the file shows alone. */
function crossCheck(
  services: readonly Service[],
  { document, hosts, hasBackups }: { document: YamlDocument; hosts: readonly string[]; hasBackups: boolean },
): Fault[] {
  const faults: Fault[] = [];
  const owners = new Map<string, string>();
  for (const service of services) {
    const fault = (
      path: readonly (string | number)[],
      found: string,
      expected: string,
      meant?: string,
    ): void => {
      const place = ['services', service.name, ...path];
      faults.push({ where: document.where(place), name: nameOf(place), found, expected, nearest: meant });
    };

    if (!hosts.includes(service.host)) {
      const [meant] = nearest(service.host, hosts, 1);
      fault(['host'], JSON.stringify(service.host), `one of ${hosts.join(', ')}`, meant);
    }
    if (service.containers.length === 0 && service.units.length === 0) {
      fault([], 'neither containers nor units', 'at least one of either');
    }
    const claim = (path: readonly [string, number], name: string, expected: string): void => {
      const key = `${service.host}/${name}`;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, service.name);
      else fault(path, `"${name}", which ${owner} has already`, expected);
    };
    for (const [index, { name }] of service.containers.entries()) {
      claim(['containers', index], name, 'a container of one service');
    }
    for (const [index, unit] of service.units.entries()) {
      claim(['units', index], unit, 'a unit of one service');
    }
    if (service.backup !== undefined && !hasBackups) {
      fault(['backup'], 'a backup without a folder for it', 'backups.folder at the top of the file');
    }
    if (service.backup === undefined && service.update.rollback === 'with-data') {
      fault(['update', 'rollback'], 'with-data without a backup', 'a backup, or rollback: image');
    }
    const containers = service.containers.map(({ name }) => name);
    for (const [index, source] of (service.backup?.sources ?? []).entries()) {
      if (source.kind !== 'postgres' || containers.includes(source.container)) continue;
      const [meant] = nearest(source.container, containers, 1);
      fault(
        ['backup', 'sources', index, 'container'],
        JSON.stringify(source.container),
        'a container of this service',
        meant,
      );
    }
  }
  return faults;
}

function createServices(
  all: readonly Service[],
  rest: Pick<Services, 'hosts' | 'backups' | 'checks' | 'secretFiles' | 'heartbeats'>,
): Services {
  const byName = new Map(all.map((service) => [service.name, service]));
  return {
    ...rest,
    all,
    get: (name) => byName.get(name),
    find(part) {
      const wanted = part.trim().toLowerCase();
      const fits: ((service: Service) => boolean)[] = [
        ({ name }) => name === wanted,
        (service) => wordsOf(service).includes(wanted),
        (service) => wanted !== '' && wordsOf(service).some((word) => word.includes(wanted)),
      ];
      const candidates = fits.map((fit) => all.filter(fit)).find((fitting) => fitting.length > 0);
      const [service, ...others] = candidates ?? [];
      if (service === undefined) throw unknownService(part, all);
      if (others.length === 0) return service;
      const names = [service, ...others].map(({ name }) => name);
      throw new UserError(`"${part.trim()}" can be ${names.join(' or ')}. Which one?`, names);
    },
    ofContainer: (name, host) =>
      all.find(
        (service) =>
          (host === undefined || service.host === host) &&
          service.containers.some((container) => container.name === name),
      ),
    secrets: [
      ...all.flatMap(({ heartbeat, pushoverToken }) => [heartbeat, pushoverToken]),
      ...Object.values(rest.heartbeats),
    ].filter((secret) => secret !== undefined),
  };
}

/** Units of containers are left out: they all begin alike. */
const wordsOf = ({ name, title, containers, units }: Service): string[] =>
  [name, title, ...containers.map((container) => container.name), ...units].map((word) => word.toLowerCase());

function unknownService(part: string, all: readonly Service[]): UserError {
  const names = all.map(({ name }) => name);
  const near = nearest(part.trim(), names);
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are: ${names.join(', ')}.`;
  return new UserError(`No service is called "${part.trim()}". ${hint}`, near);
}
