import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import { startEngineSandbox } from '../../sandbox/engine.ts';
import { systemdContract } from '../contract/systemd.ts';

describe('systemctl stand-in', () => {
  systemdContract(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'systemctl-'));
    const units = {
      good: 'good.service',
      dependent: 'dependent.service',
      failing: 'failing.service',
      slow: 'slow.service',
      tardy: 'tardy.service',
      unmet: 'unmet.service',
      container: 'container.service',
      waiting: 'waiting.service',
      bound: 'bound.service',
      mortal: 'mortal.service',
      looping: 'looping.service',
      masked: 'masked.service',
    };
    const box = await startEngineSandbox({
      socket: join(folder, 'engine.sock'),
      chatter: 0,
      pace: 10,
      units: [
        { name: units.good, says: ['hello', Buffer.from([97, 255, 98])] },
        { name: units.dependent, requires: [units.good] },
        { name: units.failing, fails: 3 },
        { name: units.slow, neverReady: true },
        { name: units.tardy, readyAfter: 500 },
        {
          name: units.container,
          container: {
            name: 'contract',
            image: 'localhost/contract:1',
            version: '1',
            memory: 1e6,
            cpu: 0.01,
          },
        },
        { name: units.waiting, requires: [units.failing] },
        { name: units.mortal, restarts: false },
        { name: units.bound, bindsTo: [units.mortal] },
        { name: units.looping, diesAfter: 10 },
        { name: units.masked, masked: true },
        { name: units.unmet, unmet: 'ConditionPathExists=/run/secrets/missing' },
      ],
    });
    return {
      systemctl: box.systemctl,
      journalctl: box.journalctl,
      units,
      end: () => box.endUnit(units.mortal, 4),
      async reload() {
        const [program = '', ...args] = box.systemctl;
        await promisify(execFile)(program, [...args, 'daemon-reload']);
      },
      async close() {
        await box.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
});
