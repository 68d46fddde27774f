/** Steward's command line in a process of its own, on the lab, which can be killed at any moment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../lab/tools.ts';
import type { Updatable } from '../lab/updatable.ts';
import { servicesFile } from '../operations/updating.ts';
import { CHILD_ENV } from '../child-env.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export type Steward = {
  /** Of its store, its configuration and its backups. */
  folder: string;
  /**
   * Runs a command, confirmed.
   * @param until resolves when it is to be killed; its signal tells that the command has ended
   * @returns the exit code, or null where it was killed
   */
  run(args: readonly string[], until?: (over: AbortSignal) => Promise<unknown>): Promise<number | null>;
};

/** @param it the service that it knows */
export function openSteward(lab: Lab, it: Pick<Updatable, 'name' | 'entry'>): Steward {
  const folder = mkdtempSync(join(tmpdir(), 'steward-killed-'));
  writeFileSync(join(folder, 'services.yaml'), servicesFile(folder, [it]));
  const env = {
    ...CHILD_ENV,
    STEWARD_ENV: '/dev/null',
    SERVICES_FILE: join(folder, 'services.yaml'),
    STATE_DIR: join(folder, 'state'),
    PICTURES_DIR: join(folder, 'pictures'),
    ENGINE_SOCKET: lab.socket,
    SYSTEMCTL: lab.systemctl,
    JOURNALCTL: lab.journalctl,
    LOG_LEVEL: 'error',
  };
  return {
    folder,
    async run(args, until) {
      const child = spawn(process.execPath, [MAIN, ...args, '--yes'], { env, stdio: 'ignore' });
      const over = new AbortController();
      const ended = once(child, 'exit').finally(() => over.abort());
      await Promise.race([until?.(over.signal).catch(() => undefined) ?? ended, ended]);
      child.kill('SIGKILL');
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}
