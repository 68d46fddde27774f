/** A store that holds five years of history, beside one of a day: what commands take with each. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { readServices, type Services } from '../../src/services.ts';
import { openStore, type Store } from '../../src/store.ts';
import { openBox } from '../box.ts';
import { endWith } from '../ending.ts';
import { MAIN, runToEnd } from '../processes.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, type Row } from '../row.ts';
import type { Context } from '../section.ts';

const DAY = 86_400_000;
const YEARS = 5 * 365 * DAY;
const AIM = 1.5;
const ROUNDS = 5;
/** Jobs, and figures of which samples are kept. */
const NAMES = 40;

export async function benchHistory(count: number, { stack, say }: Omit<Context, 'quick'>): Promise<Row[]> {
  const box = await openBox(stack);
  const { services } = readServices(box.env['SERVICES_FILE'] ?? '');
  if (services === undefined) throw new Error('The services of the box are faulty.');
  const folder = await mkdtemp(join(tmpdir(), 'steward-history-'));
  await endWith(stack, () => rm(folder, { recursive: true, force: true }));
  say(`${count} rows …`);
  const stateOf = (name: string, rows: number, span: number): string => {
    const state = join(folder, name);
    const store = openStore(state, systemClock);
    fill(store, services, rows, span);
    store.close();
    return state;
  };
  const old = stateOf('old', count, YEARS);
  const young = stateOf('young', count / (YEARS / DAY), DAY);

  const askIn = (state: string, args: readonly string[]) =>
    timed(() =>
      runToEnd([process.execPath, MAIN, ...args, '--json'], { env: { ...box.env, STATE_DIR: state }, stack }),
    );
  const rows: Row[] = [];
  for (const command of ['status', 'report', 'audit', `audit ${services.all[0]?.name}`]) {
    say(`${command} …`);
    const args = command.split(' ');
    const { ours, reference } = await inTurn(
      ROUNDS,
      { ours: () => askIn(old, args), reference: () => askIn(young, args) },
      { warm: 1 },
    );
    rows.push(
      compare(
        `steward ${command}, with five years of history beside one day`,
        { ours, reference },
        { unit: 'ms', aim: AIM, note: `the whole command; ${count} rows of runs, samples, audit and alerts` },
      ),
    );
  }
  return rows;
}

/** Half samples, a quarter runs, a fifth audit, the rest alerts. */
function fill({ database }: Store, services: Services, rows: number, span: number): void {
  const now = Date.now();
  const names = services.all.map(({ name }) => name);
  const at = (index: number, of: number) => Math.floor(now - span + (index / of) * span);
  const nameOf = (index: number) => names[index % names.length] ?? '';
  const repeat = (part: number, put: (index: number, of: number) => void) => {
    const of = Math.ceil(rows * part);
    for (let index = 0; index < of; index += 1) put(index, of);
  };
  database.transaction(() => {
    repeat(0.5, (index, of) =>
      database.run(
        'insert or ignore into samples (name, at, value) values (?, ?, ?)',
        `disk:/mnt/${index % NAMES}:used`,
        at(index, of),
        index,
      ),
    );
    repeat(0.25, (index, of) =>
      database.run(
        `insert into runs (kind, name, subject, by, owner, started_at, ended_at, outcome) values ('job', ?, ?, 'schedule', 'x', ?, ?, 'done')`,
        `job-${index % NAMES}`,
        nameOf(index),
        at(index, of),
        at(index, of) + 1000,
      ),
    );
    repeat(0.2, (index, of) =>
      database.run(
        `insert into audit (at, by, origin, what, services, args, outcome, ended_at) values (?, 'schedule', 'schedule', 'back-up', ?, '[]', 'done', ?)`,
        at(index, of),
        JSON.stringify([nameOf(index)]),
        at(index, of) + 1000,
      ),
    );
    repeat(0.05, (index, of) => {
      const finding = { key: `service:${nameOf(index)}`, severity: 'critical', since: at(index, of) };
      database.run(
        `insert into alerts (key, severity, worst, finding, first_at, opened_at, changed_at, ended_at, ending, told_end) values (?, 'critical', 'critical', ?, ?, ?, ?, ?, 'well', 1)`,
        finding.key,
        JSON.stringify(finding),
        at(index, of),
        at(index, of),
        at(index, of),
        at(index, of) + 1000,
      );
    });
  });
}
