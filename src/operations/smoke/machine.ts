/** The machine itself: memory, temperature, clock. */
import { judgeMemory, judgeSwap } from '../../checks/memory.ts';
import { isKnown, judgeTemperature } from '../../checks/temperature.ts';
import { sleep } from '../../sleep.ts';
import { failedToLook, lookedAt, merged, notLookedAt, type SmokeCheck, type SmokeReach } from './check.ts';

export const memory: SmokeCheck = {
  keys: ['memory', 'swap'],
  pace: 'often',
  async look(app, { told, pause, signal }) {
    const ask = async () => {
      const state = await app.machine.memory();
      return (
        state && {
          fact: judgeMemory(state, told('memory')),
          swap: judgeSwap(state, told('swap')),
        }
      );
    };
    let seen = await ask();
    // A large program may just be starting, or ending.
    if (seen?.fact !== undefined || seen?.swap !== undefined) {
      await sleep(pause, signal);
      seen = await ask();
    }
    if (seen === undefined) {
      const why = '/proc/meminfo cannot be read';
      return merged(['memory', 'swap'].map((key) => notLookedAt(key, why, 'lacking')));
    }
    const { fact, swap } = seen;
    return merged([
      lookedAt(app, 'memory', fact, fact?.level === 'alarm' ? 'critical' : 'warning'),
      lookedAt(app, 'swap', swap),
    ]);
  },
};

export const temperature: SmokeCheck = {
  keys: ['temperature:'],
  pace: 'often',
  async look(app, { told, pause, signal }) {
    const keyOf = (name: string) => `temperature:${name}`;
    const ask = async () =>
      (await app.machine.sensors())
        .filter(isKnown)
        .map((sensor) => ({ ...sensor, fact: judgeTemperature(sensor, told(keyOf(sensor.name))) }));
    let sensors = await ask();
    // A processor is hot for moments whenever it is asked for something.
    if (sensors.some(({ fact }) => fact !== undefined)) {
      const before = new Set(sensors.filter(({ fact }) => fact !== undefined).map(({ name }) => name));
      await sleep(pause, signal);
      sensors = (await ask()).map((one) => (before.has(one.name) ? one : { ...one, fact: undefined }));
    }
    if (sensors.length === 0) {
      const why = 'no sensor of a processor or a disk is in /sys/class/hwmon';
      return notLookedAt('temperature:', why, 'lacking');
    }
    return merged(sensors.map(({ name, fact }) => lookedAt(app, keyOf(name), fact)));
  },
};

/** After a boot the time servers are asked first. Milliseconds. */
const CLOCK_AFTER_BOOT = 10 * 60_000;

export const clock: SmokeCheck = {
  keys: ['clock'],
  pace: 'often',
  async look(app, { signal }) {
    try {
      if (await app.machine.isClockSynchronised({ signal })) return lookedAt(app, 'clock', undefined);
    } catch (error) {
      signal.throwIfAborted();
      return failedToLook('clock', error);
    }
    if (await hasJustBooted(app)) return notLookedAt('clock', 'the machine has just been started');
    return lookedAt(app, 'clock', { kind: 'clock' });
  },
};

async function hasJustBooted(app: SmokeReach): Promise<boolean> {
  const boot = await app.machine.boot();
  return boot !== undefined && app.clock.now() - boot.at < CLOCK_AFTER_BOOT;
}
