/** The real bot as a process of its own, started again when it ends, as systemd would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type BotProcess = {
  /** kill -9: the way to see what survives. */
  kill(): void;
  /** SIGTERM, and wait for its end. */
  stop(): Promise<void>;
};

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const RESTART_AFTER = 1000;
/** The bot's own code for a configuration that cannot be used: starting again would not help. */
const BAD_CONFIGURATION = 78;

/** @param env its whole environment, but for PATH and where Node keeps what it has compiled */
export function startBotProcess(env: Readonly<Record<string, string>>): BotProcess {
  let child: ChildProcess;
  let stopped = false;
  const start = () => {
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    child = spawn(process.execPath, [MAIN], {
      env: { PATH, NODE_COMPILE_CACHE, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('exit', (code) => {
      if (!stopped && code !== BAD_CONFIGURATION) setTimeout(() => stopped || start(), RESTART_AFTER);
    });
  };
  start();
  return {
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      stopped = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
