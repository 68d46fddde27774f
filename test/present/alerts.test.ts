import { describe, expect, test } from 'vitest';
import { alertReport } from '../../src/operations/watch/told-alert.ts';
import type { App } from '../../src/app.ts';
import type { Report } from '../../src/report.ts';
import type { Trouble } from '../../src/report/services.ts';
import type { ServiceFact, ToldAlert } from '../../src/report/alerts.ts';
import { openScratchStore } from '../../src/store.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';
import { present } from './present.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 38);
const texts = textsOf('en', 'UTC');
const linesOf = (report: Report) => toText(present(report, texts), false).split('\n');

const factOf = (trouble: Trouble, more: Partial<ServiceFact> = {}): ServiceFact => ({
  kind: 'service',
  title: 'Immich',
  state: 'down',
  part: 'immich-postgres',
  trouble,
  restarts: 0,
  memoryLimit: undefined,
  lastLines: [],
  ...more,
});

const alertOf = (fact: ServiceFact, more: Partial<ToldAlert> = {}): Report => ({
  kind: 'alert',
  id: 1,
  finding: { key: 'service:immich', severity: 'critical', since: NOW, service: 'immich', fact },
  openedAt: NOW,
  endedAt: undefined,
  times: 1,
  lasted: 0,
  mended: undefined,
  ackedBy: undefined,
  snoozed: undefined,
  stillFine: 0,
  stillDown: [],
  ...more,
});

const unit = 'podman-immich-postgres.service';
const TROUBLES: [Trouble, Partial<ServiceFact>, string, string][] = [
  [{ kind: 'gone' }, {}, 'immich is down', 'immich-postgres: its container is gone.'],
  [{ kind: 'no-unit', unit }, {}, 'immich is down', `immich-postgres: the unit ${unit} does not exist.`],
  [{ kind: 'stopped' }, {}, 'immich is down', 'immich-postgres: stopped.'],
  [
    { kind: 'exited', code: 137, outOfMemory: true, at: NOW },
    { memoryLimit: 268_435_456, restarts: 3 },
    'immich is down',
    'immich-postgres: exited with 137: out of memory (limit 256 MB). It was restarted 3 times.',
  ],
  [
    { kind: 'unit-failed', unit, result: 'timeout' },
    {},
    'immich is down',
    'immich-postgres: the unit failed: it took too long.',
  ],
  [
    { kind: 'condition', unit, condition: 'ConditionPathExists=/run/agenix/immich' },
    {},
    'immich is down',
    'immich-postgres: not started, a file is missing: /run/agenix/immich.',
  ],
  [
    { kind: 'unhealthy', since: NOW, output: undefined },
    { state: 'degraded' },
    'immich is unhealthy',
    'immich-postgres: health check failing.',
  ],
  [{ kind: 'starting' }, {}, 'immich does not come up', 'immich-postgres: starting.'],
  [
    { kind: 'restarting', restarts: 7 },
    { restarts: 7 },
    'immich restarts again and again',
    'immich-postgres: restarting again and again, 7 restarts.',
  ],
  [
    { kind: 'no-answer', url: 'http://127.0.0.1:2283', cause: 'connection refused' },
    { state: 'degraded', part: undefined },
    'immich does not answer',
    'Runs, but http://127.0.0.1:2283 does not answer: connection refused.',
  ],
  [
    { kind: 'silent', cause: 'no answer within 5 s.' },
    { state: 'unknown' },
    'immich cannot be looked at',
    'immich-postgres: cannot be looked at: no answer within 5 s.',
  ],
];

