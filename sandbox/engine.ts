/**
 * A container engine and a service manager to test against and to show, without either: the services of the reference
 * host, alive. The engine speaks the Docker-compatible API as Podman 4.3.1 does; `systemctl` and `journalctl` are
 * programs that ask this process.
 */
import { rmSync, renameSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createApi, type EventFault, type EventFaults } from './engine/api.ts';
import { behaviourOf, letThemBehave } from './engine/behaviour.ts';
import { CHATTER, FLEET, type FleetService } from './engine/fleet.ts';
import { createImages, type PullFault } from './engine/images.ts';
import { createHost, type ContainerSpec, type Health, type Stream } from './engine/host.ts';
import { answer, follow } from './engine/manager.ts';
import { createPostgres, type Database } from './engine/postgres.ts';
import { createUnits, type UnitSpec } from './engine/units.ts';

export type EngineSandboxOptions = {
  /** Path of the engine's socket; the service manager's is beside it. */
  socket: string;
  /** Milliseconds that a unit takes to start or stop; 1200. */
  pace?: number;
  /** Milliseconds between two log lines of the machine, on average; 3000. 0 for none. */
  chatter?: number;
  /** Beside those of the services. */
  units?: readonly UnitSpec[];
  /** Containers that nothing but the engine manages, running from the start. */
  containers?: readonly ContainerSpec[];
  /** Beside those that the containers are made with. */
  networks?: readonly string[];
  /** Host and port of the registry that plays all others; without it nothing can be pulled. */
  registry?: string;
  /** Bytes a second that come from there; all at once. */
  bandwidth?: number;
};

export type SandboxService = Pick<FleetService, 'name' | 'title' | 'units'> & {
  containers: readonly string[];
  /** Answers while the container is well: 503 while it is unhealthy, nothing while it is down. */
  healthUrl: string | undefined;
};

export type EngineSandbox = {
  /** For ENGINE_SOCKET: `unix:///…`. */
  socket: string;
  /** For SYSTEMCTL and JOURNALCTL: program and arguments. */
  systemctl: readonly string[];
  journalctl: readonly string[];
  services: readonly SandboxService[];
  /** Whether it runs now. */
  runs(container: string): boolean;
  /** Of the image that it runs now; undefined where it does not. */
  version(container: string): string | undefined;
  /**
   * A container ends by itself. systemd starts it again, unless it is to `stay` down, or it happens too often.
   * Resolves when systemd is done with it.
   */
  kill(container: string, how?: { code?: number; oom?: boolean; stay?: boolean }): Promise<void>;
  setHealth(container: string, health: Health, output?: string): void;
  /** What the program in the container writes. */
  write(container: string, output: string | Uint8Array, stream?: Stream): void;
  /** The program of a unit ends by itself. Resolves when systemd is done with it. */
  endUnit(unit: string, exitCode: number): Promise<void>;
  /** What a unit writes to its journal. */
  say(unit: string, message: string | Uint8Array): void;
  /** Make and start a container that the engine alone manages. */
  run(spec: ContainerSpec): void;
  /** A deploy: the unit of a container names another image from now on, and is restarted. */
  deploy(container: string, image: string): Promise<void>;
  /** A database that the PostgreSQL in a container keeps; its tables may be changed. */
  database(container: string, name: string): Database;
  /** Names of volumes. */
  volumes(): string[];
  /** What goes wrong with the events from now on. */
  failEvents(how: EventFault | undefined): void;
  /** What goes wrong with the pulls that begin from now on. */
  failPulls(how: PullFault | undefined): void;
  /** An image of so many bytes that nothing uses any more. @returns its id */
  leaveImage(size: number): string;
  /** The engine's service is killed, its streams with it. `gone`: no socket; `refusing`: a socket that nobody answers. */
  down(how?: 'gone' | 'refusing'): Promise<void>;
  /** It takes connections and answers nothing, until `up`. */
  hang(): void;
  up(): Promise<void>;
  close(): Promise<void>;
};

const DAY = 86_400_000;
const VERSION = 'org.opencontainers.image.version';

