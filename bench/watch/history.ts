/** A store that holds five years of history, beside one of a day: what `/status` and `/audit` take with each. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../src/clients/engine.ts';
import { createMachine } from '../../src/clients/machine.ts';
import { createProbe } from '../../src/clients/probe.ts';
import { createSystemd } from '../../src/clients/systemd.ts';
import { systemClock } from '../../src/clock.ts';
import { createHosts } from '../../src/hosts.ts';
import { readAudit } from '../../src/operations/audit.ts';
import { statusOfAll } from '../../src/operations/status.ts';
import { readServices, type Services } from '../../src/services.ts';
import { openStore, type Store } from '../../src/store.ts';
import { openBox } from '../box.ts';
import { endWith } from '../ending.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, type Row } from '../row.ts';
import type { Context } from '../section.ts';

const DAY = 86_400_000;
const YEARS = 5 * 365 * DAY;
const AIM = 1.5;
const ROUNDS = 15;
/** What runs on the host in this many different ways. */
const NAMES = 40;

export async function benchHistory(count: number, { stack, say }: Omit<Context, 'quick'>): Promise<Row[]> {
  const box = await openBox(stack);
  const { services } = readServices(box.env['SERVICES_FILE'] ?? '');
  if (services === undefined) throw new Error('The services of the box are faulty.');
  const folder = await mkdtemp(join(tmpdir(), 'steward-history-'));
  await endWith(stack, () => rm(folder, { recursive: true, force: true }));
  const open = async (name: string, rows: number, span: number) => {
    const store = openStore(join(folder, name), systemClock);
    await endWith(stack, () => store.close());
    fill(store, services, rows, span);
    return store;
  };
  say(`${count} rows …`);
  const old = await open('old', count, YEARS);
  const young = await open('young', count / (YEARS / DAY), DAY);

  const engine = createEngine(box.engine.socket);
  await endWith(stack, () => engine.close());
  const hosts = createHosts([
    { name: 'local', engine, systemd: createSystemd(box.engine.systemctl, box.engine.journalctl) },
  ]);
  const appOf = (store: Store) => ({
    store,
    services,
    hosts,
    probe: createProbe(),
    machine: createMachine(),
    clock: systemClock,
  });
  const acts: Record<string, (store: Store) => Promise<unknown>> = {
    '/status': (store) => statusOfAll(appOf(store)),
    '/audit': async (store) => readAudit(appOf(store), { service: undefined, days: undefined, form: 'card' }),
    '/audit of one service': async (store) =>
      readAudit(appOf(store), { service: services.all[0]?.name, days: undefined, form: 'card' }),
  };
  const rows: Row[] = [];
  for (const [name, act] of Object.entries(acts)) {
    const { ours, reference } = await inTurn(
      ROUNDS,
      { ours: () => timed(() => act(old)), reference: () => timed(() => act(young)) },
      { warm: 2 },
    );
    rows.push(
      compare(
        `${name} after five years, beside the first day`,
        { ours, reference },
        {
          unit: 'ms',
          aim: AIM,
          note: `${count} rows of runs, samples, audit and alerts`,
        },
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
