/** Podman's configuration in the machine: what lies in its /etc/containers, and its API on a socket. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Without limits of its own Podman asks for more than a build machine's hard limits allow and fails in setrlimit.
const ulimits = `default_ulimits = ["nofile=4096:4096", "nproc=16384:16384"]`;

/**
 * As on the reference host: cgroups by systemd, logs and events in the journal. runc, because crun of Debian 12
 * refuses a machine with both cgroup versions. No static_dir: the clean-up that conmon starts at a container's end
 * looks below the storage's root whatever is set here, and would not know the container.
 */
const rootful = (lab: string) => `[containers]
${ulimits}
log_driver = "journald"

[engine]
runtime = "runc"
cgroup_manager = "systemd"
events_logger = "journald"
lock_type = "file"
tmp_dir = "/run/libpod"
image_copy_tmp_dir = "storage"

[network]
network_backend = "netavark"
network_config_dir = "${lab}/engine/networks"
`;

/** The other way: logs and events in files. */
const rootless = (home: string, runtime: string) => `[containers]
${ulimits}
log_driver = "k8s-file"
# Bridges of a rootless user need more of the kernel than every build machine has.
netns = "host"

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "${runtime}/libpod"
image_copy_tmp_dir = "storage"

[network]
network_backend = "netavark"
network_config_dir = "${home}/engine/networks"
`;

const storage = (driver: string, graph: string, runtime: string) =>
  `[storage]\ndriver = "${driver}"\ngraphroot = "${graph}"\nrunroot = "${runtime}"\n`;

/** @param registry `127.0.0.1:5000`, which speaks plain HTTP */
const registries = (registry: string) =>
  `unqualified-search-registries = []\n\n[[registry]]\nlocation = "${registry}"\ninsecure = true\n`;

/** The folder that becomes /etc/containers. */
export async function writeRootfulConfiguration(lab: string, registry: string): Promise<void> {
  const folder = join(lab, 'etc/containers');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'containers.conf'), rootful(lab));
  await writeFile(
    join(folder, 'storage.conf'),
    storage('overlay', join(lab, 'engine/storage'), '/run/containers/storage'),
  );
  await writeFile(join(folder, 'registries.conf'), registries(registry));
  await copyFile('/etc/containers/policy.json', join(folder, 'policy.json'));
}

/** `~/.config/containers` of the rootless user. @param runtime the user's XDG_RUNTIME_DIR inside the machine */
export async function writeRootlessConfiguration(home: string, runtime: string): Promise<void> {
  const folder = join(home, '.config/containers');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'containers.conf'), rootless(home, runtime));
  // vfs works on every file system; the images are small.
  await writeFile(
    join(folder, 'storage.conf'),
    storage('vfs', join(home, 'engine/storage'), `${runtime}/containers`),
  );
}

/** Podman's API as its package ships it, except that it does not end when nobody asks for five seconds. */
export const apiUnits = (socket: string, mode: string) => ({
  'podman.socket': `[Unit]
Description=Podman API Socket

[Socket]
ListenStream=${socket}
SocketMode=${mode}
`,
  'podman.service': `[Unit]
Description=Podman API Service
Requires=podman.socket
After=podman.socket

[Service]
Delegate=true
Type=exec
KillMode=process
ExecStart=podman --log-level=info system service --time=0
`,
});