export async function startEngineSandbox({
  socket,
  pace = 1200,
  chatter = 3000,
  units: more = [],
  containers: loose = [],
  networks = [],
  registry,
  bandwidth = Infinity,
}: EngineSandboxOptions): Promise<EngineSandbox> {
  const images = createImages({ registry, bandwidth });
  const host = createHost(images, networks);
  const units = createUnits(host, images, pace);
  const postgres = createPostgres();
  const faults: EventFaults = { fault: undefined };
  const api = createApi(host, images, postgres, faults);
  letThemBehave(host, (container) => void units.ended(container));
  const opened: Server[] = [];

  for (const [index, service] of FLEET.entries()) {
    for (const spec of unitsOf(service)) {
      units.add(spec);
      units.boot(spec.name, Date.now() - (9 - index) * DAY);
    }
  }
  for (const spec of more) units.add(spec);
  for (const spec of loose) host.start(spec);
  for (const container of host.containers.values()) {
    if (container.health !== undefined) container.health = 'healthy';
  }
  tellThePast(host, units);
  const talking = chatter === 0 ? undefined : talk(host, units, chatter);
  const checking = setInterval(() => {
    for (const one of host.containers.values()) {
      if (one.health !== 'starting') continue;
      if (behaviourOf(one) === 'hangs') host.setHealth(one, 'unhealthy', 'the check took longer than 5 s');
      else host.setHealth(one, 'healthy');
    }
  }, pace);
  checking.unref();

  let hanging = false;
  let engine: Server | undefined;
  const connections = new Set<Socket>();
  const up = async () => {
    hanging = false;
    if (engine !== undefined) return;
    rmSync(socket, { force: true });
    const server = createServer((request, response) => {
      if (!hanging) api.onRequest(request, response);
    });
    server.on('upgrade', (request, duplex, head) => {
      if (!hanging) api.onUpgrade(request, duplex, head);
    });
    server.on('connection', (connection) => {
      connections.add(connection);
      // A client that goes away in the middle of a stream is no fault.
      connection.on('error', () => connection.destroy());
      connection.once('close', () => connections.delete(connection));
    });
    engine = server;
    await listen(server, socket);
  };
  const down = async (how: 'gone' | 'refusing' = 'gone') => {
    hanging = false;
    const server = engine;
    engine = undefined;
    if (server === undefined) return;
    // Closing takes the socket away under the name that it was opened with.
    if (how === 'refusing') renameSync(socket, `${socket}.kept`);
    const closed = new Promise((resolve) => server.close(resolve));
    for (const connection of connections) connection.destroy();
    await closed;
    if (how === 'refusing') renameSync(`${socket}.kept`, socket);
  };

  await up();
  const control = `${socket}.systemd`;
  opened.push(await serveManager(control, units));
  const services: SandboxService[] = [];
  for (const service of FLEET) {
    const health = service.health === undefined ? undefined : await serveHealth(service.health, host);
    if (health !== undefined) opened.push(health);
    services.push({
      name: service.name,
      title: service.title,
      units: service.units,
      containers: service.containers.map((one) => one.name),
      healthUrl:
        health === undefined
          ? undefined
          : `http://127.0.0.1:${(health.address() as AddressInfo).port}${service.health?.path ?? '/'}`,
    });
  }

  const find = (name: string) => {
    const container = host.containers.get(name);
    if (container === undefined) throw new Error(`There is no container "${name}".`);
    return container;
  };
  const program = [process.execPath, join(import.meta.dirname, 'systemctl.ts'), control];
  return {
    socket: `unix://${socket}`,
    systemctl: [...program, 'systemctl'],
    journalctl: [...program, 'journalctl'],
    services,
    runs: (name) => host.containers.get(name)?.running === true,
    version(name) {
      const container = host.containers.get(name);
      return container?.running === true ? container.image.labels[VERSION] : undefined;
    },
    async kill(name, { code, oom = false, stay = false } = {}) {
      const container = find(name);
      if (oom) {
        const scope = `/machine.slice/libpod-${container.id}.scope`;
        units.kernel(
          `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=libpod-${container.id}.scope,mems_allowed=0,oom_memcg=${scope},task_memcg=${scope}/container,task=node,pid=4711,uid=0`,
        );
      }
      host.end(container, code ?? (oom ? 137 : 1), { oom });
      await units.ended(container, { stay });
    },
    setHealth(name, health, output) {
      host.setHealth(find(name), health, output);
    },
    write(name, output, stream = 'stdout') {
      host.write(find(name), stream, output);
    },
    endUnit: (unit, exitCode) => units.end(unit, exitCode),
    say(unit, message) {
      units.say(unit, message);
    },
    run(spec) {
      host.start(spec);
    },
    async deploy(name, image) {
      await units.deploy(`podman-${name}.service`, image);
    },
    database: (container, name) => postgres.database(find(container), name),
    volumes: () => [...host.volumes],
    failEvents(how) {
      faults.fault = how;
    },
    failPulls: (how) => images.fail(how),
    leaveImage: (size) => images.leave(size),
    down,
    hang() {
      hanging = true;
    },
    up,
    async close() {
      clearInterval(talking);
      clearInterval(checking);
      units.close();
      await down();
      for (const server of opened) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function unitsOf(service: FleetService): UnitSpec[] {
  const unit = (container: string) => `podman-${container}.service`;
  return [
    ...service.containers.map((container) => ({
      name: unit(container.name),
      container,
      requires: (service.requires[container.name] ?? []).map(unit),
    })),
    ...service.units.map((name) => ({ name, description: service.title })),
  ];
}

function listen(server: Server, at: string | { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function serveManager(socket: string, units: ReturnType<typeof createUnits>): Promise<Server> {
  rmSync(socket, { force: true });
  const run = async (args: string[], response: ServerResponse) => {
    if (!args.includes('--follow')) return void response.end(JSON.stringify(await answer(units, args)));
    response.flushHeaders();
    response.once(
      'close',
      follow(units, args, (text) => response.write(text)),
    );
  };
  const server = createServer((request, response) => {
    readText(request)
      .then((text) => run(JSON.parse(text) as string[], response))
      .catch((error: unknown) => response.destroy(error as Error));
  });
  await listen(server, socket);
  return server;
}

async function readText(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

async function serveHealth(
  { container, status, body = '', headers = {} }: NonNullable<FleetService['health']>,
  host: ReturnType<typeof createHost>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const found = host.containers.get(container);
    // The port of a container that is down answers nobody.
    if (found?.running !== true) request.socket.destroy();
    else if (behaviourOf(found) === 'hangs') return;
    else if (found.health === 'unhealthy') response.writeHead(503).end();
    else response.writeHead(status, headers).end(body);
  });
  await listen(server, { port: 0, host: '127.0.0.1' });
  return server;
}

/** One line of something that runs, unless it has nothing to say. */
function speak(
  host: ReturnType<typeof createHost>,
  units: ReturnType<typeof createUnits>,
  name: string,
  at: number,
): void {
  const line = CHATTER[name]?.(at);
  if (line === undefined) return;
  const container = host.containers.get(name);
  if (container !== undefined) host.write(container, line.stream ?? 'stdout', `${line.text}\n`, at);
  else if (units.units.get(name)?.active === 'active') units.say(name, line.text, { at });
}

function tellThePast(host: ReturnType<typeof createHost>, units: ReturnType<typeof createUnits>): void {
  const minute = 60_000;
  for (const name of Object.keys(CHATTER)) {
    for (let ago = 40; ago > 0; ago--) speak(host, units, name, Date.now() - ago * minute * 1.5);
  }
}

function talk(
  host: ReturnType<typeof createHost>,
  units: ReturnType<typeof createUnits>,
  pause: number,
): NodeJS.Timeout {
  const names = Object.keys(CHATTER);
  const timer = setInterval(
    () => speak(host, units, names[Math.floor(Math.random() * names.length)] ?? '', Date.now()),
    pause,
  );
  timer.unref();
  return timer;
}
