import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { backup } from '../../commands/backup.ts';
import { update } from '../../commands/update.ts';
import { BusyError, UserError } from '../../src/errors.ts';
import { backUp } from '../../src/operations/backups/back-up.ts';
import { whileLocked } from '../../src/operations/arguments.ts';
import type { BackupReport } from '../../src/report/backup-runs.ts';
import { fill, openTaking, type Taking, type TakingOptions } from '../operations/backups/taking.ts';

const opened: Taking[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});
const open = (options: TakingOptions = {}): Taking => {
  const it = openTaking(options);
  opened.push(it);
  fill(it);
  return it;
};
const BARE = { plain: { units: ['plain.service'] } };
const PAUSED = {
  cards: {
    units: ['cards.service'],
    backup: { pause: true, sources: [{ kind: 'files', folder: 'DATA/files' }] },
  },
};

describe('backup', () => {
  test('runs at once where nothing is stopped, and says how it went', async () => {
    const it = open();
    expect(await backup.plan?.(it.app, ['notes'])).toBeUndefined();
    const report = (await backup.run(it.app, ['notes'], it.run())) as BackupReport;
    expect(report).toMatchObject({
      kind: 'backup',
      service: 'notes',
      made: { level: 'restored', sources: [{ tables: 1, rows: 2 }, { files: 2 }] },
      why: undefined,
    });
    expect(it.app.locks.isFree('notes')).toBe(true);
  });

  test('asks before it stops something', async () => {
    const it = open({ more: PAUSED });
    expect(await backup.plan?.(it.app, ['cards'])).toMatchObject({
      report: { kind: 'backup-plan', services: [{ service: 'cards', stops: ['cards'], isBusy: false }] },
    });
  });

  test('of all takes one after another, and one that is busy keeps no other waiting', async () => {
    const it = open({ more: PAUSED });
    const lock = it.app.locks.take('notes', { what: 'update', by: 'test' });
    try {
      const report = await backup.run(it.app, ['all'], it.run());
      expect(report).toMatchObject({
        kind: 'backups-done',
        done: [
          { service: 'notes', made: undefined, why: { kind: 'busy', what: 'update' } },
          { service: 'cards', made: { level: 'restored' } },
        ],
        rest: [],
      });
    } finally {
      lock.release();
    }
  });

  test('bare offers those that have one; of one that has none it says so', async () => {
    const it = open({ more: BARE });
    expect(await backup.run(it.app, [], it.run())).toMatchObject({
      kind: 'choose',
      services: [{ name: 'notes' }],
    });
    await expect(backup.plan?.(it.app, ['plain'])).rejects.toThrow(UserError);
  });

  test('of a target that is not mounted says so, and leaves nothing there', async () => {
    const it = open();
    await backup.run(it.app, ['notes'], it.run());
    // As an unmounted disk leaves its mount point.
    renameSync(it.target, `${it.target}.away`);
    mkdirSync(it.target);
    const report = (await backup.run(it.app, ['notes'], it.run())) as BackupReport;
    expect(report.made).toBeUndefined();
    expect(report.why).toMatchObject({
      kind: 'failed',
      cause: expect.stringContaining('not mounted') as string,
    });
    expect(readdirSync(it.target)).toEqual([]);
  });
});

test('an update asked while a backup runs is told what is being done', async () => {
  const it = open();
  await whileLocked(it.app, it.service(), 'backup', it.run(), async () => {
    for (const asked of [update.plan?.(it.app, ['notes']), backup.plan?.(it.app, ['notes'])]) {
      const error = await Promise.resolve(asked).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(BusyError);
      expect((error as BusyError).holder).toMatchObject({ what: 'backup', by: 'test' });
    }
  });
});

describe("a service's monitor", () => {
  test('is told after the proof, with the reason of a failure, and never stands in the way', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${body}`.trim());
        response.end('OK');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const heartbeat = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/key-of-the-monitor`;
    const ask = (it: Taking) => backUp(it.app, it.service(), it.run(), { reason: 'asked' });
    await ask(open({ heartbeat }));
    await ask(open({ heartbeat, backup: { expect: { tables: { note: 3 } } } }));
    const missing = open({ heartbeat });
    rmSync(missing.data, { recursive: true });
    await ask(missing);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    expect(seen).toEqual([
      'GET /ping/key-of-the-monitor',
      expect.stringMatching(/^POST \/ping\/key-of-the-monitor\/fail .*note/),
      expect.stringMatching(/^POST \/ping\/key-of-the-monitor\/fail Cannot/),
    ]);
    const report = await ask(open({ heartbeat }));
    expect(report.made?.level).toBe('restored');
    expect(report.warnings).toEqual([expect.stringMatching(/^Cannot reach the monitor|ECONNREFUSED/)]);
    expect(JSON.stringify(report)).not.toContain('key-of-the-monitor');
  });
});
