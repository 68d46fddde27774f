import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Offsite } from '../../../src/clients/offsite.ts';
import type { Logger } from '../../../src/logger.ts';
import {
  offSiteState,
  offSiteTrouble,
  sampleOffSite,
  sendNewest,
  sendOffSite,
  wantsSample,
  type OffSiteReach,
} from '../../../src/operations/backups/off-site.ts';
import type { Service } from '../../../src/services.ts';
import type { BackupRow } from '../../../src/store/backups.ts';
import { openScratchStore } from '../../../src/store.ts';

const HOUR = 3_600_000;
const service = { name: 'vaultwarden', title: 'Vaultwarden' } as Service;

let place: string;
let now: number;
let app: OffSiteReach;
/** Thrown by the next call. */
let broken: Error | undefined;
/** What was begun, and what happens meanwhile. */
let sends: string[];
let sending: () => Promise<void>;

/** A second place that is a folder of this disk. */
const offsite: Offsite = {
  kind: 'rclone',
  async send(sent, folder) {
    sends.push(sent.id);
    await sending();
    if (broken !== undefined) throw broken;
    cpSync(folder, join(place, 'there', sent.service, sent.id), { recursive: true });
  },
  async list(name) {
    if (broken !== undefined) throw broken;
    return readdirSync(join(place, 'there', name));
  },
  async fetch(sent, files, to) {
    for (const file of files) {
      mkdirSync(dirname(join(to, file)), { recursive: true });
      cpSync(join(place, 'there', sent.service, sent.id, file), join(to, file));
    }
  },
};

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'steward-offsite-'));
  now = Date.UTC(2026, 10, 20);
  broken = undefined;
  sends = [];
  sending = () => Promise.resolve();
  const clock = { now: () => now };
  app = {
    offsite,
    clock,
    store: openScratchStore(clock),
    log: { warn: () => {} } as unknown as Logger,
    redact: (text: string) => text.replace('a secret', '•••'),
    config: { stateDir: join(place, 'state') },
  } as OffSiteReach;
});
afterEach(() => {
  app.store.close();
  rmSync(place, { recursive: true });
});

function backup(id: string): BackupRow {
  const folder = join(place, 'here', id);
  mkdirSync(join(folder, '1-files'), { recursive: true });
  for (const file of ['manifest.json', 'proof.json', '0-sqlite', '1-files/a', '1-files/b']) {
    writeFileSync(join(folder, file), `${file} of ${id}`);
  }
  const row: BackupRow = {
    service: service.name,
    id,
    folder,
    takenAt: now,
    size: 100,
    level: 'restored',
    provenAt: now,
    drilledAt: undefined,
    drillTook: undefined,
    images: {},
    counts: {},
    sizes: {},
    isReadable: true,
    trouble: undefined,
    stamp: '',
  };
  app.store.backups.put(row);
  return row;
}

const { signal } = new AbortController();

describe('sendOffSite', () => {
  test('remembers the newest that was sent', async () => {
    await sendOffSite(app, backup('one'), { signal });
    expect(offSiteState(app, 'vaultwarden')).toEqual({ id: 'one', sentAt: now });
    expect(readdirSync(join(place, 'there/vaultwarden'))).toEqual(['one']);
  });

  test('writes a failure down without its secrets, and what was sent before stays known', async () => {
    await sendOffSite(app, backup('one'), { signal });
    const sentAt = now;
    now += HOUR;
    broken = new Error('restic says: a secret is wrong');

    await sendOffSite(app, backup('two'), { signal });
    expect(offSiteState(app, 'vaultwarden')).toEqual({
      id: 'one',
      sentAt,
      failed: { at: now, why: 'restic says: ••• is wrong' },
    });
    broken = undefined;
    await sendOffSite(app, backup('two'), { signal });
    expect(offSiteState(app, 'vaultwarden')).toEqual({ id: 'two', sentAt: now });
  });

  test('does nothing where no second place is configured', async () => {
    app.offsite = undefined;
    await sendOffSite(app, backup('one'), { signal });
    expect(offSiteState(app, 'vaultwarden')).toEqual({});
    expect(offSiteTrouble(app, service)).toBeUndefined();
  });

  test('ends at its signal, which is no trouble', async () => {
    broken = new Error('stopped');
    const over = AbortSignal.abort(new Error('enough'));
    await expect(sendOffSite(app, backup('one'), { signal: over })).rejects.toThrow('enough');
    expect(offSiteState(app, 'vaultwarden')).toEqual({});
  });
});

