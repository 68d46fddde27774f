/** Copies of PostgreSQL: the time of the copy beside that of pg_dump alone, and what the proof takes. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../../test/lab/tools.ts';
import type { PostgresJob, PostgresTold } from './postgres-child.ts';
import { endWith } from '../ending.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, single, type Row } from '../row.ts';
import type { Context } from '../section.ts';

const CHILD = fileURLToPath(new URL('postgres-child.ts', import.meta.url));
const CONTAINER = 'bench-postgres';
const PLACE = { container: CONTAINER, user: 'owner', database: 'rows' };
/** Bytes of one row as it lies in the table, about. */
const ROW = 1000;

/** @param lab one for the whole section */
export async function benchPostgres(lab: Lab, { quick, stack, say }: Context): Promise<Row[]> {
  const megabytes = quick ? 100 : 1000;
  const folder = join(lab.folder, 'bench-postgres');
  await mkdir(folder, { recursive: true });
  await lab.podman(
    'run',
    '--detach',
    `--name=${CONTAINER}`,
    '--network=none',
    '--shm-size=256m',
    '--env=POSTGRES_USER=owner',
    `--env=POSTGRES_DB=${PLACE.database}`,
    lab.image('postgres', '15'),
  );
  await endWith(
    stack,
    async () => void (await lab.podman('rm', '--force', '--time=0', '--volumes', CONTAINER)),
  );
  await lab.waitForLog(CONTAINER, /ready to accept connections/);
  say(`${megabytes} MB of rows …`);
  await fill(lab, megabytes);

  const told: PostgresTold[] = [];
  const ours = async () => {
    const result = await runChild({ socket: lab.socket, place: PLACE, folder, drill: told.length === 0 });
    if (result.failed.length > 0) throw new Error(`The drill failed: ${result.failed.join(', ')}.`);
    told.push(result);
    return result.copy;
  };
  const reference = () => dumpPlainly(lab, join(folder, 'plain.dump'));
  say('copies …');
  const samples = await inTurn(3, { ours, reference });
  const seconds = (values: readonly number[]) => values.map((ms) => ms / 1000);
  const [first] = told;
  return [
    compare(
      `PostgreSQL, copy of ${megabytes} MB of rows, beside podman exec pg_dump -Fc > file`,
      { ours: seconds(samples.ours), reference: seconds(samples.reference) },
      { unit: 's', aim: 1.05, note: 'ours is on the disk and has its SHA-256; the other may lie in memory' },
    ),
    single('PostgreSQL, counts, digests, schema and decoding', seconds(told.map(({ proof }) => proof)), {
      unit: 's',
    }),
    ...(first === undefined
      ? []
      : [
          single('PostgreSQL, drill', seconds([first.drill]), {
            unit: 's',
            note: `${(first.restore / 1000).toFixed(0)} s of it are the restore`,
          }),
        ]),
    single(
      'PostgreSQL, memory that it takes meanwhile',
      told.map(({ grownBy }) => grownBy / 1e6),
      { unit: 'MB', aim: 48 },
    ),
    single(
      'PostgreSQL, longest pause of the event loop',
      told.map(({ longestPause }) => longestPause),
      { unit: 'ms', aim: 50 },
    ),
  ];
}

/** Half of each row compresses well. */
async function fill(lab: Lab, megabytes: number): Promise<void> {
  const rows = Math.round((megabytes * 1e6) / ROW);
  const random = Array.from({ length: 15 }, (_, at) => `md5((n * 20 + ${at})::text)`).join(' || ');
  const sql = `create table photos (id bigint primary key, taken timestamptz, path text, hash text);
    insert into photos select n, now(), repeat('/photos/2026/11/', 25), ${random} from generate_series(1, ${rows}) n;
    analyze`;
  await lab.podman(
    'exec',
    CONTAINER,
    'psql',
    '--username=owner',
    `--dbname=${PLACE.database}`,
    '--quiet',
    '--set=ON_ERROR_STOP=1',
    `--command=${sql}`,
  );
}

/** @returns milliseconds */
async function dumpPlainly(lab: Lab, path: string): Promise<number> {
  const [program = '', ...args] = lab.podmanCommand.split(' ');
  const file = await open(path, 'w');
  const took = await timed(async () => {
    const dump = ['pg_dump', '--username=owner', '--format=custom', PLACE.database];
    const child = spawn(program, [...args, 'exec', CONTAINER, ...dump], {
      stdio: ['ignore', file.fd, 'inherit'],
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`pg_dump: exit code ${code}`);
  });
  await file.close();
  await rm(path);
  return took;
}

/** A process for each, so that memory is its own. */
async function runChild(job: PostgresJob): Promise<PostgresTold> {
  const child = fork(CHILD);
  const told: PostgresTold[] = [];
  child.once('message', (message: PostgresTold) => told.push(message));
  child.send(job);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (told[0] === undefined) throw new Error(`The measuring process ended with ${String(code)}.`);
  return told[0];
}
