/** Programs in containers: the stream between one and who asked for it. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Container, Stream } from './host.ts';
import { PROGRAMS, type Program } from './programs.ts';

export type Exec = {
  id: string;
  container: Container;
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  user: string;
  running: boolean;
  exitCode: number | undefined;
};

/** One of the two streams in a frame, as both logs and programs are sent. */
export function frame(stream: Stream, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream === 'stdout' ? 1 : 2, 0);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** @param own programs of that container, beside those of all */
export async function runExec(
  exec: Exec,
  socket: Duplex,
  own: Readonly<Record<string, Program>>,
): Promise<void> {
  const stdin = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const write = async (stream: Stream, output: string | Uint8Array) => {
    const bytes = typeof output === 'string' ? Buffer.from(output) : output;
    if (socket.destroyed) throw new Error('The reader is gone.');
    if (!socket.write(frame(stream, bytes))) await once(socket, 'drain');
  };
  const [name = '', ...args] = exec.command;
  const programs = { ...PROGRAMS, ...own };
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  exec.running = true;
  try {
    if (program === undefined) {
      await write(
        'stderr',
        `Error: runc: exec failed: unable to start container process: exec: "${name}": executable file not found in $PATH\n`,
      );
      exec.exitCode = 127;
    } else {
      exec.exitCode = await program({
        args,
        env: exec.env,
        user: exec.user,
        container: exec.container,
        stdin,
        write,
      });
    }
  } finally {
    exec.running = false;
    exec.exitCode ??= 137;
    // Where the program has left input unread, the kernel tells the other side that the connection broke.
    socket.end(() => socket.destroy());
  }
}
