/** The bot's surroundings without a host: Telegram and Immich as stand-ins, an engine whose containers need no unit. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMiniPc, type MiniPc } from '../sandbox/minipc.ts';
import { endWith } from './ending.ts';

export type Box = MiniPc & { folder: string };

export async function openBox(stack: AsyncDisposableStack): Promise<Box> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-bench-'));
  await endWith(stack, () => rm(folder, { recursive: true, force: true }));
  const pc = await startMiniPc({ folder });
  await endWith(stack, () => pc.close());
  // The stand-in for systemctl is a Node process at each call, which would be all that is measured.
  const services = pc.engine.services
    .filter(({ containers }) => containers.length > 0)
    .map(({ name, containers }) => [
      name,
      { containers: containers.map((one) => ({ name: one, unit: 'none' })) },
    ]);
  const servicesFile = join(folder, 'services-bench.yaml');
  await writeFile(servicesFile, JSON.stringify({ services: Object.fromEntries(services) }));
  // As without the two ways in that are off unless they are set up.
  const own = Object.entries(pc.env).filter(([name]) => !/^(?:HTTP|INBOX)_/.test(name));
  return { ...pc, folder, env: { ...Object.fromEntries(own), SERVICES_FILE: servicesFile } };
}
