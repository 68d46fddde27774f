/** `/status` on a real Podman and systemd, beside the raw calls that it consists of and beside Podman's own overview. */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import type { App } from '../src/app.ts';
import { createEngine } from '../src/clients/engine.ts';
import { createMachine } from '../src/clients/machine.ts';
import { createProbe } from '../src/clients/probe.ts';
import { createSystemd } from '../src/clients/systemd.ts';
import { systemClock } from '../src/clock.ts';
import { createHosts } from '../src/hosts.ts';
import { unitsOf } from '../src/operations/host-view.ts';
import { statusOfAll, type StatusReach } from '../src/operations/status.ts';
import { readServices, type Services } from '../src/services.ts';
import { openStore } from '../src/store.ts';
import { run, words } from '../test/lab/exec.ts';
import { startReferenceHost } from '../test/lab/reference-host.ts';
import { startLab } from '../test/lab/start.ts';
import { openLab, type Lab } from '../test/lab/tools.ts';
import { endWith } from './ending.ts';
import { inTurn, timed } from './rounds.ts';
import { compare, type Row } from './row.ts';
import type { Context } from './section.ts';
import { writeServices } from './services-file.ts';

const MANY = 100;
/** Containers of a made-up service. */
const STACK_SIZE = 4;

export async function benchStatus({ quick, stack, say }: Context): Promise<Row[]> {
  const { facts, stop } = await startLab();
  await endWith(stack, stop);
  const lab = openLab(facts);
  const { servicesFile, units } = await startReferenceHost(lab);
  // These two have health checks, which begin some time after the start.
  for (const name of ['immich-postgres', 'immich-server'])
    await lab.waitForContainer(name, 'healthy', { timeout: 60_000 });
  const containers = units.filter((unit) => unit.startsWith('podman-')).length;
  const rounds = quick ? 5 : 9;
  const few = await measure(lab, await servicesIn(servicesFile), {
    what: `${containers} containers, ${units.length} units`,
    rounds,
    stack,
  });
  if (quick) return few;
  say(`${MANY - containers} more containers …`);
  const more = await startMore(lab, MANY - containers);
  const many = await measure(lab, await servicesIn(servicesFile, more), {
    what: `${MANY} containers`,
    rounds: 7,
    stack,
  });
  return [...few, ...many];
}

/** Health URLs are left out on both sides: they measure the services. */
async function servicesIn(file: string, more: readonly string[] = []): Promise<Services> {
  const written = await writeServices(file, `${file}.bench`, more, STACK_SIZE);
  const { services, faults } = readServices(written);
  if (services === undefined)
    throw new Error(`The services of the lab are faulty: ${JSON.stringify(faults)}`);
  return services;
}

/** Containers that only the engine manages, as small as they get. @returns their names */
async function startMore(lab: Lab, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `more-${index + 1}`);
  const image = lab.image('sleeper', '1');
  const start = `for name in "$@"; do podman run --detach --quiet --name "$name" --network none --log-driver none ${image} >/dev/null || exit 1; done`;
  const [program, args] = words(
    lab.podmanCommand.replace(/ \S*podman$/, ''),
    'sh',
    '-c',
    start,
    'sh',
    ...names,
  );
  await run(program, args, { timeout: 180_000 });
  return names;
}

async function measure(
  lab: Lab,
  services: Services,
  { what, rounds, stack }: { what: string; rounds: number; stack: AsyncDisposableStack },
): Promise<Row[]> {
  const engine = createEngine(lab.socket);
  await endWith(stack, () => engine.close());
  const store = openStore(join(lab.folder, 'status-bench'), systemClock);
  await endWith(stack, () => store.close());
  const reach: StatusReach & Pick<App, 'store'> = {
    hosts: createHosts([
      {
        name: 'local',
        engine,
        systemd: createSystemd(lab.systemctl.split(' '), lab.journalctl.split(' ')),
      },
    ]),
    services,
    probe: createProbe(),
    machine: createMachine(),
    clock: systemClock,
    store,
  };
  const raw = createRawCalls(lab, services);
  await endWith(stack, () => raw.close());

  const { services: seen } = await statusOfAll(reach);
  const unwell = seen.filter(({ state }) => state !== 'ok');
  if (unwell.length > 0) throw new Error(`Not all is well in the lab: ${JSON.stringify(unwell)}`);

  const samples = await inTurn(
    rounds,
    {
      ours: () => timed(() => statusOfAll(reach)),
      raw: () => timed(() => raw.all()),
      podman: () =>
        timed(async () => {
          await lab.podman('ps');
          await lab.podman('stats', '--no-stream');
        }),
    },
    { warm: 1 },
  );
  const { ours } = samples;
  return [
    compare(
      `status, ${what}, beside its raw calls one after another`,
      { ours, reference: samples.raw },
      {
        unit: 'ms',
        aim: 1.5,
      },
    ),
    compare(
      `status, ${what}, beside podman ps and podman stats`,
      { ours, reference: samples.podman },
      {
        unit: 'ms',
        aim: 1,
      },
    ),
  ];
}

/** The least that a status has to ask: whether the engine lives, each container, each image whose label is shown, the units. */
function createRawCalls(lab: Lab, services: Services): { all(): Promise<void>; close(): void } {
  const socketPath = lab.socket.replace('unix://', '');
  // One connection that stays open: the cheapest way there is.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = (path: string) =>
    new Promise<unknown>((resolve, reject) => {
      const asked = request({ socketPath, agent, path: `/v1.41${path}` }, (response) => {
        response.toArray().then((chunks) => {
          if (response.statusCode !== 200)
            return reject(new Error(`${path} answered ${response.statusCode}`));
          return resolve(JSON.parse(Buffer.concat(chunks).toString()));
        }, reject);
      });
      asked.once('error', reject).end();
    });
  const wanted = services.all.flatMap(({ containers }) => containers.map(({ name }) => name));
  const labelled = services.all
    .filter(({ release }) => release?.version === 'image-label')
    .flatMap(({ containers }) => containers.map(({ name }) => name));
  const units = services.all.flatMap(unitsOf);
  return {
    async all() {
      await get('/_ping');
      const images = new Set<string>();
      for (const name of wanted) {
        const { Image } = (await get(`/containers/${name}/json`)) as { Image: string };
        if (labelled.includes(name)) images.add(Image);
      }
      for (const image of images) await get(`/images/${image}/json`);
      await lab.systemd('show', '--property=LoadState,ActiveState,SubState,Result,NRestarts', '--', ...units);
    },
    close: () => agent.destroy(),
  };
}
