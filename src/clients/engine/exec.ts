/** A program in a container: its bytes at the reader's pace, and how it ended. */
import { setTimeout as wait } from 'node:timers/promises';
import { Writable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CallOptions, ExecResult } from '../engine.ts';
import type { Connection } from './connection.ts';
import { createDemultiplexer } from './frames.ts';

export type ExecOptions = CallOptions & {
  stdout?: Writable;
  /** Each piece is gone once `stdout` has taken it: nothing of what is read waits for the garbage collector. */
  lent?: boolean;
  stdin?: AsyncIterable<Uint8Array>;
  env?: Readonly<Record<string, string>>;
  user?: string;
};

/** A program that is given no signal ends after this. */
const LONGEST = 60 * 60_000;
const MOST_ERRORS = 64 * 1024;
/** The engine knows the exit code milliseconds after the output has ended. Longer than this, the output was cut off. */
const EXIT_KNOWN_WITHIN = 3000;

/**
 * Run a program in a container (`doing` says so in messages); see {@link Engine.exec}. Ended by its signal, the program itself may go on in the
 * container: the engine's API has no way to stop it.
 */
export async function execIn(
  connection: Connection,
  { name, command, doing }: { name: string; command: readonly string[]; doing: string },
  { signal = AbortSignal.timeout(LONGEST), stdout, lent = false, stdin, env = {}, user }: ExecOptions = {},
): Promise<ExecResult> {
  const created = await connection.call(
    doing,
    (docker, options) =>
      docker.getContainer(name).exec({
        ...options,
        Cmd: [...command],
        AttachStdin: stdin !== undefined,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
        Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
        ...(user === undefined ? {} : { User: user }),
      }),
    { signal },
  );
  const socket = await connection.stream(
    doing,
    {
      method: 'POST',
      path: `/exec/${created.id}/start`,
      options: { Detach: false, Tty: false },
      hijack: true,
    },
    { signal },
  );
  const ended = () =>
    waitForExit(doing, () =>
      connection.call(doing, (docker, options) => docker.getExec(created.id).inspect(options), { signal }),
    );
  if (stdin !== undefined) feed(socket, stdin);
  const stderr = keepEnd();
  try {
    await pipeline(stdoutOf(socket, { lent, onStderr: (bytes) => stderr.add(bytes) }), stdout ?? nowhere());
    return { exitCode: await ended(), stderr: stderr.text() };
  } catch (error) {
    signal.throwIfAborted();
    if (!isBroken(error)) throw error;
    // Podman drops the connection when the program has left some of its input unread. That the program failed is
    // true all the same; that it did well does not prove that its output has arrived.
    const code = await ended();
    if (code === 0) throw new Error(`Cannot ${doing}: the connection broke, its output may be cut off.`);
    return { exitCode: code, stderr: stderr.text() };
  } finally {
    socket.destroy();
  }
}

async function* stdoutOf(
  socket: Duplex,
  { lent, onStderr }: { lent: boolean; onStderr: (bytes: Uint8Array) => void },
): AsyncGenerator<Uint8Array> {
  const frames = createDemultiplexer();
  for await (const chunk of socket as AsyncIterable<Uint8Array>) {
    for (const { stream, bytes } of frames.push(chunk)) {
      if (stream === 'stdout') yield bytes;
      else onStderr(bytes);
    }
    if (lent) free(chunk);
  }
  frames.end();
}

/** Node reads into a new buffer each time, and tens of megabytes of these lie about before they are collected. */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

function keepEnd() {
  let kept = Buffer.alloc(0);
  return {
    add(bytes: Uint8Array) {
      kept = Buffer.concat([kept, bytes]).subarray(-MOST_ERRORS);
    },
    text: () => kept.toString(),
  };
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, taken) => taken() });
}

/** A fault of the source, or the end of the connection, ends the socket with that error: whoever reads it is told. */
function feed(socket: Duplex, stdin: AsyncIterable<Uint8Array>): void {
  pipeline(stdin, socket).catch((error: unknown) => socket.destroy(error as Error));
}

function isBroken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

async function waitForExit(
  doing: string,
  inspect: () => Promise<{ Running: boolean; ExitCode: number | null }>,
): Promise<number> {
  const until = Date.now() + EXIT_KNOWN_WITHIN;
  let pause = 5;
  for (;;) {
    const { Running, ExitCode } = await inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    if (Date.now() > until) throw new Error(`Cannot ${doing}: its output ended before the program did.`);
    await wait(pause);
    pause = Math.min(pause * 2, 100);
  }
}
