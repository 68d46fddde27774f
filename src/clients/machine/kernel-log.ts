/** What the kernel has to complain about, from the journal. */
import { lines, run } from '../../exec.ts';

export type KernelLine = { /** Milliseconds since 1970. */ at: number; text: string };

/** Milliseconds. */
const TIMEOUT = 30_000;
/** Characters of a line, and lines: a disk that dies can write thousands a second. */
const LONGEST = 500;
const MOST = 20_000;

/**
 * Warnings and worse since then, of the boots before as well; the oldest first.
 * @param since milliseconds since 1970
 * @throws Error where the journal has nothing of the kernel, or may not be read
 */
export async function readKernelLog(
  journalctl: readonly string[],
  since: number,
  { signal }: { signal?: AbortSignal } = {},
): Promise<KernelLine[]> {
  const options = { timeout: TIMEOUT, ...(signal === undefined ? {} : { signal }) };
  const base = [...journalctl, '--no-pager', '--quiet', '--output=json', '--output-fields=MESSAGE'];
  const kernel = '_TRANSPORT=kernel';
  // Who may not read the system's journal is shown an empty one.
  const any = await run([...base, '--lines=1', kernel], options);
  if (any.code !== 0 || any.stdout.trim() === '') {
    throw new Error(any.stderr.trim().split('\n')[0] || 'the journal shows nothing of the kernel');
  }
  const found: KernelLine[] = [];
  const command = [...base, '--priority=warning', `--since=@${Math.floor(since / 1000)}`, kernel];
  for await (const line of lines(command, options)) {
    found.push(...parse(line));
    if (found.length >= MOST) break;
  }
  return found;
}

function parse(line: string): KernelLine[] {
  try {
    const entry = JSON.parse(line) as { __REALTIME_TIMESTAMP?: string; MESSAGE?: unknown };
    // What is not text is no line of a driver that is known here.
    if (typeof entry.MESSAGE !== 'string') return [];
    const at = Math.floor(Number(entry.__REALTIME_TIMESTAMP ?? 0) / 1000);
    return [{ at, text: entry.MESSAGE.slice(0, LONGEST) }];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
