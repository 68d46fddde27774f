/** One host: its engine with the containers, its systemd with the units and timers. */
import { realpath } from 'node:fs/promises';
import type { App } from '../../app.ts';
import type { RawContainer } from '../../clients/engine.ts';
import type { Setup } from '../../clients/systemd.ts';
import type { Dialect, HostFacts, Known, TimerFacts, UnitFacts } from '../../doctor/facts.ts';
import { isKind } from '../../doctor/known-images.ts';
import type { Host } from '../../hosts.ts';
import type { Service } from '../../services.ts';
import { unitsOf } from '../host-view.ts';
import { withScripts } from '../update/configured.ts';
import { toContainerFacts } from './containers.ts';
import { idsOf, rootlessFacts, userOfSocket } from './machine.ts';
import type { Sight } from './sight.ts';

export type HostLook = {
  facts: HostFacts;
  /** As the engine gave them, values of variables among them: for the gathering alone. */
  raw: readonly RawContainer[];
  setups: ReadonlyMap<string, Setup>;
};

type Options = { signal: AbortSignal };

/** Of these more is asked than of others. */
const OF_STEWARD = 'steward.service';
const CONTAINER_UNITS = ['podman-*.service', 'docker-*.service'];
const COMPOSE = 'com.docker.compose.project';
/** The last lines of a log that are looked through. */
const TAIL = 300;
/** Characters of a line that are told. */
const LINE_MOST = 200;
const SAVED = /Background saving terminated with success|DB saved on disk/;
/** Redis and its kin say the first themselves, their clients the second. */
const CANNOT_SAVE =
  /\bMISCONF\b|Can't save in background|Background saving error|Failed opening the (?:temp )?RDB file/;

