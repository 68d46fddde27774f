/** Ten minutes of a host with a thousand containers, each of which dies and starts again once a minute, in two minutes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerSpec } from '../../sandbox/engine/host.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore, type Store } from '../../src/store.ts';
import { openBox, type Box } from '../box.ts';
import { endWith } from '../ending.ts';
import { installedEnv, installedFlags } from '../installed.ts';
import { MAIN, memoryOf, startNode } from '../processes.ts';
import { single, type Row } from '../row.ts';
import type { Context } from '../section.ts';

const CONTAINERS = 1000;
/** Containers of a service. */
const SIZE = 4;
/** Milliseconds that a minute is pressed into, and the grace of the services in the same measure: 30 s. */
const MINUTE = 12_000;
const GRACE = 6000;
/** Services that are down for the first half, and services that stay down at the end. */
const FLAPPING = 10;
const DOWN = 5;
/** Milliseconds: until the bot has looked at everything once, and until the last alert is there. */
const WARM = 15_000;
const PATIENCE = 60_000;

export async function benchFlood(minutes: number, { stack, say }: Omit<Context, 'quick'>): Promise<Row[]> {
  const box = await openBox(stack);
  const names = Array.from({ length: CONTAINERS }, (_, index) => `c${index}`);
  for (const name of names) box.engine.run(specOf(name));
  const servicesFile = join(box.folder, 'services-flood.yaml');
  await writeFile(servicesFile, JSON.stringify({ services: servicesOf(names) }));
  const bot = startNode([...(await installedFlags()), MAIN], {
    env: { ...box.env, ...(await installedEnv(box.folder)), SERVICES_FILE: servicesFile },
    stack,
  });
  say(`${CONTAINERS} containers, ${minutes} minutes in ${(minutes * MINUTE) / 1000} s …`);
  await pause(WARM);

  const store = openStore(box.env['STATE_DIR'] ?? '', systemClock);
  await endWith(stack, () => store.close());
  const memory = [await memoryOf(bot.pid)];
  const used = await processorTime(bot.pid);
  const looking = setInterval(() => void memoryOf(bot.pid).then((now) => memory.push(now)), 500);
  await endWith(stack, () => clearInterval(looking));
  const half = Math.floor(minutes / 2);
  let events = 0;
  for (let minute = 0; minute < minutes; minute += 1)
    events += await oneMinute(box, names, { leave: minute === 0, come: minute === half });
  for (const name of names.filter(isDown)) await box.engine.kill(name, { code: 1 });
  const flaps = () => sum(rowsOf(store).flatMap((row) => (row.isOpen ? [] : [row.times])));
  const ended = performance.now() + PATIENCE;
  while (performance.now() < ended && (flaps() < FLAPPING || openOf(store) < DOWN)) await pause(200);
  clearInterval(looking);
  const took = (await processorTime(bot.pid)) - used;
  const rows = rowsOf(store);
  await bot.stop();

  const note = `${events} events of ${CONTAINERS} containers; ${minutes} minutes pressed into ${(minutes * MINUTE) / 1000} s; the bot as installed, ${Math.round(memory[0] ?? 0)} MB before`;
  return [
    single('a flood of events: memory that the bot gains at most', [Math.max(...memory) - (memory[0] ?? 0)], {
      unit: 'MB',
      aim: 60,
      note,
    }),
    single('a flood of events: processor time for a minute of it', [took / minutes], {
      unit: 's',
      aim: 6,
      note: 'a tenth of one core',
    }),
    single('a flood of events: troubles that were missed', [FLAPPING + DOWN - flaps() - openOf(store)], {
      unit: 'troubles',
      aim: 0,
      note: `${FLAPPING} services down for half of the time, ${DOWN} down at the end`,
    }),
    single('a flood of events: alerts', [rows.length], {
      unit: 'alerts',
      aim: FLAPPING + DOWN,
      note: 'one for each service in trouble, however often it came back',
    }),
  ];
}

const specOf = (name: string): ContainerSpec => ({
  name,
  image: 'localhost/flood:1',
  version: '1',
  memory: 1e6,
  cpu: 0,
});

function servicesOf(names: readonly string[]): Record<string, unknown> {
  const count = Math.ceil(names.length / SIZE);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `s${index}`,
      {
        containers: names.slice(index * SIZE, (index + 1) * SIZE).map((name) => ({ name, unit: 'none' })),
        health: { settle: '0s' },
        watch: { after: `${GRACE / 1000}s` },
      },
    ]),
  );
}

/** Every container dies once and is there again at once; some leave, or come back. @returns events */
async function oneMinute(
  { engine }: Box,
  names: readonly string[],
  some: { leave: boolean; come: boolean },
): Promise<number> {
  const begun = performance.now();
  const rest = names.filter((name) => !isFlapping(name) && !isDown(name));
  for (const name of names.filter(isFlapping)) {
    if (some.leave) await engine.kill(name, { code: 1 });
    if (some.come) engine.run(specOf(name));
  }
  for (const [index, name] of rest.entries()) {
    await engine.kill(name, { code: 1 });
    engine.run(specOf(name));
    const early = (index / rest.length) * MINUTE - (performance.now() - begun);
    if (early > 0) await pause(early);
  }
  // die, remove; history, create, pull, init, start.
  return rest.length * 7 + FLAPPING * (some.come ? 5 : some.leave ? 2 : 0);
}

/** The first containers of the first services. */
const isFlapping = (name: string): boolean => isFirstOf(name, 0, FLAPPING);
/** What is killed at the end was not away before. */
const isDown = (name: string): boolean => isFirstOf(name, FLAPPING, DOWN);
const isFirstOf = (name: string, from: number, count: number): boolean => {
  const index = Number(name.slice(1));
  return index % SIZE === 0 && index >= from * SIZE && index < (from + count) * SIZE;
};

const rowsOf = ({ database }: Store) =>
  database
    .all<{ times: number; open: number }>(
      `select times, ended_at is null as open from alerts where key like 'service:%'`,
    )
    .map(({ times, open }) => ({ times, isOpen: open === 1 }));
const openOf = (store: Store): number => rowsOf(store).filter(({ isOpen }) => isOpen).length;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Seconds, in the system and outside. */
async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // proc(5): utime and stime, in ticks of 1/100 s.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
