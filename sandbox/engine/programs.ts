/** What can be run in a container of the machine in a box: a few programs that behave as in busybox. */
import type { Container } from './host.ts';

export type Program = (run: {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  user: string;
  container: Container;
  stdin: AsyncIterator<Uint8Array>;
  /** Resolves when the reader has room again. */
  write: (stream: 'stdout' | 'stderr', output: string | Uint8Array) => Promise<void>;
}) => Promise<number>;

const CHUNK = 64 * 1024;

export const PROGRAMS: Readonly<Record<string, Program>> = {
  true: async () => 0,
  false: async () => 1,
  async echo({ args, write }) {
    await write('stdout', `${args.join(' ')}\n`);
    return 0;
  },
  async env({ env, container, write }) {
    const own = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const lines = [...(container.spec.body?.Env ?? []), ...own];
    await write('stdout', lines.map((line) => `${line}\n`).join(''));
    return 0;
  },
  /** `id -u` */
  async id({ user, write }) {
    await write('stdout', `${user === '' ? '0' : user}\n`);
    return 0;
  },
  async cat({ args, stdin, write }) {
    if (args[0] !== undefined) {
      await write('stderr', `cat: can't open '${args[0]}': No such file or directory\n`);
      return 1;
    }
    for (let next = await stdin.next(); next.done !== true; next = await stdin.next())
      await write('stdout', next.value);
    return 0;
  },
  /** `head -c <bytes> [/dev/zero]` */
  async head({ args, stdin, write }) {
    let left = Number(args[1]);
    const zeros = args[2] === '/dev/zero';
    while (left > 0) {
      let bytes: Uint8Array = new Uint8Array(Math.min(left, CHUNK));
      if (!zeros) {
        const next = await stdin.next();
        if (next.done === true) break;
        bytes = next.value.subarray(0, left);
      }
      await write('stdout', bytes);
      left -= bytes.length;
    }
    return 0;
  },
  /** `seq <last>` */
  async seq({ args, write }) {
    const last = Number(args[0]);
    for (let number = 1; number <= last;) {
      let text = '';
      while (number <= last && text.length < CHUNK) text += `${number++}\n`;
      await write('stdout', text);
    }
    return 0;
  },
  /** Only `sh -c 'exit <code>'`, `sh -c 'echo <words>'` and `sh -c 'echo <words> >&2; exit <code>'`. */
  async sh({ args, write }) {
    for (const command of (args[1] ?? '').split(';').map((part) => part.trim())) {
      const exit = /^exit (\d+)$/.exec(command)?.[1];
      if (exit !== undefined) return Number(exit);
      const echo = /^echo (.*?)( >&2)?$/.exec(command);
      if (echo === null) {
        await write('stderr', `sh: ${command}: not found\n`);
        return 127;
      }
      await write(echo[2] === undefined ? 'stdout' : 'stderr', `${echo[1]}\n`);
    }
    return 0;
  },
  sleep: ({ args }) => new Promise((resolve) => setTimeout(() => resolve(0), Number(args[0]) * 1000).unref()),
};
