import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Config } from '../../../src/config.ts';
import { QUIET_FOR, watchLogs } from '../../../src/operations/watch/watch-logs.ts';
import type { LogFact } from '../../../src/report/watch-facts.ts';
import type { AlertRow } from '../../../src/store/alerts.ts';
import { openBox, type Box } from '../box.ts';

let box: Box;
let now: number;
beforeEach(async () => {
  now = Date.now();
  box = await openBox({
    containers: [
      { name: 'talker', image: 'localhost/talker:1', version: '1', memory: 1, cpu: 0, keep: true },
      { name: 'other', image: 'localhost/talker:1', version: '1', memory: 1, cpu: 0, keep: true },
    ],
    units: [{ name: 'native.service' }],
    services: {
      app: {
        title: 'The App',
        containers: [
          { name: 'talker', unit: 'none' },
          { name: 'other', unit: 'none' },
        ],
        units: ['native.service'],
        watch: {
          log: [
            { pattern: 'heap out of memory', severity: 'critical' },
            { pattern: 'slow (query|disk)' },
            { pattern: '^(a+)+$', severity: 'notice' },
          ],
        },
      },
    },
  });
});
afterEach(() => box.close());

/** Watches as long as `during` lasts, as one run of the bot. */
async function watch(during: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const config = { telegram: { chat: undefined, owners: [] } } as unknown as Config;
  const app = { ...box.app, config, clock: { now: () => now }, log: pino({ enabled: false }) };
  const watching = watchLogs(app, stop.signal, { every: 10 });
  try {
    await during();
  } finally {
    stop.abort();
    await watching;
  }
}

const alerts = () => box.app.store.alerts;
const until = (isSo: () => unknown) => vi.waitFor(isSo, { timeout: 10_000, interval: 5 });
const factOf = (row: AlertRow | undefined) => row?.finding.fact as LogFact;

describe('watchLogs', () => {
  it('opens one alert for a pattern, with its severity, and counts further lines of any part', async () => {
    await watch(async () => {
      box.write('talker', 'all is well\nFATAL: heap out of memory\n');
      await until(() => expect(alerts().open()).toHaveLength(1));
      expect(alerts().open()[0]).toMatchObject({
        key: 'log:app:0',
        severity: 'critical',
        finding: {
          service: 'app',
          fact: {
            kind: 'log',
            title: 'The App',
            part: 'talker',
            pattern: 'heap out of memory',
            line: 'FATAL: heap out of memory',
            count: 1,
          },
        },
      });
      box.write('other', 'again: heap out of memory\n');
      box.say('native.service', 'heap out of memory, too');
      await until(() => expect(factOf(alerts().open()[0])?.count).toBe(3));
      box.write('talker', 'slow disk\n');
      await until(() => expect(alerts().open()).toHaveLength(2));
      expect(alerts().byKey('log:app:1')).toMatchObject({ severity: 'warning' });
    });
  });

  it('is over when no such line came for half an hour', async () => {
    await watch(async () => {
      box.write('talker', 'slow query\n');
      await until(() => expect(alerts().open()).toHaveLength(1));
      const { lastAt } = factOf(alerts().open()[0]);
      now = lastAt + QUIET_FOR - 1;
      box.write('other', 'nothing of the kind\n');
      now = lastAt + QUIET_FOR;
      await until(() => expect(alerts().open()).toEqual([]));
      expect(alerts().byKey('log:app:1')).toMatchObject({ endedAt: now, ending: 'well' });
    });
  });

  it('goes on after a restart with the count and with lines of the time in between, none twice', async () => {
    await watch(async () => {
      box.write('talker', 'slow query 1\n');
      await until(() => expect(alerts().open()).toHaveLength(1));
    });
    const [before] = alerts().open();
    box.write('talker', 'slow query 2\n');
    await watch(async () => {
      await until(() => expect(factOf(alerts().open()[0])?.count).toBe(2));
      expect(alerts().open()).toMatchObject([{ id: before?.id, times: 1, openedAt: before?.openedAt }]);
      expect(factOf(alerts().open()[0]).line).toBe('slow query 2');
    });
  });

  it('masks what looks like a secret, cuts a long line, and takes colours away', async () => {
    await watch(async () => {
      box.write('talker', `\u001b[31mslow query\u001b[0m DB_PASSWORD=hunter2hunter2 ${'x'.repeat(2000)}\n`);
      await until(() => expect(alerts().open()).toHaveLength(1));
      const { line } = factOf(alerts().open()[0]);
      expect(line).toMatch(/^slow query DB_PASSWORD=••• x+ …$/);
      expect(line.length).toBeLessThanOrEqual(502);
    });
  });

  it('tells of a pattern that takes too long, and goes on with the others', async () => {
    await watch(async () => {
      for (let time = 0; time < 3; time += 1) box.write('talker', `${'a'.repeat(60)}b\n`);
      box.write('talker', 'slow query\n');
      await until(() => expect(alerts().open()).toHaveLength(2));
      expect(alerts().byKey('log:app:2:slow')).toMatchObject({
        severity: 'notice',
        finding: { fact: { kind: 'slow-pattern', pattern: '^(a+)+$' } },
      });
    });
  });
});
