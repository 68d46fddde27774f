/** What streams of events can do wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEngineSandbox, type EngineSandbox } from '../../../sandbox/engine.ts';
import { createEngine, type Engine } from '../../../src/clients/engine.ts';
import { waitFor } from '../../wait.ts';

let folder: string;
let box: EngineSandbox;
let engine: Engine;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'events-'));
  box = await startEngineSandbox({ socket: join(folder, 'engine.sock'), chatter: 0, pace: 0 });
  engine = createEngine(box.socket);
});
afterEach(async () => {
  await engine.close();
  await box.close();
  rmSync(folder, { recursive: true });
});

/** @returns how the containers died that died during `happen`, and some time later `mark` */
async function deathsWhile(happen: () => Promise<void>): Promise<string[]> {
  const stop = new AbortController();
  const deaths: string[] = [];
  const following = (async () => {
    for await (const { action, name, exitCode } of engine.events({
      signal: stop.signal,
      since: Date.now(),
    })) {
      if (action === 'die') deaths.push(`${name} ${exitCode}`);
    }
  })();
  try {
    await happen();
    await waitFor(() => expect(deaths).toContain('copyparty 9'));
  } finally {
    stop.abort();
    await following;
  }
  return deaths.toSorted();
}

test.each(['repeat', 'disorder', 'end'] as const)(
  'events of streams with the fault "%s" are told once each',
  async (fault) => {
    const deaths = await deathsWhile(async () => {
      box.failEvents(fault);
      await box.kill('vaultwarden', { code: 1 });
      await box.kill('uptime-kuma', { code: 2 });
      box.failEvents(undefined);
      await box.kill('copyparty', { code: 9 });
    });
    expect(deaths).toEqual(['copyparty 9', 'uptime-kuma 2', 'vaultwarden 1']);
  },
);

test('events that a silent stream has kept back are told when it is lost', async () => {
  const deaths = await deathsWhile(async () => {
    box.failEvents('hang');
    await box.kill('vaultwarden', { code: 1 });
    await box.down();
    box.failEvents(undefined);
    await box.up();
    await box.kill('copyparty', { code: 9 });
  });
  expect(deaths).toEqual(['copyparty 9', 'vaultwarden 1']);
});
