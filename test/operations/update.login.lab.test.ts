/** An image from a registry that wants a login: looked at and pulled with the engine's own auth.json. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planUpdate } from '../../src/operations/update/plan.ts';
import { HTPASSWD, LOGIN } from '../clients/served-registry.ts';
import { lab } from '../lab/index.ts';
import { freePort } from '../lab/registry.ts';
import { startUpdatable } from '../lab/updatable.ts';
import { openUpdating, undoneAfterEach, update } from './updating.ts';

const here = lab();
const undo = undoneAfterEach();

/** The lab's images once more behind a password, and an engine's API that knows the registry to be without TLS. */
async function startLocked(): Promise<{ host: string; socket: string; registries: string }> {
  const port = await freePort();
  // By this address it is reached from inside and outside.
  const host = `${here.address}:${port}`;
  const file = (what: string) => join(here.folder, `login.${what}`);
  const socket = here.socket.replace(/[^/]+$/, 'login.sock');
  const registries = [here.registry, host]
    .map((at) => `[[registry]]\nlocation = "${at}"\ninsecure = true\n`)
    .join('\n');
  await writeFile(file('htpasswd'), HTPASSWD);
  await writeFile(file('conf'), registries);
  await writeFile(
    file('yml'),
    `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${here.folder}/registry/data } }
http: { addr: ":${port}", secret: test }
auth: { htpasswd: { realm: test, path: ${file('htpasswd')} } }
`,
  );
  const units = {
    'login-registry.service': `[Service]\nType=exec\nExecStart=docker-registry serve ${file('yml')}\n`,
    'login-api.socket': `[Socket]\nListenStream=${socket.replace('unix://', '')}\n`,
    'login-api.service': `[Service]
Type=exec
KillMode=process
Delegate=true
Environment=CONTAINERS_REGISTRIES_CONF=${file('conf')}
ExecStart=podman system service --time=0
`,
  };
  for (const [name, text] of Object.entries(units)) {
    await here.addUnit(name, text);
    undo.push(() => here.removeUnit(name));
  }
  await here.systemd('start', 'login-registry.service', 'login-api.socket');
  return { host, socket, registries };
}

test('update pulls from a registry with the login of auth.json, and says when it has none', async () => {
  const { host, socket, registries } = await startLocked();
  const it = await startUpdatable(here, 'login');
  undo.push(it.remove);
  const image = `${host}/login:release`;
  await here.podman(
    'pull',
    '--quiet',
    '--tls-verify=false',
    `--creds=${LOGIN.user}:${LOGIN.password}`,
    image,
  );
  const file = join(here.unitFolder, it.unit);
  await here.addUnit(it.unit, (await readFile(file, 'utf8')).replace(it.image, image));
  await here.systemd('restart', it.unit);

  const { app, folder, service, run, close } = openUpdating(here, [it], { socket });
  undo.push(close);
  await writeFile(join(folder, 'registries.conf'), registries);
  await it.publish('2');

  const blind = await planUpdate(app, service('login'));
  expect(blind).toMatchObject({
    isEmpty: true,
    report: { kind: 'releases', services: [{ verdict: { kind: 'unknown' } }] },
  });
  expect(JSON.stringify(blind.report)).toContain(`${host} wants a login`);

  const auth = join(folder, 'auth.json');
  const login = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
  await writeFile(auth, JSON.stringify({ auths: { [host]: { auth: login } } }));
  undo.push(() => rm(auth, { force: true }));
  expect(await update(app, 'login', run())).toMatchObject({ outcome: 'updated', from: '1', to: '2' });
  expect(await it.answers()).toBe('2');
});
