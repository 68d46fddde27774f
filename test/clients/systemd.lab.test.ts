import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { systemdContract, type SystemdTarget } from '../contract/systemd.ts';
import { lab } from '../lab/index.ts';
import { containerUnit } from '../lab/systemd.ts';

const here = lab();

describe('systemd', () => {
  systemdContract(() => open(here));
});
describe('systemd of a user', () => {
  systemdContract(() => open(here.rootless));
});

async function open(host: typeof here | typeof here.rootless): Promise<SystemdTarget> {
  const name = (what: string) => `contract-${what}.service`;
  const units = {
    good: name('good'),
    dependent: name('dependent'),
    failing: name('failing'),
    slow: name('slow'),
    tardy: name('tardy'),
    unmet: name('unmet'),
    container: name('container'),
    waiting: name('waiting'),
    bound: name('bound'),
    mortal: name('mortal'),
    looping: name('looping'),
    masked: name('masked'),
  };
  const keeper = name('keeper');
  const texts: Record<string, string> = {
    [units.good]: `[Service]\nExecStart=/bin/sh -c "echo hello; printf 'a\\\\377b\\\\n'; exec sleep 1000000"\n`,
    [units.dependent]: `[Unit]\nRequires=${units.good}\nAfter=${units.good}\n[Service]\nExecStart=/bin/sleep 1000000\n`,
    [units.failing]: '[Service]\nType=oneshot\nExecStart=/bin/sh -c "exit 3"\n',
    [units.slow]: '[Service]\nType=notify\nTimeoutStartSec=infinity\nExecStart=/bin/sleep 1000000\n',
    [units.tardy]: '[Service]\nExecStartPre=/bin/sleep 0.5\nExecStart=/bin/sleep 1000000\n',
    [units.unmet]:
      '[Unit]\nConditionPathExists=/run/secrets/missing\n[Service]\nExecStart=/bin/sleep 1000000\n',
    [units.container]: containerUnit('contract', 'localhost/contract:1'),
    [units.waiting]: `[Unit]\nRequires=${units.failing}\nAfter=${units.failing}\n[Service]\nExecStart=/bin/sleep 1000000\n`,
    [units.mortal]: `[Service]\nExecStart=/bin/sh -c "trap 'exit 4' USR1; sleep 1000000 & wait"\n`,
    [units.bound]: `[Unit]\nBindsTo=${units.mortal}\nAfter=${units.mortal}\n[Service]\nExecStart=/bin/sleep 1000000\nRestart=always\n`,
    [units.looping]:
      '[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=60\n[Service]\nExecStart=/bin/sh -c "sleep 0.1; exit 3"\nRestart=always\nRestartSec=50ms\n',
    // systemd forgets a unit that is not running and that nobody wants, with what it knew of its conditions.
    [keeper]: `[Unit]\nWants=${units.unmet}\n[Service]\nExecStart=/bin/sleep 1000000\n`,
  };
  for (const [unit, text] of Object.entries(texts)) await host.addUnit(unit, text);
  await host.systemd('start', keeper);
  const masked = join(host.unitFolder, units.masked);
  await symlink('/dev/null', masked);
  await host.systemd('daemon-reload');
  return {
    systemctl: host.systemctl.split(' '),
    journalctl: host.journalctl.split(' '),
    units,
    end: async () => void (await host.systemd('kill', '--kill-who=main', '--signal=USR1', units.mortal)),
    reload: () => host.systemd('daemon-reload'),
    async close() {
      await rm(masked);
      for (const unit of Object.keys(texts)) await host.removeUnit(unit);
    },
  };
}
