/** What a program in a container writes, through the engine client and through `podman exec`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLab } from '../test/lab/start.ts';
import { openLab } from '../test/lab/tools.ts';
import { endWith } from './ending.ts';
import type { ExecJob, ExecTold } from './exec-child.ts';
import { installedEnv } from './installed.ts';
import { median } from './numbers.ts';
import { inTurn } from './rounds.ts';
import { compare, single, type Row } from './row.ts';
import type { Context } from './section.ts';

const CHILD = fileURLToPath(new URL('exec-child.ts', import.meta.url));
const MEGABYTES = 100;

export async function benchExec({ quick, stack }: Context): Promise<Row[]> {
  const { facts, stop } = await startLab();
  await endWith(stack, stop);
  const lab = openLab(facts);
  const env = await installedEnv(join(lab.folder, 'bench'));
  await lab.podman('run', '--detach', '--name=writer', '--network=none', lab.image('sleeper', '1'));
  const job = {
    socket: lab.socket,
    podman: lab.podmanCommand.split(' '),
    container: 'writer',
    command: ['dd', 'if=/dev/zero', 'bs=1M', `count=${MEGABYTES}`, 'status=none'],
  };
  const grown: Record<ExecJob['way'], number[]> = { engine: [], podman: [] };
  const through = (way: ExecJob['way']) => async () => {
    const { ms, bytes, grownBy } = await runChild({ ...job, way }, env);
    if (bytes !== MEGABYTES * 2 ** 20) throw new Error(`${bytes} bytes arrived of ${MEGABYTES} MiB.`);
    grown[way].push(grownBy / 1e6);
    return ms;
  };
  const { ours, reference } = await inTurn(quick ? 3 : 9, {
    ours: through('engine'),
    reference: through('podman'),
  });
  return [
    compare(
      `exec, ${MEGABYTES} MiB of stdout, beside podman exec`,
      { ours, reference },
      { unit: 'ms', aim: 1.1 },
    ),
    single('exec, memory that it takes meanwhile', grown.engine, {
      unit: 'MB',
      aim: 32,
      note: `a plain reader of podman exec's pipe: ${median(grown.podman).toFixed(0)} MB`,
    }),
  ];
}

/** A process for each, so that memory is its own. */
async function runChild(job: ExecJob, env: Record<string, string>): Promise<ExecTold> {
  const child = fork(CHILD, { env: { ...process.env, ...env } });
  const told: ExecTold[] = [];
  child.once('message', (message: ExecTold) => told.push(message));
  child.send(job);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (told[0] === undefined) throw new Error(`The measuring process ended with ${String(code)}.`);
  return told[0];
}
