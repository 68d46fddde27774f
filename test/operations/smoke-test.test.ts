import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { NOT_LOOKED, runSmokeTest } from '../../src/operations/smoke-test.ts';
import { outlook, sampleOf } from '../../src/operations/smoke/disks.ts';
import { sampleMachine } from '../../src/operations/smoke/samples.ts';
import { diskOf, keysOf, openPlace, type Place } from './smoke-place.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let place: Place;
afterEach(() => place.close());

describe('smokeTest', () => {
  beforeEach(async () => (place = await openPlace()));

  it('finds nothing where all is well, and says what it could not look at', async () => {
    const { findings, looked, notLooked } = await place.look();
    expect(findings).toEqual([]);
    expect(looked).toEqual(
      expect.arrayContaining([
        'disk:/',
        'mount:/mnt/data',
        'growth:/',
        'memory',
        'swap',
        'temperature:coretemp',
        'clock',
        'read-only:',
        'io:',
        'units:local',
        'vpn:tailscale0',
        'url:web',
        'certificate:*.example.dev',
      ]),
    );
    expect(notLooked).toEqual([
      {
        key: 'smart:',
        why: expect.stringMatching(/there is no such program$/) as string,
        because: 'lacking',
      },
    ]);
  });

  it.each<[string, string, 'critical' | 'warning', (at: Place) => void, (at: Place) => void]>([
    [
      'a full disk',
      'disk:/',
      'critical',
      (at) => at.disks.set('/', diskOf('/', 95)),
      (at) => at.disks.delete('/'),
    ],
    [
      'a filling disk',
      'disk:/mnt/data',
      'warning',
      (at) => at.disks.set('/mnt/data', diskOf('/mnt/data', 85)),
      (at) => at.disks.delete('/mnt/data'),
    ],
    [
      'a mount that is gone',
      'mount:/mnt/data',
      'warning',
      (at) => at.disks.set('/mnt/data', { path: '/mnt/data', lost: 'not-mounted' }),
      (at) => at.disks.delete('/mnt/data'),
    ],
    [
      'an empty disk',
      'mount:/mnt/data',
      'warning',
      (at) => at.disks.set('/mnt/data', { ...diskOf('/mnt/data', 0), isEmpty: true }),
      (at) => at.disks.delete('/mnt/data'),
    ],
    [
      'used up memory',
      'memory',
      'critical',
      (at) => at.write('proc/meminfo', 'MemTotal: 16000000 kB\nMemAvailable: 160000 kB\n'),
      (at) => at.write('proc/meminfo', 'MemTotal: 16000000 kB\nMemAvailable: 9000000 kB\n'),
    ],
    [
      'a hot processor',
      'temperature:coretemp',
      'warning',
      (at) => at.write('sys/class/hwmon/hwmon0/temp1_input', '97000\n'),
      (at) => at.write('sys/class/hwmon/hwmon0/temp1_input', '60000\n'),
    ],
    [
      'a clock that nothing sets',
      'clock',
      'warning',
      (at) => at.write('timedatectl', '#!/bin/sh\necho no\n'),
      (at) => at.write('timedatectl', '#!/bin/sh\necho yes\n'),
    ],
    [
      'a disk with errors',
      'io:sda',
      'warning',
      (at) => (at.kernel = ['I/O error, dev sda, sector 1']),
      (at) => (at.kernel = []),
    ],
    [
      'a VPN without an address',
      'vpn:tailscale0',
      'warning',
      (at) => (at.addresses = ['fe80::1']),
      (at) => (at.addresses = ['100.64.0.1']),
    ],
    [
      'a proxy whose backend is gone',
      'url:web',
      'warning',
      (at) => (at.proxy.status = 502),
      (at) => (at.proxy.status = 200),
    ],
    [
      'a certificate with three days left',
      'certificate:*.example.dev',
      'warning',
      (at) => at.proxy.show(3),
      (at) => at.proxy.show(80),
    ],
  ])('tells %s as %s, %s, and its end', async (_name, key, severity, harm, mend) => {
    await place.step();
    harm(place);
    expect(await place.step()).toMatchObject({ opened: [key], ended: [] });
    expect(place.app.store.alerts.byKey(key)?.severity).toBe(severity);
    expect(await place.step({ often: true })).toMatchObject({ opened: [], ended: [] });
    mend(place);
    expect(await place.step({ often: true })).toMatchObject({ opened: [], ended: [key] });
  });

  it('tells a file system that takes no writing any more', async () => {
    expect(await place.step()).toMatchObject({ opened: [] });
    place.write('proc/self/mountinfo', '22 1 254:0 / / rw - ext4 /dev/vda1 ro,errors=remount-ro\n');
    expect(await place.step()).toMatchObject({ opened: ['read-only:/'] });
    expect(place.app.store.alerts.byKey('read-only:/')?.severity).toBe('critical');
    place.write('proc/self/mountinfo', '22 1 254:0 / / rw - ext4 /dev/vda1 rw\n');
    expect(await place.step()).toMatchObject({ ended: ['read-only:/'] });
  });

  it('takes a moment of heat for none', async () => {
    place.write('sys/class/hwmon/hwmon0/temp1_input', '97000\n');
    let asked = 0;
    const { machine } = place.app;
    place.app.machine = {
      ...machine,
      sensors() {
        asked += 1;
        if (asked === 2) place.write('sys/class/hwmon/hwmon0/temp1_input', '61000\n');
        return machine.sensors();
      },
    };
    expect(keysOf((await place.look()).findings)).toEqual([]);
    expect(asked).toBe(2);
  });

  it('leaves an alert open whose matter cannot be looked at', async () => {
    place.kernel = ['I/O error, dev sda, sector 1'];
    place.proxy.show(3);
    expect((await place.step()).opened.toSorted()).toEqual(['certificate:*.example.dev', 'io:sda']);
    place.kernel = undefined;
    place.proxy.close();
    const { opened, ended } = await place.step();
    expect({ opened, ended }).toEqual({ opened: ['url:web'], ended: [] });
  });

  it('of a disk that is not there says neither that it is full nor that it has room', async () => {
    place.disks.set('/mnt/data', diskOf('/mnt/data', 95));
    expect(await place.step()).toMatchObject({ opened: ['disk:/mnt/data'] });
    place.disks.set('/mnt/data', { path: '/mnt/data', lost: 'silent' });
    expect(await place.step()).toMatchObject({ opened: ['mount:/mnt/data'], ended: [] });
    place.disks.delete('/mnt/data');
    expect((await place.step()).ended.toSorted()).toEqual(['disk:/mnt/data', 'mount:/mnt/data']);
  });

  it('leaves the way to a service to whoever works on it, and to the watch where it is down', async () => {
    place.proxy.status = 502;
    const lock = place.app.locks.take('web', { what: 'update', by: 'test' });
    const busy = await place.look();
    expect(busy.findings).toEqual([]);
    expect(busy.notLooked).toContainEqual({ key: 'url:web', why: 'it is being worked on' });
    lock.release();
    place.active = ['nixos-rebuild-switch-to-configuration.service'];
    const deploying = await place.look();
    expect(deploying.findings).toEqual([]);
    expect(deploying.notLooked).toContainEqual({ key: 'url:web', why: 'a deploy is running' });
    place.active = [];
    place.service.status = 500;
    const down = await place.look();
    expect(down.findings).toEqual([]);
    expect(down.notLooked).toContainEqual({
      key: 'url:web',
      why: 'it answers 500 on this machine itself',
      because: 'told',
    });
    place.service.status = 200;
    expect(keysOf((await place.look()).findings)).toEqual(['url:web']);
  });

  it('waits for the address of the VPN for a minute after a boot, and no longer', async () => {
    place.write('proc/stat', `btime ${Math.floor(place.now / 1000)}\n`);
    place.addresses = [];
    let asked = 0;
    place.app.machine.addresses = () => {
      asked += 1;
      if (asked === 2) place.addresses = ['100.64.0.1'];
      return place.addresses;
    };
    expect(keysOf((await place.look()).findings)).toEqual([]);
    place.addresses = [];
    place.now += 61_000;
    expect(keysOf((await place.look()).findings)).toEqual(['vpn:tailscale0']);
  });

  it('tells units that failed, but not those of services', async () => {
    place.failed = ['podman-web.service'];
    expect((await place.look()).findings).toEqual([]);
    place.failed = ['podman-web.service', 'nightly.service', 'mnt-data.mount'];
    expect((await place.look()).findings).toEqual([
      expect.objectContaining({
        key: 'units:local',
        fact: { kind: 'failed-units', host: 'local', units: ['mnt-data.mount', 'nightly.service'] },
      }),
    ]);
    place.active = ['nixos-rebuild-switch-to-configuration.service'];
    expect((await place.look()).notLooked).toContainEqual({ key: 'units:local', why: 'a deploy is running' });
  });

  it('tells how soon a disk is full, from the figures that were kept', async () => {
    for (let day = 30; day > 0; day -= 1) {
      place.now += DAY;
      place.disks.set('/', diskOf('/', 30 + (30 - day)));
      await sampleMachine(place.app);
    }
    expect(place.app.store.samples.last(sampleOf('/'), place.now)?.value).toBe(59e9);
    expect(place.app.store.samples.last('temperature', place.now)?.value).toBe(45);
    expect(outlook(place.app, { path: '/', free: 41e9 })).toEqual({ daily: 1e9, left: 41 });
    expect(keysOf((await place.look({ often: true })).findings)).toEqual([]);
    // The same growth on a disk with less room.
    place.disks.set('/', { path: '/', size: 200e9, used: 59e9, free: 10e9 });
    expect((await place.look({ often: true })).findings).toEqual([
      expect.objectContaining({
        key: 'growth:/',
        severity: 'warning',
        fact: { kind: 'growth', path: '/', daily: 1e9, daysLeft: 10, free: 10e9 },
      }),
    ]);
  });
});

