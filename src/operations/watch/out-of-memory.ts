/** Whether something ended because the kernel has killed it for memory. */
import type { CallOptions } from '../../clients/engine.ts';
import type { MemoryKill, Systemd } from '../../clients/systemd.ts';

/** How a container or unit ended. */
export type End = {
  /** Of the container. */
  id: string | undefined;
  unit: string | undefined;
  code: number;
  /** Milliseconds since 1970. */
  at: number;
  /** Bytes. */
  memoryLimit: number | undefined;
};

/** Killed by signal 9. */
const KILLED = 137;
/** Milliseconds: a program that loses one of its processes may go on for a while before it gives up. */
const JUST_BEFORE = 15_000;
/** An end is told to the second. */
const AND_AFTER = 2000;

/**
 * The kernel's log is certain either way. Where it cannot be read, whoever was killed by signal 9 and had a memory limit is
 * taken to have met it: Podman on cgroup v1 says nothing of it.
 */
export async function endedForMemory(
  systemd: Pick<Systemd, 'memoryKills'>,
  end: End,
  options: CallOptions = {},
): Promise<boolean> {
  return (await memoryJudge(systemd, options))(end);
}

/** {@link endedForMemory} for many ends, of one reading of the kernel's log. */
export async function memoryJudge(
  systemd: Pick<Systemd, 'memoryKills'>,
  options: CallOptions = {},
): Promise<(end: End) => boolean> {
  const kills = await systemd.memoryKills(options).catch(() => undefined);
  options.signal?.throwIfAborted();
  if (kills === undefined) return (end) => end.code === KILLED && end.memoryLimit !== undefined;
  return (end) => kills.some((kill) => isOf(kill, end));
}

const isOf = ({ cgroup, at }: MemoryKill, end: End): boolean =>
  at >= end.at - JUST_BEFORE &&
  at <= end.at + AND_AFTER &&
  // `/machine.slice/libpod-<id>.scope/container`, `/system.slice/docker-<id>.scope`, `/system.slice/<unit>/libpod-payload-<id>`.
  ((end.id !== undefined && cgroup.includes(end.id)) ||
    (end.unit !== undefined && cgroup.split('/').includes(end.unit)));
