/** An image registry in the machine that answers at the same 127.0.0.1:port inside and outside. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Units } from './systemd.ts';

/** A port that nothing on this host uses now, below those that the kernel gives to outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) =>
      server
        .once('error', () => resolve(false))
        .once('listening', () => resolve(true))
        .listen(port, '127.0.0.1'),
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/**
 * @returns units: the registry, and its second door, a socket in the network outside (launch.sh keeps that network
 * by name) whose connections are carried to the registry inside
 */
export async function makeRegistry(lab: string, port: number): Promise<Units> {
  const folder = join(lab, 'registry');
  await mkdir(folder);
  const configuration = join(folder, 'config.yml');
  await writeFile(
    configuration,
    `version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${folder}/data }, delete: { enabled: true } }
http: { addr: "127.0.0.1:${port}", secret: lab }
`,
  );
  return {
    'registry.service': `[Unit]
Description=Image registry

[Service]
Type=exec
ExecStart=docker-registry serve ${configuration}
`,
    'registry-outside.socket': `[Unit]
Description=The registry's door to the outside

[Socket]
ListenStream=127.0.0.1:${port}
NetworkNamespacePath=${lab}/outside-network
`,
    'registry-outside.service': `[Unit]
Requires=registry-outside.socket

[Service]
# It does not say that it is ready; waiting for that, systemd would end it and all it carries every 90 seconds.
Type=exec
ExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:${port}
`,
  };
}
