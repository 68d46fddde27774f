/** The second host: a user of the machine with a systemd manager and an engine of its own. */
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHost } from './index.ts';
import { run } from './exec.ts';
import { apiUnits, writeRootlessConfiguration } from './podman.ts';
import { standardTargets, writeUnits, type Units } from './systemd.ts';

export type RootlessUser = {
  uid: number;
  name: string;
  home: string;
  runtime: string;
  unitFolder: string;
  socket: string;
};

/** A user that the host does not have, in copies of its account files: the machine has them over /etc's own. */
export async function makeRootlessUser(lab: string): Promise<RootlessUser> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  const group = await readFile('/etc/group', 'utf8');
  const taken = new Set(
    [...`${passwd}\n${group}`.matchAll(/^[^:]*:[^:]*:(\d+):/gm)].map((match) => Number(match[1])),
  );
  let uid = 2_300;
  while (taken.has(uid)) uid++;
  const name = 'stacks';
  const home = join(lab, 'stacks');
  const user: RootlessUser = {
    uid,
    name,
    home,
    runtime: `/run/user/${uid}`,
    unitFolder: join(home, 'units'),
    socket: join(home, 'podman.sock'),
  };
  const etc = join(lab, 'etc');
  await mkdir(etc, { recursive: true });
  await writeFile(join(etc, 'passwd'), `${passwd.trimEnd()}\n${name}:x:${uid}:${uid}::${home}:/bin/sh\n`);
  await writeFile(join(etc, 'group'), `${group.trimEnd()}\n${name}:x:${uid}:\n`);
  for (const file of ['subuid', 'subgid']) await writeFile(join(etc, file), `${name}:1000000:65536\n`);

  await writeRootlessConfiguration(home, user.runtime);
  await writeUnits(user.unitFolder, {
    ...standardTargets,
    ...apiUnits(user.socket, '0600'),
    'default.target': '[Unit]\nRequires=basic.target\nAfter=basic.target\nWants=podman.socket\n',
  });
  await run('chown', ['-R', `${uid}:${uid}`, home]);
  await chown(home, uid, uid);
  return user;
}

/** What logind starts for a user who lingers. */
export const userManagerUnit = (user: RootlessUser): Units => ({
  [`user@${user.uid}.service`]: `[Unit]
Description=User Manager for UID ${user.uid}

[Service]
Type=notify
User=${user.name}
WorkingDirectory=${user.home}
Slice=user-${user.uid}.slice
RuntimeDirectory=user/${user.uid}
RuntimeDirectoryMode=0700
Environment=HOME=${user.home} XDG_RUNTIME_DIR=${user.runtime}
Environment=SYSTEMD_UNIT_PATH=${user.runtime}/systemd/transient:${user.unitFolder}
Environment=SYSTEMD_GENERATOR_PATH=${user.home}/none SYSTEMD_ENVIRONMENT_GENERATOR_PATH=${user.home}/none
ExecStart=/lib/systemd/systemd --user
Delegate=yes
KillMode=mixed
TimeoutStopSec=10
`,
});

/** @param enter program and arguments that run what follows in the machine */
export function rootlessHost(user: RootlessUser, enter: string): LabHost {
  const asUser = [
    `${enter} setpriv --reuid=${user.uid} --regid=${user.uid} --clear-groups --pdeathsig=TERM`,
    `env -u XDG_CONFIG_HOME -u XDG_DATA_HOME HOME=${user.home} XDG_RUNTIME_DIR=${user.runtime}`,
  ].join(' ');
  return {
    socket: `unix://${user.socket}`,
    systemctl: `${asUser} systemctl --user`,
    journalctl: `${asUser} journalctl --user`,
    podmanCommand: `${asUser} --chdir=${user.home} /usr/bin/podman`,
    unitFolder: user.unitFolder,
  };
}
