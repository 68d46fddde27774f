/** What disks know of their own health, through `smartctl` where it is installed. */
import { z } from 'zod';
import { causeOf } from '../../errors.ts';
import { describeEnd, run } from '../../exec.ts';

export type SmartState = {
  /** `/dev/nvme0`, `/dev/sda`. */
  device: string;
  model: string | undefined;
  serial: string | undefined;
  /** Its own verdict; undefined where it gives none. */
  passed: boolean | undefined;
  /** NVMe: its field of critical warnings says more than that it is warm. */
  hasWarning: boolean;
  /** Percent of what it was made for; over 100 in one that outlived that. */
  used: number | undefined;
  /** NVMe, percent: blocks that can still take the place of bad ones, and how few are too few. */
  spare: { left: number; least: number } | undefined;
  reallocated: number | undefined;
  pending: number | undefined;
  uncorrectable: number | undefined;
  media: number | undefined;
};

/** It was not looked at, because. */
export type UnseenDisk = { device: string; why: string };

/** Milliseconds for one disk; one that is dying takes long for everything. */
const TIMEOUT = 20_000;

/**
 * Disks that sleep are left asleep.
 * @throws Error where smartctl is not there, or sees no disk
 */
export async function readSmart(
  smartctl: readonly string[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<(SmartState | UnseenDisk)[]> {
  const ask = async (...args: string[]) => {
    // Its exit code counts what it found, and is no verdict on the call itself.
    const { code, stdout, stderr } = await run([...smartctl, '--json', ...args], {
      timeout: TIMEOUT,
      ...(signal === undefined ? {} : { signal }),
    });
    if (stdout.trim() === '') throw new Error(stderr.trim().split('\n')[0] || describeEnd(code));
    return Answer.parse(JSON.parse(stdout));
  };
  const { devices = [], smartctl: head } = await ask('--scan');
  if (devices.length === 0) {
    throw new Error(head?.messages?.[0]?.string ?? 'smartctl finds no disk, or may not open one');
  }
  const found: (SmartState | UnseenDisk)[] = [];
  // One after the other: they share a bus, and nobody waits for this.
  for (const { name, type } of devices) {
    try {
      const answer = await ask('-n', 'standby', '-a', ...(type === undefined ? [] : ['-d', type]), name);
      found.push(toState(name, answer));
    } catch (error) {
      signal?.throwIfAborted();
      found.push({ device: name, why: causeOf(error) });
    }
  }
  return found;
}

const figure = z.number().optional();
const Answer = z.object({
  smartctl: z.object({ messages: z.array(z.object({ string: z.string() })).optional() }).optional(),
  devices: z.array(z.object({ name: z.string(), type: z.string().optional() })).optional(),
  model_name: z.string().optional(),
  serial_number: z.string().optional(),
  /** 0 for a disk without moving parts. */
  rotation_rate: figure,
  smart_status: z.object({ passed: z.boolean().optional() }).optional(),
  nvme_smart_health_information_log: z
    .object({
      critical_warning: figure,
      percentage_used: figure,
      available_spare: figure,
      available_spare_threshold: figure,
      media_errors: figure,
    })
    .optional(),
  ata_smart_attributes: z
    .object({
      table: z.array(z.object({ id: z.number(), value: figure, raw: z.object({ value: z.number() }) })),
    })
    .optional(),
});
type Answer = z.infer<typeof Answer>;

/** Numbers of attributes on which makers agree; on SSDs those of wear are normalised from 100 downwards. */
const REALLOCATED = 5;
const PENDING = 197;
const UNCORRECTABLE = 198;
const WEAR = [177, 231, 233, 202];
/** Bit of NVMe's critical warnings: a temperature, which its sensor tells as well. */
const WARM = 2;

function toState(device: string, answer: Answer): SmartState | UnseenDisk {
  const { nvme_smart_health_information_log: nvme, ata_smart_attributes: ata } = answer;
  if (answer.smart_status?.passed === undefined && nvme === undefined && ata === undefined) {
    return { device, why: answer.smartctl?.messages?.[0]?.string ?? 'it tells nothing of its health' };
  }
  const raw = (id: number) => ata?.table.find((one) => one.id === id)?.raw.value;
  const wear = answer.rotation_rate === 0 ? ata?.table.find(({ id }) => WEAR.includes(id))?.value : undefined;
  const { available_spare: left, available_spare_threshold: least } = nvme ?? {};
  return {
    device,
    model: answer.model_name,
    serial: answer.serial_number,
    passed: answer.smart_status?.passed,
    hasWarning: ((nvme?.critical_warning ?? 0) & ~WARM) !== 0,
    used: nvme?.percentage_used ?? (wear === undefined ? undefined : 100 - wear),
    spare: left === undefined || least === undefined ? undefined : { left, least },
    reallocated: raw(REALLOCATED),
    pending: raw(PENDING),
    uncorrectable: raw(UNCORRECTABLE),
    media: nvme?.media_errors,
  };
}
