/** Starts and ends the box of namespaces that is the machine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from './exec.ts';
import { lives, parseStat } from './processes.ts';

/** In each lab's folder: the process that started it. */
export const ownerFile = 'owner.json';

export type Machine = {
  pid: number;
  enter: string;
  /** Of the machine, on a link of two addresses to this host. */
  address: string;
  /** The other one. */
  outside: string;
};

/** The lab's cgroups and network device are named after its folder, so that they are found again after a crash. */
const nameOf = (folder: string) => basename(folder);
const suffixOf = (folder: string) => basename(folder).slice(-6);

/** @param folder with everything that boot.sh and the units refer to; the unit `ready.service` writes to its fifo `ready` */
export async function startMachine(folder: string): Promise<Machine> {
  await run('mkfifo', [join(folder, 'ready')]);
  // The kernel ends the machine when this process dies, however it dies: launch.sh gets the signal, `unshare` passes it on.
  const launcher = spawn(
    'setpriv',
    ['--pdeathsig=KILL', 'sh', join(import.meta.dirname, 'launch.sh'), folder, nameOf(folder)],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  let complaints = '';
  launcher.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const stopWaiting = new AbortController();
  const ended = once(launcher, 'exit', { signal: stopWaiting.signal }).then(() => {
    throw new Error(`The machine did not come up:\n${complaints}`);
  });
  const ready = run('cat', [join(folder, 'ready')], { signal: stopWaiting.signal, timeout: 30_000 });
  try {
    await Promise.race([ready, ended]);
  } finally {
    stopWaiting.abort();
    await Promise.allSettled([ready, ended]);
  }
  // The pipe and the child must not keep this process from ending; its end ends them.
  launcher.stderr.destroy();
  launcher.unref();

  const { pid } = parseStat(await readFile(join(folder, 'init.stat'), 'utf8'));
  const enter = await writeEnter(folder, pid);
  const { outside, inside: address } = await connect(folder, pid);
  return { pid, enter, address, outside };
}

/** A program that runs its arguments inside the machine. */
async function writeEnter(folder: string, pid: number): Promise<string> {
  const name = nameOf(folder);
  // Who enters goes through the machine's own cgroups first. With v2 the kernel lets nobody move a process across
  // the edge of a cgroup namespace from inside, and Podman moves what it starts; with v1 rootless containers get
  // their cgroups mounted by the path of whoever starts them, which must be one that the machine can see.
  let joining = `for it in /sys/fs/cgroup/*; do [ -L "$it" ] || echo $$ > "$it/${name}/cgroup.procs"; done`;
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) {
    const byHand = `/sys/fs/cgroup/${name}/by-hand`;
    await mkdir(byHand);
    joining = `echo $$ > ${byHand}/cgroup.procs`;
  }
  const lines = ['#!/bin/sh', joining, `exec nsenter --target ${pid} --all "$@"`];
  const path = join(folder, 'bin/enter');
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o755 });
  return path;
}

/**
 * A link between this host and the machine, two addresses of 198.18.0.0/15, which RFC 2544 keeps for such purposes.
 * It is gone with the machine's network namespace.
 */
async function connect(folder: string, pid: number): Promise<{ outside: string; inside: string }> {
  const device = `lab-${suffixOf(folder)}`;
  const used = await run('ip', ['-oneline', 'address']);
  let outside: string;
  let inside: string;
  do {
    const number = Math.floor(Math.random() * 2 ** 16);
    const prefix = `198.${18 + (number >> 15)}.${(number >> 7) & 255}.`;
    const last = (number & 127) * 2;
    [outside, inside] = [`${prefix}${last}`, `${prefix}${last + 1}`];
  } while (used.includes(` ${outside}/`));
  await run('ip', ['link', 'add', device, 'type', 'veth', 'peer', 'name', 'lan', 'netns', String(pid)]);
  await run('ip', ['address', 'add', `${outside}/31`, 'dev', device]);
  await run('ip', ['link', 'set', device, 'up']);
  await run('nsenter', [`--target=${pid}`, '--net', 'ip', '-batch', '-'], {
    input: `address add ${inside}/31 dev lan\nlink set lan up\n`,
  });
  return { outside, inside };
}

/**
 * Ends the machine that was started with this folder, if it lives, and removes its cgroups and the folder.
 * Everything in it is below its process 1, so the kernel ends and unmounts all of it with that one.
 */
export async function endMachine(folder: string): Promise<void> {
  const stat = await readFile(join(folder, 'init.stat'), 'utf8').catch(() => undefined);
  if (stat !== undefined) {
    const init = parseStat(stat);
    if (lives(init)) process.kill(init.pid, 'SIGKILL');
    // Not our child but our child's (or nobody's any more), so there is no event to wait for.
    while (lives(init)) await pause(10);
  }
  for (const cgroup of await cgroupsNamed(nameOf(folder))) await removeCgroup(cgroup);
  // The owner's file last: a folder without it is taken for one in the making.
  const entries = (await readdir(folder).catch(() => [])).filter((name) => name !== ownerFile);
  for (const name of [...entries, ''])
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
}

async function cgroupsNamed(name: string): Promise<string[]> {
  const root = '/sys/fs/cgroup';
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const candidates = [join(root, name), ...folders.map((entry) => join(root, entry.name, name))];
  const found = await Promise.all(
    candidates.map((path) =>
      readdir(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  return found.flat();
}

/** Another start may be clearing the same one away. */
async function removeCgroup(path: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const children = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory());
      for (const child of children) await removeCgroup(join(path, child.name));
      return await rmdir(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      // Busy for a moment after its last process was reaped.
      if (code !== 'EBUSY' || attempt === 100) throw error;
      await pause(20);
    }
  }
}
