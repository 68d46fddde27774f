import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { engineContract, type EngineTarget, type PublishedTag } from '../contract/engine.ts';
import { lab } from '../lab/index.ts';
import { freePort } from '../lab/registry.ts';
import { HTPASSWD, LOGIN } from './served-registry.ts';

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

  const published = await publish(name('pulled'));
  const locked = `127.0.0.1:${await freePort()}`;
  const file = (what: string) => join(here.folder, `${name('registry')}.${what}`);
  await writeFile(file('htpasswd'), HTPASSWD);
  await writeFile(
    file('yml'),
    `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${here.folder}/registry/data } }
http: { addr: "${locked}", secret: test }
auth: { htpasswd: { realm: test, path: ${file('htpasswd')} } }
`,
  );
  await writeFile(
    file('conf'),
    [here.registry, locked].map((at) => `[[registry]]\nlocation = "${at}"\ninsecure = true\n`).join('\n'),
  );
  await here.addUnit(
    `${name('registry')}.service`,
    `[Service]\nType=exec\nExecStart=docker-registry serve ${file('yml')}\n`,
  );
  await here.systemd('start', `${name('registry')}.service`);

  const networks = [name('red'), name('blue')];
  for (const network of networks) await host.podman('network', 'create', network);

  await host.addUnit(`${name('api')}.socket`, `[Socket]\nListenStream=${path}\n`);
  await host.addUnit(
    `${name('api')}.service`,
    `[Service]
Type=exec
KillMode=process
Delegate=true
Environment=CONTAINERS_REGISTRIES_CONF=${file('conf')}
ExecStart=podman system service --time=0
`,
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
    published,
    locked: {
      image: `${locked}/${name('pulled')}:1`,
      credentials: { username: LOGIN.user, password: LOGIN.password },
    },
    networks,
    volumes: async () => (await host.podman('volume', 'ls', '--quiet')).trim().split('\n'),
    removeVolume: (volume) => host.podman('volume', 'rm', volume),
    async begin(what) {
      await run(
        what,
        // Nothing in it hears SIGTERM.
        ['--rm', '--stop-timeout=1'],
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
    async fallIll(what) {
      const check = [
        '--health-cmd=false',
        '--health-retries=1',
        '--health-interval=disable',
        '--stop-timeout=1',
      ];
      await run(what, check, 'sleep 1000000');
      await host.healthcheck(what);
    },
    async breakOff(meanwhile) {
      await host.systemd('start', `${name('api')}.service`);
      // A rootless Podman is two processes, and the one that serves would end in its own time.
      const who = kind === 'first' ? 'main' : 'all';
      await host.systemd('kill', `--kill-who=${who}`, '--signal=KILL', `${name('api')}.service`);
      // The socket stays open: systemd starts the service anew for the next who asks.
      await meanwhile?.();
    },
    async close() {
      await host.podman('rm', '--force', '--time=0', name('one'), name('terminal'), name('odd'));
      for (const network of networks) await host.podman('network', 'rm', network);
      await host.removeUnit(`${name('api')}.socket`);
      await host.removeUnit(`${name('api')}.service`);
      await here.removeUnit(`${name('registry')}.service`);
    },
  };
}

/** Two versions in the lab's registry that no engine of the lab has. */
async function publish(name: string): Promise<EngineTarget['published']> {
  const tag = async (version: string): Promise<PublishedTag> => {
    await here.addImage(name, version, { keep: true });
    const answer = await fetch(`http://${here.registry}/v2/${name}/manifests/${version}`, {
      headers: {
        accept:
          'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
      },
    });
    const { config } = (await answer.json()) as { config: { digest: string } };
    return { digest: answer.headers.get('docker-content-digest') ?? '', id: config.digest };
  };
  return { repository: `${here.registry}/${name}`, one: await tag('1'), two: await tag('2') };
}
