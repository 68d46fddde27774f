/** Unit files: the few that a systemd needs to come up without those of its package, and a container's. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Units = Record<string, string>;

export async function writeUnits(folder: string, units: Units): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(units)) await writeFile(join(folder, name), text);
}

const target = (more = '') => `[Unit]\nDefaultDependencies=no\n${more}`;

/** Targets that systemd's defaults refer to, the same for the system's and a user's manager. */
export const standardTargets: Units = {
  'basic.target': target(
    'Requires=sysinit.target\nWants=sockets.target\nAfter=sysinit.target sockets.target\n',
  ),
  'sysinit.target': target(),
  'sockets.target': target(),
  'timers.target': target(),
  'paths.target': target(),
  'shutdown.target': target(),
};

/** The journal as its package has it, without the kernel's audit messages, which belong to the host. */
export const journalUnits: Units = {
  'systemd-journald.socket': `[Unit]
DefaultDependencies=no
Before=sockets.target
IgnoreOnIsolate=yes

[Socket]
ListenStream=/run/systemd/journal/stdout
ListenDatagram=/run/systemd/journal/socket
SocketMode=0666
PassCredentials=yes
PassSecurity=yes
ReceiveBuffer=8M
`,
  'systemd-journald-dev-log.socket': `[Unit]
DefaultDependencies=no
Before=sockets.target
IgnoreOnIsolate=yes

[Socket]
Service=systemd-journald.service
ListenDatagram=/run/systemd/journal/dev-log
Symlinks=/dev/log
SocketMode=0666
PassCredentials=yes
PassSecurity=yes
ReceiveBuffer=8M
`,
  'systemd-journald.service': `[Unit]
DefaultDependencies=no
Requires=systemd-journald.socket
After=systemd-journald.socket systemd-journald-dev-log.socket
Before=sysinit.target
IgnoreOnIsolate=yes

[Service]
Type=notify
Sockets=systemd-journald.socket systemd-journald-dev-log.socket
ExecStart=/lib/systemd/systemd-journald
Restart=always
RestartSec=0
StandardOutput=null
FileDescriptorStoreMax=4224
RuntimeDirectory=systemd/journal
RuntimeDirectoryPreserve=yes
`,
  // Until told so the journal stays in /run, where a user's entries get no file that the user may read.
  'systemd-journal-flush.service': `[Unit]
DefaultDependencies=no
Requires=systemd-journald.service
After=systemd-journald.service
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=journalctl --flush
`,
};

/** One word of an Exec line: systemd splits at blanks, expands `%` and `$`, and knows C escapes in quotes. */
export function execWord(word: string): string {
  const safe = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w@%+=:,./$-]+$/.test(safe)) return safe;
  return `"${safe.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

export type ContainerUnit = {
  /** Words for `podman run` before the image: `['--memory=64m', '--publish=8080:80']`. */
  args?: readonly string[];
  /** Words after the image. */
  command?: readonly string[];
  /** Units that it needs and starts after. */
  requires?: readonly string[];
  /** More lines for the sections. */
  unitLines?: readonly string[];
  serviceLines?: readonly string[];
};

/** A container under systemd as NixOS writes it. */
export function containerUnit(container: string, image: string, options: ContainerUnit = {}): string {
  const cid = `%t/podman-${container}.ctr-id`;
  const requires = options.requires ?? [];
  const line = (...parts: readonly string[]) => parts.map(execWord).join(' ');
  const start = line(`--name=${container}`, ...(options.args ?? []), image, ...(options.command ?? []));
  return [
    '[Unit]',
    `Description=Podman container ${container}`,
    ...requires.flatMap((unit) => [`Requires=${unit}`, `After=${unit}`]),
    ...(options.unitLines ?? []),
    '',
    '[Service]',
    'Type=notify',
    'NotifyAccess=all',
    'Environment=PODMAN_SYSTEMD_UNIT=%n',
    `ExecStartPre=-podman rm -f ${container}`,
    // Podman refuses a file of that name that is left of the last run.
    `ExecStartPre=rm -f ${cid}`,
    `ExecStart=podman run --rm --replace --cidfile=${cid} --cgroups=enabled --sdnotify=conmon -d --pull missing ${start}`,
    `ExecStop=podman stop --ignore --time=5 --cidfile=${cid}`,
    `ExecStopPost=podman rm -f --ignore --cidfile=${cid}`,
    'Restart=always',
    'TimeoutStartSec=0',
    'TimeoutStopSec=120',
    ...(options.serviceLines ?? []),
    '',
  ].join('\n');
}
