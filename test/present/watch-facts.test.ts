/** What watching finds beside services that are simply down, as an alert and as its end. */
import { expect, test } from 'vitest';
import type { AlertReport, Finding, FindingFact } from '../../src/report/alerts.ts';
import type { Trouble } from '../../src/report/services.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';
import { present } from './present.ts';

const texts = textsOf('en', 'UTC');
const AT = Date.parse('2026-11-20T14:38:00Z');

const alert = (fact: FindingFact, change: Partial<AlertReport> = {}, service?: string): AlertReport => {
  const finding: Finding = { key: 'k', severity: 'warning', since: AT, fact, ...(service && { service }) };
  return {
    kind: 'alert',
    id: 1,
    finding,
    openedAt: AT,
    endedAt: undefined,
    times: 1,
    lasted: 0,
    mended: undefined,
    ackedBy: undefined,
    snoozed: undefined,
    stillFine: 0,
    stillDown: [],
    ...change,
  };
};
const over = { endedAt: AT + 3_600_000, lasted: 3_600_000 };
const linesOf = (report: AlertReport) => toText(present(report, texts), false).split('\n');

const LOG: FindingFact = {
  kind: 'log',
  title: 'Immich',
  part: 'immich-ml',
  pattern: 'heap out of memory',
  line: 'FATAL: heap out of memory',
  count: 1,
  lastAt: AT,
};

test('a line of a log tells who wrote it, how often, and its words', () => {
  expect(linesOf(alert(LOG, {}, 'immich'))).toEqual([
    '🟡 immich logs “heap out of memory” · 14:38',
    'immich-ml, at 14:38:00:',
    '  FATAL: heap out of memory',
  ]);
  expect(linesOf(alert({ ...LOG, count: 3, lastAt: AT + 60_000 }, {}, 'immich'))[1]).toBe(
    'immich-ml, 3 times, last at 14:39:00:',
  );
  expect(linesOf(alert(LOG, over, 'immich'))[0]).toBe(
    '🟢 immich has logged no “heap out of memory” for half an hour – after 1 h.',
  );
});

test('a pattern that takes too long says what becomes of it', () => {
  const fact: FindingFact = { kind: 'slow-pattern', title: 'Immich', pattern: '^(a+)+$' };
  expect(linesOf(alert(fact, {}, 'immich'))).toEqual([
    '🟡 immich: a pattern takes too long on its log · 14:38',
    '“^(a+)+$” is not looked for until Steward starts again. A simpler one, without repetitions of repetitions, is quick on every line.',
  ]);
});

test('a deploy that does not end says since when, and how to end it', () => {
  const unit = 'nixos-rebuild-switch-to-configuration.service';
  const fact: FindingFact = { kind: 'deploy-left', host: 'local', unit, begunAt: AT };
  expect(linesOf(alert(fact))).toEqual([
    '🟡 A deploy does not end · 14:38',
    `${unit} is active since 14:38:00. Alerts are told all the same; updates wait. If nothing is being deployed, stop it: systemctl stop ${unit}`,
  ]);
  expect(linesOf(alert(fact, over))[0]).toBe('🟢 This host deploys no more – after 1 h.');
  expect(linesOf(alert({ ...fact, host: 'stacks' }))[0]).toContain('A deploy on host stacks does not end');
});

test.each<[Trouble, string]>([
  [
    { kind: 'stopped-loop', kills: 3, limit: 256 * 1024 ** 2 },
    'immich-ml: stopped, because it was killed for memory 3 times in 10 min (limit 256 MB).',
  ],
  [
    { kind: 'held-back', unit: 'app.service', by: 'base.service' },
    'immich-ml: not started, since base.service failed, which it needs; systemd does not try again.',
  ],
  [
    { kind: 'unit-failed', unit: 'app.service', result: 'exit-code', restarts: 5 },
    'immich-ml: the unit failed: the program ended with an error; systemd gave up after 5 restarts.',
  ],
])('a part in trouble says why systemd does not start it: %o', (trouble, words) => {
  const fact: FindingFact = {
    kind: 'service',
    title: 'Immich',
    state: 'down',
    part: 'immich-ml',
    trouble,
    restarts: 0,
    memoryLimit: undefined,
    lastLines: [],
  };
  expect(linesOf(alert(fact, {}, 'immich'))[1]).toBe(words);
});
