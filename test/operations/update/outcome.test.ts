import { expect, test } from 'vitest';
import { reportOf } from '../../../src/operations/update/outcome.ts';
import type { UpdateOutcome, UpdatePlan } from '../../../src/report/updates.ts';
import type { Service } from '../../../src/services.ts';
import type { UpdateFacts, UpdateRow } from '../../../src/store/updates.ts';

const service = { name: 'blog', title: 'Blog', containers: [{}] } as unknown as Service;
const clock = { now: () => 100_000 };
const row = (
  outcome: UpdateOutcome,
  facts: Partial<UpdateFacts> = {},
  verb: UpdateRow['verb'] = 'update',
): UpdateRow => ({
  id: '20261120t143910',
  service: 'blog',
  verb,
  by: 'x',
  stage: 'preparing',
  plan: { from: 'v1', to: 'v2', key: 'v2' } as UpdatePlan,
  facts: { from: {}, to: {}, ...facts },
  outcome,
  startedAt: 10_000,
  endedAt: 90_000,
});
const buttons = (one: UpdateRow) =>
  reportOf({ clock }, service, one)
    .actions?.flat()
    .map(({ command, args }) => [command, ...args].join(' '));

test.each<[string, UpdateRow, string[] | undefined]>([
  ['done', row('updated'), ['status blog', 'rollback blog --to 20261120t143910']],
  ['rolled back on purpose', row('updated', {}, 'rollback'), ['status blog']],
  ['failed', row('rolled-back'), ['logs blog', 'update blog v2']],
  ['without change', row('unchanged', { why: { kind: 'cut-off' } }), ['logs blog', 'update blog v2']],
  ['cancelled', row('unchanged', { why: { kind: 'asked' } }), ['update blog v2']],
  ['down', row('down'), ['rollback blog --to 20261120t143910', 'logs blog']],
  ['observed', row('observed'), undefined],
])('the buttons of an update that ended %s mean what it tells of, and nothing newer', (_, one, expected) => {
  expect(buttons(one)).toEqual(expected);
});

test('reportOf counts the time away from the stop to the first moment of health', () => {
  expect(reportOf({ clock }, service, row('updated', { stoppedAt: 40_000, wellAt: 70_000 }))).toMatchObject({
    took: 80_000,
    down: 30_000,
  });
  expect(reportOf({ clock }, service, row('unchanged')).down).toBeUndefined();
});

test('reportOf names the data that was put back by its own moment, not by that of the stop', () => {
  const facts = { asOf: 60_000, placedAt: 20_000, newer: [], aside: ['/srv/aside'] };
  expect(reportOf({ clock }, service, row('updated', facts, 'rollback'))).toMatchObject({
    data: { asOf: 20_000, aside: ['/srv/aside'] },
  });
});

test('reportOf of one that is down has the snapshot that there is, and the command that tries again', () => {
  expect(reportOf({ clock }, service, row('down', { asOf: 60_000, lost: { kind: 'gone' } }))).toMatchObject({
    keptAt: 60_000,
    lost: { command: 'steward rollback blog --to 20261120t143910' },
  });
});