export async function lookAtHost(
  app: Pick<App, 'config' | 'services'>,
  host: Host,
  { sight, ...options }: Options & { sight: Sight },
): Promise<HostLook> {
  const socket =
    app.services.hosts.find(({ name }) => name === host.name)?.engine ?? app.config.engine.socket;
  const services = app.services.all.filter((service) => service.host === host.name);
  const user = await userOfSocket(socket);
  const [engine, raw, units, timers, rootless] = await Promise.all([
    sight.part(host.name, () => host.engine.version(options)),
    sight.part(host.name, () => containersOf(host, options)),
    sight.part(host.name, () => lookAtUnits(host, services, options)),
    sight.part(host.name, () => timersOf(host, options)),
    user === undefined ? undefined : rootlessFacts(user),
  ]);
  const setups = 'known' in units ? units.known.setups : new Map<string, Setup>();
  const unitFacts = 'known' in units ? units.known.facts : [];
  const containers = await map(raw, (all) =>
    Promise.all(
      all.map(async (one) => {
        const name = one.Name.replace(/^\//, '');
        const service = services.find(({ containers: own }) =>
          own.some((container) => container.name === name),
        );
        const declared = service?.containers.find((container) => container.name === name);
        const unit = declared === undefined ? one.Config.Labels?.['PODMAN_SYSTEMD_UNIT'] : declared.unit;
        const written = unitFacts.find((facts) => facts.name === unit);
        const [image, ids, cannotSave] = await Promise.all([
          host.engine.image(one.Image, { ...options, remembered: true }).catch(() => undefined),
          idsOf(one.State.Pid, user),
          usesCache(one, service, all)
            ? sight.one('logs', name, () => saveTrouble(host, name, options))
            : undefined,
        ]);
        return toContainerFacts(one, {
          host: host.name,
          service: service?.name,
          unit,
          dialect: one.Config.Labels?.[COMPOSE] === undefined ? (written?.dialect ?? 'run') : 'compose',
          commands: written?.commands ?? '',
          isLocal: image === undefined ? undefined : image.digests.length === 0,
          ids,
          cannotSave,
        });
      }),
    ),
  );
  return {
    facts: {
      name: host.name,
      socket,
      engine,
      containers,
      units: 'known' in units ? { known: unitFacts } : units,
      timers,
      rootless,
    },
    raw: 'known' in raw ? raw.known : [],
    setups,
  };
}

const map = async <Value, Other>(
  part: Known<Value>,
  change: (value: Value) => Promise<Other>,
): Promise<Known<Other>> => ('known' in part ? { known: await change(part.known) } : part);

/** One may be removed between two calls. */
async function containersOf({ engine }: Host, options: Options): Promise<RawContainer[]> {
  const all = await engine.list(options);
  const found = await Promise.all(all.map(({ id }) => engine.inspectRaw(id, options)));
  return found.filter((one) => one !== undefined);
}

async function lookAtUnits(
  host: Host,
  services: readonly Service[],
  options: Options,
): Promise<{ facts: UnitFacts[]; setups: Map<string, Setup> }> {
  const declared = services.flatMap(unitsOf);
  const files = await host.systemd.unitFiles(CONTAINER_UNITS, options);
  const names = [...new Set([...declared, ...files, OF_STEWARD])];
  const setups = await host.systemd.setups(names, options);
  const facts = await Promise.all(
    names.map(async (name, index): Promise<UnitFacts> => {
      const setup = setups[index] as Setup;
      return {
        host: host.name,
        name,
        service: services.find((service) => unitsOf(service).includes(name))?.name,
        exists: setup.load !== 'not-found',
        dialect: await dialectOf(setup.fragment),
        type: setup.type,
        restart: setup.restart,
        after: setup.after,
        commands: await commandsOf(host, setup),
        variables: setup.variables,
      };
    }),
  );
  return { facts, setups: new Map(names.map((name, index) => [name, setups[index] as Setup])) };
}

const commandsOf = (host: Host, { execStartPre, execStart }: Setup): Promise<string> =>
  withScripts(host, [execStartPre, execStart].filter((text) => text !== '').join('\n'));

/** NixOS links what it writes into its store. */
async function dialectOf(fragment: string | undefined): Promise<Dialect> {
  const path = fragment === undefined ? '' : await realpath(fragment).catch(() => fragment);
  return path.startsWith('/nix/store/') ? 'nix' : 'run';
}

async function timersOf(host: Host, options: Options): Promise<TimerFacts[]> {
  const names = await host.systemd.unitFiles(['*.timer'], options);
  const timers = await host.systemd.setups(names, options);
  const active = await Promise.all(
    names
      .map((name, index) => ({ name, ...(timers[index] as Setup) }))
      .filter(({ active: state }) => state === 'active')
      .map(async ({ name, starts, fragment }) => ({ name, starts, dialect: await dialectOf(fragment) })),
  );
  const started = [...new Set(active.flatMap(({ starts }) => starts))];
  const setups = await host.systemd.setups(started, options);
  const commands = new Map(
    await Promise.all(
      started.map(async (name, index) => [name, await commandsOf(host, setups[index] as Setup)] as const),
    ),
  );
  return active.map(({ name, starts, dialect }) => ({
    host: host.name,
    name,
    dialect,
    commands: starts.map((unit) => commands.get(unit) ?? '').join('\n'),
  }));
}

/** It keeps things for others, or is a neighbour of one that does. */
function usesCache(
  { Name: name }: RawContainer,
  service: Service | undefined,
  all: readonly RawContainer[],
): boolean {
  const group = service?.containers.map((container) => container.name) ?? [name.replace(/^\//, '')];
  return all.some((one) => group.includes(one.Name.replace(/^\//, '')) && isKind(one.Config.Image, 'cache'));
}

/** The last word of a log about it: trouble that is over is none. */
async function saveTrouble(
  { engine }: Host,
  container: string,
  options: Options,
): Promise<string | undefined> {
  let last: string | undefined;
  for await (const { text } of engine.logs(container, { ...options, tail: TAIL })) {
    if (CANNOT_SAVE.test(text)) last = text.slice(0, LINE_MOST);
    else if (SAVED.test(text)) last = undefined;
  }
  return last;
}
