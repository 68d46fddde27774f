import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../../src/clients/engine.ts';
import { createSystemd } from '../../../src/clients/systemd.ts';
import type { LogSource } from '../../../src/operations/logs.ts';
import { followLog, type LogPlace } from '../../../src/operations/watch/follow-log.ts';
import { startEngineSandbox, type EngineSandbox } from '../../../sandbox/engine.ts';

let folder: string;
let sandbox: EngineSandbox;
let engine: Engine;
let stop: AbortController;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'follow-log-'));
  sandbox = await startEngineSandbox({
    socket: join(folder, 'engine.sock'),
    pace: 0,
    chatter: 0,
    units: [{ name: 'native.service' }],
  });
  engine = createEngine(sandbox.socket);
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await engine.close();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const source = (name: string, unit?: string): LogSource => ({
  name,
  unit,
  hasContainer: unit === undefined,
  host: { name: 'local', engine, systemd: createSystemd(sandbox.systemctl, sandbox.journalctl) },
});

/** Reads in the background. `next` gives the next text, `place` how far it is. */
function read(of: LogSource, from?: LogPlace) {
  const app = { clock: { now: () => Date.now() }, log: pino({ enabled: false }) };
  const lines = followLog(app, of, { signal: stop.signal, pause: 5, ...(from && { from }) });
  let place: LogPlace | undefined;
  return {
    async next() {
      const { value } = await lines.next();
      place = value?.place;
      return value?.line.text;
    },
    place: () => place,
  };
}

describe('followLog', () => {
  it('tells what is written from now on, each line once, also over a lost engine and within one second', async () => {
    const log = read(source('copyparty'));
    const first = log.next();
    sandbox.write('copyparty', 'one\ntwo\n');
    expect([await first, await log.next()]).toEqual(['one', 'two']);
    await sandbox.down();
    const third = log.next();
    sandbox.write('copyparty', 'three\n');
    await sandbox.up();
    sandbox.write('copyparty', 'four\n');
    expect([await third, await log.next()]).toEqual(['three', 'four']);
  });

  it('goes on with the container that takes another one’s place', async () => {
    const log = read(source('vaultwarden'));
    const first = log.next();
    sandbox.write('vaultwarden', 'old\n');
    expect(await first).toBe('old');
    const second = log.next();
    await sandbox.kill('vaultwarden');
    sandbox.write('vaultwarden', 'new\n');
    expect(await second).toBe('new');
  });

  it('goes on from its place after a restart', async () => {
    const log = read(source('copyparty'));
    const first = log.next();
    sandbox.write('copyparty', 'one\ntwo\nthree\n');
    expect([await first, await log.next()]).toEqual(['one', 'two']);
    const later = read(source('copyparty'), log.place());
    expect(await later.next()).toBe('three');
  });

  it('follows the journal of a unit, from its place after a restart', async () => {
    const log = read(source('native', 'native.service'));
    const first = log.next();
    sandbox.say('native.service', 'one');
    sandbox.say('native.service', 'two');
    expect(await first).toBe('one');
    const later = read(source('native', 'native.service'), log.place());
    expect(await later.next()).toBe('two');
  });

  it('ends with the signal', async () => {
    const log = read(source('no-such-container'));
    const first = log.next();
    stop.abort();
    expect(await first).toBeUndefined();
  });
});
