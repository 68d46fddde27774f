/** How long after the engine's own time of a death its alert is in the store, beside a plain reader of `podman events`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../../src/app.ts';
import { createEngine } from '../../src/clients/engine.ts';
import { createMachine } from '../../src/clients/machine.ts';
import { createProbe } from '../../src/clients/probe.ts';
import { createSystemd } from '../../src/clients/systemd.ts';
import { systemClock } from '../../src/clock.ts';
import { createHosts } from '../../src/hosts.ts';
import { createLocks } from '../../src/locks.ts';
import { createRedact } from '../../src/redact.ts';
import { createWatch } from '../../src/operations/watch/watch.ts';
import { openStore } from '../../src/store.ts';
import { words } from '../../test/lab/exec.ts';
import { startReferenceHost } from '../../test/lab/reference-host.ts';
import { startLab } from '../../test/lab/start.ts';
import { openLab, type Lab } from '../../test/lab/tools.ts';
import { endWith } from '../ending.ts';
import { quantile } from '../numbers.ts';
import { compare, type Row } from '../row.ts';
import type { Context } from '../section.ts';
import { writeServices } from '../services-file.ts';
import { readServicesOf } from './services.ts';

const NAME = 'victim';
/** `writeServices` calls it so. */
const KEY = 'service:stack-1';
/** Milliseconds until the watch is calm again: it rests for longer between its looks while something turns all the time. */
const CALM = 6000;
/** The most that is wished; milliseconds. */
const AIM = 1000;

export async function benchLatency(rounds: number, { stack, say }: Omit<Context, 'quick'>): Promise<Row[]> {
  const { facts, stop } = await startLab();
  await endWith(stack, stop);
  const lab = openLab(facts);
  const { servicesFile } = await startReferenceHost(lab);
  await lab.podman('run', '--detach', `--name=${NAME}`, '--network=none', lab.image('sleeper', '1'));
  await lab.waitForLog(NAME, /sleeping/);

  const deaths = await readDeaths(lab, stack);
  const alerts = await watchWith(
    lab,
    await writeServices(servicesFile, `${servicesFile}.watch`, [NAME], 1),
    stack,
  );
  const ours: number[] = [];
  const reference: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    if (round % 10 === 1) say(`death ${round} of ${rounds} …`);
    await pause(CALM);
    const [dead, alert] = [deaths.next(), alerts.next('begins')];
    await lab.crash(NAME, 3);
    const [read, told] = await Promise.all([dead, alert]);
    // The first finds files and code cold.
    if (round > 0) {
      reference.push(read.seenAt - read.at);
      ours.push(told - read.at);
    }
    const over = alerts.next('is over');
    await lab.podman('start', NAME);
    await over;
  }
  const note = 'grace 0; one death at a time, on an engine with the reference host’s containers';
  return ([0.5, 0.95] as const).map((part) =>
    compare(
      `a container’s death to its alert, p${part * 100}, beside reading \`podman events\``,
      { ours: [quantile(ours, part)], reference: [quantile(reference, part)] },
      { unit: 'ms', aim: AIM, aimOf: 'ours', note: `${note}; ${rounds} deaths` },
    ),
  );
}

type Death = { at: number; seenAt: number };

/** What any program would read. */
async function readDeaths(lab: Lab, stack: AsyncDisposableStack) {
  const [program, args] = words(
    lab.podmanCommand,
    'events',
    '--format=json',
    '--filter=event=died',
    `--filter=container=${NAME}`,
  );
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await endWith(stack, () => void child.kill());
  await once(child, 'spawn');
  const waiting: ((death: Death) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const seenAt = Date.now();
    const { Time: time } = JSON.parse(line) as { Time: string };
    waiting.shift()?.({ at: Date.parse(time), seenAt });
  });
  return { next: () => new Promise<Death>((resolve) => waiting.push(resolve)) };
}

/** The watch as the bot runs it, in this process; its log says when the store has an alert. */
async function watchWith(lab: Lab, servicesFile: string, stack: AsyncDisposableStack) {
  const services = readServicesOf(servicesFile, { after: 0, settle: 0 });
  const engine = createEngine(lab.socket);
  const store = openStore(join(lab.folder, 'watch-bench'), systemClock);
  const waiting: { what: string; resolve: (at: number) => void }[] = [];
  const heard = ({ alert }: { alert?: string }, message: string) => {
    const at = Date.now();
    if (alert !== KEY) return;
    const index = waiting.findIndex(({ what }) => message.endsWith(what));
    waiting.splice(index, index === -1 ? 0 : 1).forEach(({ resolve }) => resolve(at));
  };
  const log = { debug: heard, info: heard, warn: heard, error: heard } as unknown as App['log'];
  const systemd = createSystemd(lab.systemctl.split(' '), lab.journalctl.split(' '));
  const watch = createWatch({
    services,
    store,
    log,
    hosts: createHosts([{ name: 'local', engine, systemd }]),
    probe: createProbe(),
    machine: createMachine(),
    clock: systemClock,
    locks: createLocks(join(lab.folder, 'watch-bench/locks')),
    redact: createRedact([]),
    config: { telegram: { chat: undefined, owners: [] } } as unknown as App['config'],
  } as Parameters<typeof createWatch>[0]);
  const over = new AbortController();
  const running = watch.run(over.signal);
  await endWith(stack, async () => {
    over.abort(new Error('over'));
    await running;
    await engine.close();
    store.close();
  });
  return {
    next: (what: 'begins' | 'is over') => new Promise<number>((resolve) => waiting.push({ what, resolve })),
  };
}