describe('presentAlert', () => {
  test.each(TROUBLES)('%j', (trouble, more, title, cause) => {
    expect(linesOf(alertOf(factOf(trouble, more)))).toEqual([`🔴 ${title} since 14:38`, cause]);
  });

  test("says what a health check has said, and folds a program's last lines", () => {
    const trouble: Trouble = { kind: 'unhealthy', since: NOW, output: 'database is locked' };
    const report = alertOf(factOf(trouble, { part: 'immich', lastLines: ['one', '<b>two</b>'] }));
    expect(linesOf(report).slice(1)).toEqual([
      'Health check failing.',
      'Health check: Database is locked.',
      '  one',
      '  <b>two</b>',
    ]);
    expect(present(report, texts).blocks.at(-1)).toMatchObject({ mono: true });
  });

  test('says that it was so before, and for how long', () => {
    const again = { times: 3, lasted: 7 * 60_000 };
    expect(linesOf(alertOf(factOf({ kind: 'gone' }), again)).at(-1)).toBe(
      'It was so 2 times before, for 7 min altogether.',
    );
  });

  test.each([
    ['well', '🟢 immich is back – down for 12 min.'],
    ['stopped', '⚪ immich was stopped – down for 12 min.'],
    ['unwatched', '⚪ immich is not watched any more – down for 12 min.'],
  ] as const)('of one that ended because it is %s', (ending, line) => {
    const ended = { endedAt: NOW + 1, ending, lasted: 12 * 60_000 };
    expect(linesOf(alertOf(factOf({ kind: 'gone' }), ended))[0]).toBe(line);
  });

  test('of what ran out of memory says what it takes when it is back', () => {
    const trouble = { kind: 'exited', code: 137, outOfMemory: true, at: NOW } as const;
    const ended = { endedAt: NOW + 1, ending: 'well', lasted: 12 * 60_000 } as const;
    const fact = {
      ...factOf(trouble, { memoryLimit: 268_435_456 }),
      memoryNow: { used: 188_743_680, limit: 268_435_456 },
    };
    expect(linesOf(alertOf(fact, ended))[0]).toBe(
      '🟢 immich is back – down for 12 min. Memory now 180 MB of 256 MB.',
    );
  });

  test('names the day of what began on another one', () => {
    const fact = factOf({ kind: 'gone' });
    const finding = {
      key: 'x',
      severity: 'warning',
      since: NOW - 86_400_000,
      service: 'immich',
      fact,
    } as const;
    expect(linesOf(alertOf(fact, { finding }))[0]).toMatch(/^🟡 immich is down since .*19.* 14:38$/);
  });
});

test('present puts at most twenty troubles of one card into lines, worst first, what is over last', () => {
  const alerts = Array.from({ length: 25 }, (_, id): ToldAlert => {
    const report = alertOf(factOf({ kind: 'gone' })) as ToldAlert & Report;
    const severity = id === 3 ? 'critical' : 'warning';
    const ended = id === 0 ? { endedAt: NOW + 1, ending: 'well' as const, lasted: 1 } : {};
    return { ...report, id, finding: { ...report.finding, severity, service: `s${id}` }, ...ended };
  });
  const lines = linesOf({ kind: 'alerts', alerts });
  expect(lines[0]).toBe('🔴 24 of 25 troubles left since 14:38');
  expect(lines[1]).toContain('🔴 s3 is down');
  expect(lines[2]).toContain('🟡 s1 is down');
  expect(lines).toHaveLength(22);
  expect(lines.at(-1)).toBe('… and 5 more');
});

test.each([
  [{ kind: 'exited', code: 1, outOfMemory: false, at: NOW }, ['restart', 'logs']],
  [{ kind: 'unit-failed', unit, result: 'start-limit-hit' }, ['start', 'logs']],
  [{ kind: 'stopped' }, ['start', 'logs']],
  [{ kind: 'masked', unit, runs: false }, ['status', 'logs']],
] as [Trouble, string[]][])('alertReport of %j offers what helps', (trouble, expected) => {
  const store = openScratchStore({ now: () => NOW });
  const app = { store, config: { telegram: { owners: [1] } }, services: { all: [] } } as unknown as App;
  const finding = {
    key: 'service:immich',
    severity: 'critical',
    since: NOW,
    service: 'immich',
    fact: factOf(trouble),
  } as const;
  const report = alertReport(app, store.alerts.begin(finding, NOW), undefined);
  store.close();
  expect(report.actions?.map((row) => row.map(({ label }) => label))).toEqual([expected, ['snooze', 'ack']]);
});
