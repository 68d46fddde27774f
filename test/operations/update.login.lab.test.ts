/** Images from registries that want a login, by password or by token: looked at and pulled with the engine's own auth.json. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planUpdate } from '../../src/operations/update/plan.ts';
import { LOGIN, serveWithPassword, serveWithTokens } from '../clients/served-registry.ts';
import { lab } from '../lab/index.ts';
import { startUpdatable } from '../lab/updatable.ts';
import { startOwnApi } from './own-api.ts';
import { openUpdating, undoneAfterEach, update } from './updating.ts';

const here = lab();
const undo = undoneAfterEach();

test.each([
  { how: 'password', serve: serveWithPassword },
  { how: 'token', serve: serveWithTokens },
])(
  'update pulls with a $how and the login of auth.json, and says when it has none',
  async ({ how, serve }) => {
    const name = `login-${how}`;
    const work = await mkdtemp(join(tmpdir(), 'login-'));
    undo.push(() => rm(work, { recursive: true }));
    // The lab's images once more, where both it and this host reach them.
    const served = await serve(work, join(here.folder, 'registry/data'), { address: here.outside });
    undo.push(() => served.stop());
    const { host } = served;
    const plain = [here.registry, host]
      .map((at) => `[[registry]]\nlocation = "${at}"\ninsecure = true\n`)
      .join('\n');
    const conf = join(here.folder, `${name}.conf`);
    await writeFile(conf, plain);
    const api = await startOwnApi(here, `${name}-api`, { CONTAINERS_REGISTRIES_CONF: conf });
    undo.push(api.stop);

    const it = await startUpdatable(here, name);
    undo.push(it.remove);
    const image = `${host}/${name}:release`;
    const creds = `--creds=${LOGIN.user}:${LOGIN.password}`;
    await here.podman('pull', '--quiet', '--tls-verify=false', creds, image);
    const file = join(here.unitFolder, it.unit);
    await here.addUnit(it.unit, (await readFile(file, 'utf8')).replace(it.image, image));
    await here.systemd('restart', it.unit);

    const { app, folder, service, run, close } = openUpdating(here, [it], { socket: api.socket });
    undo.push(close);
    await writeFile(join(folder, 'registries.conf'), plain);
    await it.publish('2');

    const blind = await planUpdate(app, service(name));
    expect(blind).toMatchObject({
      isEmpty: true,
      report: { kind: 'releases', services: [{ verdict: { kind: 'unknown' } }] },
    });
    expect(JSON.stringify(blind.report)).toContain(`${host} wants a login`);

    const auth = join(folder, 'auth.json');
    await writeFile(
      auth,
      JSON.stringify({ auths: { [host]: { auth: btoa(`${LOGIN.user}:${LOGIN.password}`) } } }),
    );
    undo.push(() => rm(auth, { force: true }));
    expect(await update(app, name, run())).toMatchObject({ outcome: 'updated', from: '1', to: '2' });
    expect(await it.answers()).toBe('2');
  },
);
