import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { recall, rememberFailed } from '../../src/operations/release-memory.ts';
import type { UpdateFailure } from '../../src/report/updates.ts';
import { openStore } from '../../src/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'steward-memory-'));
const store = openStore(folder, systemClock);
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('rememberFailed', () => {
  const cause = 'x';
  it.each<[boolean, UpdateFailure]>([
    [true, { kind: 'step', step: 'start', cause }],
    [false, { kind: 'step', step: 'start', cause, isRefused: true }],
    [false, { kind: 'step', step: 'switch', cause }],
    [true, { kind: 'slow', limit: 1000 }],
    [true, { kind: 'restarting', restarts: 3 }],
    [false, { kind: 'asked' }],
    [false, { kind: 'cut-off' }],
    [false, { kind: 'image', container: 'a' }],
    [false, { kind: 'host-unreachable', host: 'local', cause }],
    [false, { kind: 'no-unit', unit: 'a.service' }],
  ])('says %s against the image for %o', (isAgainst, why) => {
    const service = JSON.stringify(why);
    rememberFailed(store, service, 1, { digest: 'sha256:a', why, lastLines: [] });
    expect(recall(store, service)?.failed?.digest).toBe(isAgainst ? 'sha256:a' : undefined);
  });
});
