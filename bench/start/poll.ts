/** From the start of the process to the first poll, and memory at rest, beside processes that only import packages. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Box } from '../box.ts';
import { endWith } from '../ending.ts';
import { installedEnv, installedFlags } from '../installed.ts';
import { MAIN, memoryOf, pathOnly, startNode } from '../processes.ts';
import { inTurn } from '../rounds.ts';
import { compare, type Row } from '../row.ts';
import { dependencies, packagesLoaded, ROOT } from './packages.ts';

/** Milliseconds until memory at rest is looked at: what the start has left undone is done by then. */
const REST = 1000;

export async function benchPoll(box: Box, rounds: number, stack: AsyncDisposableStack): Promise<Row[]> {
  const loaded = await packagesLoaded(box, stack);
  const all = await dependencies();
  const asInstalled = { env: await installedEnv(box.folder), flags: await installedFlags() };
  const resident: Record<'bot' | 'imports' | 'botInstalled' | 'importsInstalled', number[]> = {
    bot: [],
    imports: [],
    botInstalled: [],
    importsInstalled: [],
  };
  const times = await inTurn(
    rounds,
    {
      bot: () => startBot(box, PLAIN, { stack, resident: resident.bot }),
      imports: () => startImports(loaded, PLAIN, { stack, resident: resident.imports }),
      all: () => startImports(all, PLAIN, { stack }),
      botInstalled: () => startBot(box, asInstalled, { stack, resident: resident.botInstalled }),
      importsInstalled: () =>
        startImports(loaded, asInstalled, { stack, resident: resident.importsInstalled }),
    },
    { warm: 1 },
  );
  // Without the round that did not count.
  const memory = (which: keyof typeof resident) => resident[which].slice(-rounds);
  const start = { ours: times.bot, reference: times.imports };
  const startBesideAll = { ours: times.bot, reference: times.all };
  const startInstalled = { ours: times.botInstalled, reference: times.importsInstalled };
  const rest = { ours: memory('bot'), reference: memory('imports') };
  const restInstalled = { ours: memory('botInstalled'), reference: memory('importsInstalled') };
  return [
    compare('start to first poll, beside importing what it loads', start, {
      unit: 'ms',
      aim: 1.3,
      note: loaded.join(', '),
    }),
    compare('start to first poll, both as installed', startInstalled, {
      unit: 'ms',
      aim: 1.3,
      note: `with ${[...Object.keys(asInstalled.env), ...asInstalled.flags].join(' and ')} of docs/steward.service, from the second start on`,
    }),
    compare('start to first poll, beside importing all it depends on', startBesideAll, {
      unit: 'ms',
      note: `also ${all.filter((name) => !loaded.includes(name)).join(', ')}, which it loads when first needed`,
    }),
    compare('memory at rest, beside importing what it loads', rest, { unit: 'MB', aim: 1.3 }),
    compare('memory at rest, both as installed', restInstalled, { unit: 'MB', aim: 1.3 }),
  ];
}

type Way = { env: Readonly<Record<string, string>>; flags: readonly string[] };
const PLAIN: Way = { env: {}, flags: [] };
/** Where there is a place for it, memory at rest is waited for. */
type Watched = { stack: AsyncDisposableStack; resident?: number[] };

/** @returns milliseconds */
async function startBot(box: Box, { env, flags }: Way, { stack, resident }: Watched): Promise<number> {
  const polled = firstPoll(box);
  const begun = performance.now();
  const bot = startNode([...flags, MAIN], { env: { ...box.env, ...env }, stack });
  const ms = (await polled) - begun;
  if (resident !== undefined) resident.push(await memoryAtRest(bot.pid));
  await bot.stop();
  return ms;
}

/** @returns milliseconds */
async function startImports(
  packages: readonly string[],
  { env, flags }: Way,
  { stack, resident }: Watched,
): Promise<number> {
  const script = [
    ...packages.map((name) => `await import('${name}');`),
    `process.stdout.write('.'); setInterval(() => {}, 2 ** 30);`,
    // Ends by itself, as the bot does: only then Node writes down what it has compiled.
    `process.once('SIGTERM', () => process.exit());`,
  ].join('\n');
  const begun = performance.now();
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', script], {
    cwd: ROOT,
    env: { ...pathOnly(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await endWith(stack, () => void child.kill());
  await once(child.stdout, 'data');
  const ms = performance.now() - begun;
  if (resident !== undefined) resident.push(await memoryAtRest(child.pid ?? 0));
  child.kill();
  await once(child, 'exit');
  return ms;
}

async function memoryAtRest(pid: number): Promise<number> {
  await pause(REST);
  return memoryOf(pid);
}

/** When the stand-in is asked for updates for the first time from now on. */
function firstPoll({ telegram }: Box): Promise<number> {
  return new Promise((resolve) => {
    const unwatch = telegram.world.watch((event) => {
      if (event.kind !== 'call' || event.call.method.toLowerCase() !== 'getupdates') return;
      unwatch();
      resolve(performance.now());
    });
  });
}
