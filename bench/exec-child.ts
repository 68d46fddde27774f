/**
 * `node bench/exec-child.ts`: counts what a program in a container writes, once through the engine client and once
 * through `podman exec`, as often as the other side of the pipe asks, and says how long it took and how far memory grew.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createEngine } from '../src/clients/engine.ts';

export type ExecJob = {
  way: 'engine' | 'podman';
  socket: string;
  podman: readonly string[];
  container: string;
  command: readonly string[];
};
export type ExecTold = { ms: number; bytes: number; grownBy: number };

process.on('message', (job: ExecJob) => void work(job));

async function work(job: ExecJob): Promise<void> {
  const engine = createEngine(job.socket);
  const through = job.way === 'engine' ? throughEngine(engine) : throughPodman;
  // Once for the code to be loaded and the memory of it to be had.
  await through({ ...job, command: ['echo', 'ready'] }, createCounter().stream);
  const counter = createCounter();
  const begun = performance.now();
  await through(job, counter.stream);
  const told: ExecTold = {
    ms: performance.now() - begun,
    bytes: counter.bytes(),
    grownBy: counter.grownBy(),
  };
  process.send?.(told);
  await engine.close();
  process.disconnect?.();
}

/** Memory is looked at as the bytes come, since it is let go of afterwards. */
function createCounter() {
  const before = process.memoryUsage.rss();
  let most = before;
  let bytes = 0;
  let looked = 0;
  const stream = new Writable({
    write(chunk: Uint8Array, _encoding, taken) {
      bytes += chunk.length;
      if (bytes - looked > 1_000_000) {
        looked = bytes;
        most = Math.max(most, process.memoryUsage.rss());
      }
      taken();
    },
  });
  return { stream, bytes: () => bytes, grownBy: () => most - before };
}

type Through = (job: ExecJob, stdout: Writable) => Promise<void>;

const throughEngine =
  (engine: ReturnType<typeof createEngine>): Through =>
  async ({ container, command }, stdout) => {
    const { exitCode } = await engine.exec(container, command, { stdout });
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: exit code ${exitCode}`);
  };

const throughPodman: Through = async ({ podman: [program = '', ...args], container, command }, stdout) => {
  const child = spawn(program, [...args, 'exec', container, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  await pipeline(child.stdout, stdout);
  const [code] = (await closed) as [number | null];
  if (code !== 0) throw new Error(`podman exec ${command.join(' ')}: exit code ${code}`);
};