describe('runSmokeTest', () => {
  beforeEach(async () => (place = await openPlace()));
  const run = (often: boolean) =>
    runSmokeTest(
      { ...place.app, config: readConfig({ env: { STEWARD_ENV: '/dev/null' } }).config },
      { signal: new AbortController().signal, often, pause: 1 },
    );

  it('keeps what could not be looked at this once, for the report of the day, but not what is told otherwise', async () => {
    const kept = () => place.app.store.facts.get<{ key: string }[]>(NOT_LOOKED)?.map(({ key }) => key);
    const lock = place.app.locks.take('web', { what: 'update', by: 'test' });
    await run(true);
    expect(kept()).toBeUndefined();
    await run(false);
    expect(kept()).toEqual(['url:web', 'certificate:']);
    lock.release();
    // The watch tells of this.
    place.service.status = 500;
    place.disks.set('/mnt/data', { path: '/mnt/data', lost: 'gone' });
    await run(false);
    expect(kept()).toEqual([]);
  });

  it('ends what is there no more as unwatched, and what has become well as well', async () => {
    place.write('sys/class/hwmon/hwmon1/name', 'nvme\n');
    place.write('sys/class/hwmon/hwmon1/temp1_input', '90000\n');
    place.write('sys/class/hwmon/hwmon0/temp1_input', '90000\n');
    await run(false);
    const keys = place.app.store.alerts.open().map(({ key }) => key);
    expect(keys).toEqual(['temperature:coretemp', 'temperature:hwmon1']);
    place.write('sys/class/hwmon/hwmon1/temp1_input', '');
    place.write('sys/class/hwmon/hwmon0/temp1_input', '40000\n');
    await run(false);
    expect(place.app.store.alerts.byKey('temperature:coretemp')?.ending).toBe('well');
    expect(place.app.store.alerts.byKey('temperature:hwmon1')?.ending).toBe('unwatched');
  });
});
