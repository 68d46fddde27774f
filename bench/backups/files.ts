/** A folder of many files of which none has changed: our next copy of it, and that of rsync. */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FilesPart } from '../../src/backup/manifest.ts';
import { endWith } from '../ending.ts';
import { median } from '../numbers.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, single, type Row } from '../row.ts';
import type { Context } from '../section.ts';
import type { FilesJob, FilesTold } from './files-child.ts';

const CHILD = fileURLToPath(new URL('files-child.ts', import.meta.url));
const run = promisify(execFile);
/** In each folder. */
const EACH = 100;
/** Bytes. */
const MEAN_SIZE = 3000;

export async function benchFiles({ quick, stack, say }: Context): Promise<Row[]> {
  const files = quick ? 10_000 : 100_000;
  const folder = await mkdtemp(join(tmpdir(), 'steward-bench-'));
  await endWith(stack, () => rm(folder, { recursive: true, force: true }));
  const source = join(folder, 'source');
  say(`${files} files …`);
  makeFiles(source, files / EACH);
  say('their first copies …');
  await rsync(`${source}/`, `${join(folder, 'rsync')}/`);
  // Only a file that has been at rest for a minute is told apart from its next state.
  const first = await runChild({ source, folder: join(folder, 'ours'), now: Date.now() + 120_000 });

  const grown: number[] = [];
  const paused: number[] = [];
  const idle: number[] = [];
  const again = (isFresh: boolean) => async () => {
    const earlier = { folder: join(folder, 'ours'), part: first.part, isFresh };
    const told = await runChild({ source, folder: join(folder, 'next'), earlier, now: Date.now() });
    requireLinked(told.part, files);
    if (!isFresh) {
      grown.push(told.grownBy / 1e6);
      paused.push(told.paused);
      idle.push(told.pausedAtRest);
    }
    rmSync(join(folder, 'next'), { recursive: true });
    return told.ms;
  };
  const samples = await inTurn(quick ? 3 : 5, {
    ours: again(false),
    fresh: again(true),
    reference: async () => {
      const ms = await timed(() =>
        rsync(`--link-dest=${join(folder, 'rsync')}`, `${source}/`, `${join(folder, 'next')}/`),
      );
      rmSync(join(folder, 'next'), { recursive: true });
      return ms;
    },
  });
  const { ours, fresh, reference } = samples;
  return [
    compare(
      `${files} unchanged files, each copy read again, beside rsync -a --link-dest`,
      { ours, reference },
      {
        unit: 'ms',
        aim: 1.5,
        note: `with the look beforehand at how much room it takes; rsync neither reads the earlier copies nor waits for the disk. The first copy, all of it on the disk: ${(first.ms / 1000).toFixed(0)} s`,
      },
    ),
    compare('the same of a copy of a moment ago, unread', { ours: fresh, reference }, { unit: 'ms' }),
    single('memory that it takes meanwhile', grown, { unit: 'MB' }),
    single('longest pause of the event loop meanwhile', paused, {
      unit: 'ms',
      aim: 50,
      note: `of the same process at rest, for as long: ${median(idle).toFixed(0)} ms`,
    }),
  ];
}

/** Folders in twenty others, with {@link EACH} files in each of them. */
function makeFiles(source: string, folders: number): void {
  const bytes = Buffer.alloc(MEAN_SIZE * 2, 'some 60 bytes of text that a file may hold, again and again. ');
  for (let number = 0; number < folders; number += 1) {
    const folder = join(source, String(number % 20), String(number));
    mkdirSync(folder, { recursive: true });
    for (let file = 0; file < EACH; file += 1) {
      const size = (number * 7919 + file * 104_729) % bytes.length;
      writeFileSync(join(folder, `${file}.bin`), bytes.subarray(0, size));
    }
  }
}

async function rsync(...args: readonly string[]): Promise<void> {
  await run('rsync', ['--archive', ...args]);
}

function requireLinked({ linked, spoilt }: FilesPart, files: number): void {
  if (linked === files && spoilt.count === 0) return;
  throw new Error(`${linked} of ${files} files were linked, ${spoilt.count} found spoilt.`);
}

/** A process for each, so that memory and the event loop are its own. */
async function runChild(job: FilesJob): Promise<FilesTold> {
  const child = fork(CHILD);
  const told: FilesTold[] = [];
  child.once('message', (message: FilesTold) => told.push(message));
  child.send(job);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (told[0] === undefined) throw new Error(`The measuring process ended with ${String(code)}.`);
  return told[0];
}
