import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createAudit } from '../src/audit.ts';
import type { App, Command, Plan } from '../src/app.ts';
import { EXIT, runCommandLine } from '../src/cli.ts';
import { systemClock } from '../src/clock.ts';
import { createLocks } from '../src/locks.ts';
import type { Report } from '../src/report.ts';
import type { UpdateReport } from '../src/report/updates.ts';
import { openScratchStore } from '../src/store.ts';
import { createTasks } from '../src/tasks.ts';
import { textsOf } from '../src/texts/index.ts';

const outcome = (more: Partial<UpdateReport>): UpdateReport => ({
  kind: 'update-outcome',
  verb: 'update',
  id: '1',
  service: 'blog',
  title: 'Blog',
  outcome: 'updated',
  from: 'v1',
  to: 'v2',
  took: 1000,
  down: 500,
  containers: 1,
  why: undefined,
  lastLines: [],
  data: undefined,
  keptAt: undefined,
  lost: undefined,
  warnings: [],
  notes: undefined,
  at: 0,
  ...more,
});
const plan: Plan = {
  report: {
    kind: 'rollback-plan',
    id: '1',
    service: 'blog',
    title: 'Blog',
    from: 'v2',
    to: 'v1',
    stops: ['blog'],
    data: { asOf: 0, lost: [] },
    reason: 'other-schema',
    away: undefined,
    at: 0,
  },
  fingerprint: 'x',
  typed: 'blog',
};

/**
 * One command, run by a person at a terminal.
 * @param typed what he answers; undefined where nobody is there to answer
 */
async function run(argv: string[], options: { plan?: Plan; report: Report; typed?: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'steward-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = openScratchStore(systemClock);
  const locks = createLocks(folder);
  const log = pino({ enabled: false });
  const runs: (Plan | undefined)[] = [];
  const given: (readonly string[])[] = [];
  const command: Command = {
    name: 'go',
    usage: '<service>',
    purpose: 'act',
    ...(options.plan === undefined ? {} : { plan: async () => options.plan }),
    flags: ['from'],
    run: async (_app, args, { plan: confirmed }) => {
      runs.push(confirmed);
      given.push(args);
      return options.report;
    },
  };
  const redact = (one: string) => one;
  const audit = createAudit({ table: store.audit, redact, clock: systemClock });
  const app = {
    config: { telegram: { chat: 7, owners: [7], guests: [] } },
    store,
    clock: systemClock,
    log,
    redact,
    audit,
    commands: [command],
  } as unknown as App;
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  if (options.typed !== undefined) input.end(`${options.typed}\n`);
  const code = await runCommandLine(
    {
      app,
      tasks: createTasks({ runs: store.runs, locks, clock: systemClock, log, audit }),
      texts: textsOf('en', 'UTC'),
      terminal: { input: Object.assign(input, { isTTY: options.typed !== undefined }), output, errors },
      user: 'root',
      signal: new AbortController().signal,
    },
    argv,
  );
  output.end();
  errors.end();
  const told = store.outbox.next(7)?.body;
  const kept = store.audit.list();
  return { code, runs, given, out: await text(output), errors: await text(errors), told, kept };
}

test.each([[['go', 'blog', '--from', '/b', '--yes']], [['go', '--yes', 'blog', '--from=/b']]])(
  '%j gives the command its own flag where it was typed',
  async (argv) => {
    expect((await run(argv, { report: outcome({}) })).given).toEqual([['blog', '--from', '/b']]);
  },
);

test('a plan that asks for a word is confirmed by typing it, and reaches the command', async () => {
  const done = await run(['go', 'blog'], { plan, report: outcome({}), typed: ' Blog' });
  expect(done.errors).toContain('To go ahead, type blog: ');
  expect(done).toMatchObject({ code: EXIT.done, runs: [plan] });
});

test.each(['y', 'yes', '', 'block'])(
  'a plan that asks for a word is not confirmed by "%s"',
  async (typed) => {
    const left = await run(['go', 'blog'], { plan, report: outcome({}), typed });
    expect(left).toMatchObject({ code: EXIT.usage, runs: [] });
    expect(left.errors).toContain('Nothing was changed.');
  },
);

test('--yes skips the word, hands over the plan that it made, and leaves a line in the chat', async () => {
  const done = await run(['go', 'blog', '--yes'], { plan, report: outcome({}) });
  expect(done).toMatchObject({
    code: EXIT.done,
    runs: [plan],
    told: { report: { note: { key: 'cli-did', verb: 'go', service: 'blog', ok: true } } },
  });
});

test('--yes where nothing is changed by observing leaves no line in the chat', async () => {
  const done = await run(['go', 'blog', '--yes'], { plan, report: outcome({ outcome: 'observed' }) });
  expect(done).toMatchObject({ code: EXIT.done, told: undefined });
});

const several = (done: UpdateReport[], rest: string[] = []): Report => ({
  kind: 'updates-outcome',
  done,
  rest,
  at: 0,
});

test.each<[string, Report, number]>([
  ['an update that came up', outcome({}), EXIT.done],
  ['a rollback that came up', outcome({ verb: 'rollback' }), EXIT.done],
  ['an update that was put back', outcome({ outcome: 'rolled-back' }), EXIT.failed],
  ['an update that changed nothing', outcome({ outcome: 'unchanged' }), EXIT.failed],
  ['an update that left it down', outcome({ outcome: 'down' }), EXIT.failed],
  ['several that came up', several([outcome({}), outcome({})]), EXIT.done],
  ['several with one put back', several([outcome({}), outcome({ outcome: 'rolled-back' })]), EXIT.failed],
  ['several not all of which were begun', several([outcome({})], ['wiki']), EXIT.failed],
  [
    'what could not be asked of an update',
    { kind: 'note', note: { key: 'not-asked', why: 'over', service: 'blog' } },
    EXIT.failed,
  ],
])('%s gives its exit code', async (_, report, expected) => {
  expect((await run(['go', 'blog'], { report })).code).toBe(expected);
});

test('a way back that is tried again, and works, is a success of the rollback that was asked for', async () => {
  const report = outcome({ outcome: 'rolled-back', verb: 'update' });
  expect((await run(['go', 'blog', '--yes'], { plan, report })).code).toBe(EXIT.done);
});

test('the audit keeps what the command line did, and who said yes', async () => {
  const { kept } = await run(['go', 'blog', '--yes'], { plan, report: outcome({}) });
  expect(kept).toMatchObject([
    { what: 'go', by: 'cli:root', from: 'cli', services: ['blog'], outcome: 'done', confirmedBy: 'cli:root' },
  ]);
});

test('the audit keeps a no, and an act that no plan announces', async () => {
  const no = await run(['go', 'blog'], { plan, report: outcome({}), typed: 'n' });
  expect(no.kept).toMatchObject([{ what: 'go', args: ['blog'], outcome: 'cancelled' }]);
  expect(no.kept[0]).toMatchObject({ confirmedBy: undefined });
  const act = await run(['go', 'blog'], { report: outcome({ outcome: 'down', why: undefined }) });
  expect(act.kept).toMatchObject([{ what: 'go', outcome: 'failed', plan: undefined }]);
});
