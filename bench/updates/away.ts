/** How long a service is away: an update and a way back, beside what systemd alone takes to restart and to start it. */
import type { UpdateReport } from '../../src/report/updates.ts';
import { planUpdate } from '../../src/operations/update/plan.ts';
import { update } from '../../src/operations/update/update.ts';
import { run, words } from '../../test/lab/exec.ts';
import type { Lab } from '../../test/lab/tools.ts';
import { startUpdatable, type Updatable, type Version } from '../../test/lab/updatable.ts';
import { openUpdating, type Updating } from '../../test/operations/updating.ts';
import { endWith } from '../ending.ts';
import { inTurn, timed } from '../rounds.ts';
import { compare, single, type Row } from '../row.ts';
import type { Context } from '../section.ts';
import { startProbing } from './prober.ts';

type Options = Pick<Context, 'stack' | 'say'> & { rounds: number };

export async function benchAway(lab: Lab, { rounds, stack, say }: Options): Promise<Row[]> {
  say('an update, and a way back …');
  const [plain, store] = [
    await startUpdatable(lab, 'plain'),
    await startUpdatable(lab, 'store', { kind: 'store' }),
  ];
  const updating = openUpdating(atHome(lab), [plain, store]);
  await endWith(stack, () => updating.close());
  return [
    ...(await benchPlain(atHome(lab), plain, { updating, rounds, stack })),
    ...(await benchSteps(store, updating, Math.ceil(rounds / 3))),
  ];
}

/** systemctl with the least that leads into the machine: on a host it is called as it is, and so is what it stands beside. */
const atHome = (lab: Lab): Lab => ({
  ...lab,
  systemctl: `nsenter --target ${lab.pid} --mount --pid systemctl`,
});

/** A service without data: nothing is to be copied while it is away. */
async function benchPlain(
  lab: Lab,
  service: Updatable,
  { updating, rounds, stack }: { updating: Updating; rounds: number; stack: AsyncDisposableStack },
): Promise<Row[]> {
  const probing = await startProbing(`${service.url}/version`);
  await endWith(stack, () => probing.stop());
  const publish = createPublisher(service);
  const systemctl = (...args: string[]) => run(...words(lab.systemctl, ...args));
  const away = async (work: () => Promise<unknown>) => {
    await probing.longestGap();
    await work();
    return probing.longestGap();
  };
  const samples = await inTurn(
    rounds,
    {
      updated: async () => {
        await publish();
        return away(() => go(updating, service, 'updated'));
      },
      restarted: () => away(() => systemctl('restart', service.unit)),
      back: async () => {
        await publish({ kind: 'crash' });
        return away(() => go(updating, service, 'rolled-back'));
      },
      started: async () => {
        await systemctl('stop', service.unit);
        return timed(async () => {
          await systemctl('start', service.unit);
          while (!(await isUp(service)));
        });
      },
    },
    { warm: 1 },
  );
  return [
    compare(
      'update, from the last answer of the old version to the first of the new one, beside systemctl restart',
      { ours: samples.updated, reference: samples.restarted },
      { unit: 'ms', aim: 1.1 },
    ),
    compare(
      'back after an image that dies at once, from answer to answer, beside the start of the service',
      { ours: samples.back, reference: samples.started },
      {
        unit: 'ms',
        note: 'a program that waits for another one may fail twice, so the third start is the last',
      },
    ),
  ];
}

/** What a service with data is away for beside that, and what is waited for while it answers. */
async function benchSteps(service: Updatable, updating: Updating, rounds: number): Promise<Row[]> {
  const publish = createPublisher(service);
  const [snapshot, health]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    await publish();
    const { steps } = await go(updating, service, 'updated');
    snapshot.push(steps.get('snapshot') ?? Number.NaN);
    health.push(steps.get('health') ?? Number.NaN);
  }
  return [
    single('update, snapshot at rest of a small SQLite database', snapshot, { unit: 'ms' }),
    single('update, wait for its health', health, {
      unit: 'ms',
      note: 'it answers meanwhile; `settle` is 1 s here, 20 s unless set',
    }),
  ];
}

/** Newer versions without end, each with a digest of its own. */
function createPublisher(service: Updatable): (what?: Version) => Promise<void> {
  let version = 1;
  return (what) => service.publish(String((version += 1)), what);
}

/** @returns what each step took, milliseconds */
async function go(
  updating: Updating,
  { name }: Updatable,
  outcome: UpdateReport['outcome'],
): Promise<{ steps: ReadonlyMap<string, number> }> {
  const { app } = updating;
  const service = updating.service(name);
  const work = updating.run();
  const report = await update(app, service, { ...work, plan: await planUpdate(app, service) });
  if (report.kind !== 'update-outcome' || report.outcome !== outcome) {
    throw new Error(`Expected "${outcome}": ${JSON.stringify(report)}`);
  }
  return { steps: new Map(work.progress.steps.map(({ step, took = 0 }) => [step, took])) };
}

const isUp = (service: Updatable): Promise<boolean> =>
  service.answers().then(
    () => true,
    () => false,
  );
