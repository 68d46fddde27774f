/** An image registry in the machine that answers at the same 127.0.0.1:port inside and outside. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Units } from './systemd.ts';

/** A port that nothing on this host uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A listening server without a port.');
  return address.port;
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
Type=notify
ExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:${port}
`,
  };
}
