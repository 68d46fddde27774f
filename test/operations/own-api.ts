/** The lab's Podman once more behind an API of its own, which is set up in another way. */
import type { Lab } from '../lab/tools.ts';

/**
 * @param environment of its API's service: CONTAINERS_REGISTRIES_CONF, CONTAINERS_CONF
 * @returns the socket, and what ends it
 */
export async function startOwnApi(
  lab: Lab,
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ socket: string; stop: () => Promise<void> }> {
  const socket = lab.socket.replace(/[^/]+$/, `${name}.sock`);
  await lab.addUnit(`${name}.socket`, `[Socket]\nListenStream=${socket.replace('unix://', '')}\n`);
  await lab.addUnit(
    `${name}.service`,
    `[Service]
Type=exec
KillMode=process
Delegate=true
${Object.entries(environment)
  .map(([key, value]) => `Environment=${key}=${value}`)
  .join('\n')}
ExecStart=podman system service --time=0
`,
  );
  await lab.systemd('start', `${name}.socket`);
  return {
    socket,
    async stop() {
      await lab.removeUnit(`${name}.socket`);
      await lab.removeUnit(`${name}.service`);
    },
  };
}
