/** What could undo a way back, does the same work beside Steward, or goes down with a service. */
import { isAbsolute, join } from 'node:path';
import type { Container } from '../../clients/engine.ts';
import type { Host } from '../../hosts.ts';
import type { ReleaseState } from '../../report/releases.ts';
import type { UpdateHazard } from '../../report/updates.ts';
import { pullPolicyIn } from '../../services/compose-file.ts';
import type { Service } from '../../services.ts';
import { startedBy } from './configured.ts';
import { lostInRecreation } from './recreate.ts';
import { strangersIn } from './shared-network.ts';

/** Podman's own updater, which judges nothing after the start. */
const AUTO_UPDATE = 'podman-auto-update.timer';
/** `podman run` pulls what is here already where it is told so. */
const PULLS = /(?<=\s)--pull[= ]["']?(always|newer)\b/;
/** `podman pull x`, `docker image pull x`, `podman --log-level error pull x`, in a shell's line and in a script, too. */
const PULL_COMMAND =
  /(?:^|[\s/'"(])(podman|docker)((?:\s+-\S+(?:\s+(?!pull\b|image\b)\w\S*)?)*\s+(?:image\s+)?pull)\b/m;
/** Compose's policies that pull what is here already. */
const PULLS_AGAIN = /^(?:always|daily|weekly|every_.+)$/;

/** @param changing containers that get another image, or are made anew with one that does */
export async function hazardsOf(
  host: Host,
  service: Service,
  { verdict }: Pick<ReleaseState, 'verdict'>,
  changing: readonly string[] = [],
): Promise<UpdateHazard[]> {
  const units = [...new Set(service.containers.flatMap(({ unit }) => unit ?? []))];
  const recreated = service.containers
    .filter(({ name, unit }) => unit === undefined && changing.includes(name))
    .map(({ name }) => name);
  const [[timer], running, pulling, composed, strangers, losing] = await Promise.all([
    host.systemd.units([AUTO_UPDATE]),
    dependentsOf(host, [...units, ...service.units]),
    Promise.all(units.map((unit) => pullOf(host, unit))),
    Promise.all(service.containers.map(({ name }) => composePullOf(host, name))),
    strangersIn(host, service, recreated),
    Promise.all(
      service.containers
        .filter(({ unit, update }) => unit === undefined && update)
        .map(({ name }) => lossOf(host, name)),
    ),
  ]);
  return [
    ...pulling.flat(),
    ...composed.flat(),
    ...strangers.map((stranger) => ({ kind: 'shares' as const, ...stranger, isOurs: false })),
    ...losing.flat(),
    ...(timer?.active === 'active' ? [{ kind: 'auto-update' as const, timer: AUTO_UPDATE }] : []),
    ...(running.length > 0 ? [{ kind: 'dependents' as const, units: running }] : []),
    ...(verdict.kind === 'blocked' && verdict.reason.kind === 'failed'
      ? [{ kind: 'failed-before' as const, at: verdict.reason.at, why: verdict.reason.why }]
      : []),
  ];
}

/** Other units that run now and go down with these. */
export async function dependentsOf({ systemd }: Host, units: readonly string[]): Promise<string[]> {
  const all = await Promise.all(units.map((unit) => systemd.dependencies(unit)));
  const down = [...new Set(all.flatMap(({ takesDown }) => takesDown))].filter(
    (unit) => !units.includes(unit) && unit.endsWith('.service'),
  );
  const states = await systemd.units(down);
  return states.filter(({ active }) => active === 'active').map(({ name }) => name);
}

async function pullOf(host: Host, unit: string): Promise<UpdateHazard[]> {
  const text = await startedBy(host, unit);
  const policy = PULLS.exec(text)?.[1];
  const program = PULL_COMMAND.exec(text)?.[1];
  return [
    ...(policy === undefined ? [] : [{ kind: 'pull' as const, unit, how: `--pull=${policy}` }]),
    ...(program === undefined ? [] : [{ kind: 'pull' as const, unit, how: `${program} pull` }]),
  ];
}

/** What a container that is made anew would not have. */
async function lossOf(host: Host, container: string): Promise<UpdateHazard[]> {
  if ((await host.engine.inspect(container)) === undefined) return [];
  const { lost, untold } = await lostInRecreation(host, container);
  return lost.length + untold.length === 0 ? [] : [{ kind: 'recreated', container, lost, untold }];
}

async function composePullOf({ name, engine }: Host, container: string): Promise<UpdateHazard[]> {
  // Its files are on that machine.
  if (name !== 'local') return [];
  const found = await engine.inspect(container);
  const policy = found === undefined ? undefined : composePolicy(found);
  return policy !== undefined && PULLS_AGAIN.test(policy)
    ? [{ kind: 'compose-pull', container, policy }]
    : [];
}

function composePolicy({ labels }: Container): string | undefined {
  const service = labels['com.docker.compose.service'];
  const files = labels['com.docker.compose.project.config_files']?.split(',') ?? [];
  const folder = labels['com.docker.compose.project.working_dir'] ?? '/';
  const paths = files.map((file) => (isAbsolute(file) ? file : join(folder, file)));
  return service === undefined ? undefined : pullPolicyIn(paths, service);
}
