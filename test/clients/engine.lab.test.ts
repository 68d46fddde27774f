import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { engineContract, type EngineTarget } from '../contract/engine.ts';
import { lab } from '../lab/index.ts';

const here = lab();

describe('Podman', () => {
  engineContract(() => open(here, 'first'));
});
describe('Podman of a rootless user', () => {
  engineContract(() => open(here.rootless, 'rootless'));
});

/** An API service of its own, so that it can be killed without disturbing who else uses the lab. */
async function open(
  host: typeof here | typeof here.rootless,
  kind: 'first' | 'rootless',
): Promise<EngineTarget> {
  const image = here.image('web', '1');
  const path = host.socket.replace('unix://', '').replace(/[^/]+$/, `contract-${kind}.sock`);
  const name = (what: string) => `contract-${kind}-${what}`;
  const run = (what: string, options: string[], program: string) =>
    host.podman(
      'run',
      '--detach',
      `--name=${what}`,
      '--network=none',
      ...options,
      image,
      'sh',
      '-c',
      program,
    );

  await host.addUnit(`${name('api')}.socket`, `[Socket]\nListenStream=${path}\n`);
  await host.addUnit(
    `${name('api')}.service`,
    '[Service]\nType=exec\nKillMode=process\nDelegate=true\nExecStart=podman system service --time=0\n',
  );
  await host.systemd('start', `${name('api')}.socket`);
  await run(name('one'), [], 'echo first; sleep 0.2; echo second >&2; sleep 0.2; echo third; sleep 1000000');
  await run(name('terminal'), ['--tty'], "printf '\\033[1mready\\033[0m\\n'; sleep 1000000");
  await run(
    name('odd'),
    [],
    "head -c 10000000 /dev/zero | tr '\\0' x; echo; printf 'a\\377b\\n'; echo last; sleep 1000000",
  );
  await host.waitForLog(name('one'), /third/);
  await host.waitForLog(name('terminal'), /ready/);
  await host.waitForLog(name('odd'), /last/);

  return {
    socket: `unix://${path}`,
    sharesCgroup: kind === 'rootless' && !existsSync('/sys/fs/cgroup/cgroup.controllers'),
    container: name('one'),
    image,
    terminal: name('terminal'),
    odd: name('odd'),
    async begin(what) {
      await run(
        what,
        ['--rm'],
        'echo working; until [ -e /tmp/exit ]; do sleep 0.05; done; exit $(cat /tmp/exit)',
      );
      return {
        async end(code) {
          await host.podman(
            'exec',
            '--detach',
            what,
            'sh',
            '-c',
            `echo ${code} > /tmp/next; mv /tmp/next /tmp/exit`,
          );
          await host.waitForContainer(what, 'gone');
        },
      };
    },
    async breakOff(meanwhile) {
      await host.systemd('start', `${name('api')}.service`);
      await host.systemd('kill', '--kill-who=main', '--signal=KILL', `${name('api')}.service`);
      // The socket stays open: systemd starts the service anew for the next who asks.
      await meanwhile?.();
    },
    async close() {
      await host.podman('rm', '--force', '--time=0', name('one'), name('terminal'), name('odd'));
      await host.removeUnit(`${name('api')}.socket`);
      await host.removeUnit(`${name('api')}.service`);
    },
  };
}