describe('sampleOffSite', () => {
  test('brings files of the newest back and finds them equal', async () => {
    await sendOffSite(app, backup('one'), { signal });
    now += HOUR;
    await sendOffSite(app, backup('two'), { signal });

    expect(wantsSample(app, service)).toBe(true);
    await sampleOffSite(app, service, { signal });
    expect(offSiteState(app, 'vaultwarden')).toMatchObject({ id: 'two', sampledAt: now });
    now += 6 * 24 * HOUR;
    expect(wantsSample(app, service)).toBe(false);
    now += 24 * HOUR;
    expect(wantsSample(app, service)).toBe(true);
    // Not while what is there may have been thinned out here.
    backup('three');
    expect(wantsSample(app, service)).toBe(false);
    expect(readdirSync(join(place, 'state'))).toEqual([]);
  });

  test.for([
    ['differs', (file: string) => writeFileSync(file, 'something else'), 'has other contents there'],
    ['is missing', (file: string) => rmSync(file), 'no such file'],
  ] as const)('tells of a file that %s there', async ([, damage, expected]) => {
    await sendOffSite(app, backup('one'), { signal });
    damage(join(place, 'there/vaultwarden/one/manifest.json'));

    await sampleOffSite(app, service, { signal });
    expect(offSiteTrouble(app, service)).toMatch(
      new RegExp(`^a sample of it cannot be trusted: .*${expected}`),
    );
    // What is sent well since says nothing about it.
    await sendOffSite(app, backup('two'), { signal });
    expect(offSiteTrouble(app, service)).toMatch(new RegExp(expected));
    await sampleOffSite(app, service, { signal });
    expect(offSiteTrouble(app, service)).toBeUndefined();
  });

  test('tells when none of what is there is known here', async () => {
    mkdirSync(join(place, 'there/vaultwarden/somebody-elses'), { recursive: true });
    backup('one');
    await sampleOffSite(app, service, { signal });
    expect(offSiteState(app, 'vaultwarden').sampleFailed).toBe('none of the backups kept here is there');
  });

  test('leaves large files where they are', async () => {
    const row = backup('one');
    writeFileSync(join(row.folder, '1-files/large'), '');
    truncateSync(join(row.folder, '1-files/large'), 64e6 + 1);
    await sendOffSite(app, row, { signal });
    rmSync(join(place, 'there/vaultwarden/one/1-files/large'));

    await sampleOffSite(app, service, { signal, pick: (below) => below - 1 });
    expect(offSiteState(app, 'vaultwarden')).toMatchObject({ sampledAt: now });
  });
});

describe('sendNewest', () => {
  test('sends the newest that is not there, once, and nothing older after it', async () => {
    await sendNewest(app, service, { signal });
    backup('one');
    now += HOUR;
    backup('two');
    await sendNewest(app, service, { signal });
    await sendNewest(app, service, { signal });
    now += HOUR;
    backup('three');
    await sendNewest(app, service, { signal });
    expect(sends).toEqual(['two', 'three']);
  });

  test('tries again an hour after a failure', async () => {
    backup('one');
    broken = new Error('rclone says: no route to host');
    await sendNewest(app, service, { signal });
    now += HOUR - 1;
    await sendNewest(app, service, { signal });
    expect(sends).toEqual(['one']);
    await sendNewest(app, service, { signal, isAsked: true });
    expect(sends.splice(0)).toEqual(['one', 'one']);
    now += HOUR;
    broken = undefined;
    await sendNewest(app, service, { signal });
    expect(sends).toEqual(['one']);
    expect(offSiteTrouble(app, service)).toBeUndefined();
  });

  test('takes one that was thinned out meanwhile for no trouble, and sends the next', async () => {
    const { folder } = backup('one');
    sending = () => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    };
    await sendNewest(app, service, { signal });
    expect(offSiteTrouble(app, service)).toBeUndefined();
    sending = () => Promise.resolve();
    // Its disk, or it, is not there.
    await sendNewest(app, service, { signal });
    now += HOUR;
    backup('two');
    await sendNewest(app, service, { signal });
    expect(sends).toEqual(['one', 'two']);
  });

  test('leaves what is learnt meanwhile as it is', async () => {
    await sendOffSite(app, backup('one'), { signal });
    now += HOUR;
    backup('two');
    sending = () => sampleOffSite(app, service, { signal });
    await sendNewest(app, service, { signal });
    expect(offSiteState(app, 'vaultwarden')).toMatchObject({ id: 'two', sampledAt: now });
  });
});

describe('offSiteTrouble', () => {
  test('is silent before the first backup, and however long nothing new is there', async () => {
    expect(offSiteTrouble(app, service)).toBeUndefined();
    backup('one');
    await sendNewest(app, service, { signal });
    now += 400 * HOUR;
    expect(offSiteTrouble(app, service)).toBeUndefined();
  });

  test('tells what is behind for over 26 hours, and why the last try failed', async () => {
    backup('one');
    expect(offSiteTrouble(app, service)).toBeUndefined();
    now += 26 * HOUR + 1;
    expect(offSiteTrouble(app, service)).toBe('nothing was sent yet');
    await sendNewest(app, service, { signal });
    expect(offSiteTrouble(app, service)).toBeUndefined();
    backup('two');
    expect(offSiteTrouble(app, service)).toBeUndefined();
    now += 26 * HOUR + 1;
    expect(offSiteTrouble(app, service)).toBe('nothing was sent for over 26 hours');
    broken = new Error('rclone says: no route to host.');
    await sendNewest(app, service, { signal });
    expect(offSiteTrouble(app, service)).toBe('rclone says: no route to host');
  });

  test('begins to count again when the clock was ahead', () => {
    now += 1000 * HOUR;
    backup('one');
    expect(offSiteTrouble(app, service)).toBeUndefined();
    now -= 1000 * HOUR;
    expect(offSiteTrouble(app, service)).toBeUndefined();
    now += 27 * HOUR;
    expect(offSiteTrouble(app, service)).toBe('nothing was sent yet');
  });
});
