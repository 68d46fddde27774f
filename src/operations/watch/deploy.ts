/** A deploy that runs: units start and stop by its hand, so nothing is told meanwhile. One that never ends is told itself. */
import type { CallOptions } from '../../clients/engine.ts';
import type { Host } from '../../hosts.ts';
import type { Finding } from '../../report/alerts.ts';
import { DEPLOY } from '../update/prepare.ts';

/** Milliseconds; a deploy takes minutes, and what builds for longer does so before this unit begins. */
export const LEFT_AFTER = 60 * 60_000;

export const deployKey = (host: string): string => `deploy:${host}`;

/** `left`: it has been there for so long that it keeps nothing quiet any more; none where that is not so. */
export type Deploy = { runs: boolean; left: readonly Finding[] };

/** @throws UnreachableError where systemd cannot be asked */
export async function deployOn(
  { name: host, systemd }: Pick<Host, 'name' | 'systemd'>,
  now: number,
  options?: CallOptions,
): Promise<Deploy> {
  const [unit] = await systemd.units([DEPLOY], options);
  const isThere = unit?.active === 'activating' || unit?.active === 'active';
  const since = unit?.since ?? now;
  if (!isThere || now - since < LEFT_AFTER) return { runs: isThere, left: [] };
  return {
    runs: false,
    left: [
      {
        key: deployKey(host),
        severity: 'warning',
        since,
        fact: { kind: 'deploy-left', host, unit: DEPLOY, begunAt: since },
      },
    ],
  };
}
