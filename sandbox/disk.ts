/** A disk of the machine in a box: a folder that says of itself how full it is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type SandboxDisk = {
  path: string;
  /** For the program that is to believe it. */
  env: Readonly<Record<string, string>>;
  readonly isOn: boolean;
  /** Full, or as it was. */
  set(isFull: boolean): void;
};

const PRELOAD = new URL('disk-preload.ts', import.meta.url);
/** What the page shows reads like a disk of a home server. Bytes. */
const SIZE = 4e12;
const USED = { full: 0.97, usual: 0.61 };

export function createDisk(folder: string): SandboxDisk {
  const path = join(folder, 'disk');
  const told = join(folder, 'disk.json');
  mkdirSync(path, { recursive: true });
  let isFull = false;
  const tell = () => {
    writeFileSync(told, JSON.stringify({ size: SIZE, used: isFull ? USED.full : USED.usual }));
  };
  tell();
  return {
    path,
    env: { NODE_OPTIONS: `--import=${PRELOAD.href}`, SANDBOX_DISK: path, SANDBOX_DISK_TOLD: told },
    get isOn() {
      return isFull;
    },
    set(on) {
      isFull = on;
      tell();
    },
  };
}
