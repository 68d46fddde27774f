/** What could undo the way back of an update, and what goes down with it. */
import { readFile } from 'node:fs/promises';
import type { Host } from '../../hosts.ts';
import type { ReleaseState, UpdateHazard } from '../../report.ts';
import type { Service } from '../../services.ts';
import type { UpdateReach } from './journey.ts';

/** Podman's own updater, which judges nothing after the start. */
const AUTO_UPDATE = 'podman-auto-update.timer';
/** The unit's next start would fetch what the way back has just taken from it. */
const PULLS = /--pull[=\s]["']?(always|newer)\b/;

export async function hazardsOf(
  { hosts }: Pick<UpdateReach, 'hosts'>,
  service: Service,
  { verdict }: ReleaseState,
): Promise<UpdateHazard[]> {
  const host = hosts.of(service);
  const units = [...new Set(service.containers.flatMap(({ unit }) => unit ?? []))];
  const [[timer], pulls, dependents] = await Promise.all([
    host.systemd.units([AUTO_UPDATE]),
    Promise.all(units.map((unit) => pullOf(host, unit))),
    dependentsOf(host, [...units, ...service.units]),
  ]);
  return [
    ...pulls.flat(),
    ...(timer?.active === 'active' ? [{ kind: 'auto-update' as const, timer: AUTO_UPDATE }] : []),
    ...(dependents.length > 0 ? [{ kind: 'dependents' as const, units: dependents }] : []),
    ...(verdict.kind === 'blocked' && verdict.reason.kind === 'failed'
      ? [{ kind: 'failed-before' as const, at: verdict.reason.at, why: verdict.reason.why }]
      : []),
  ];
}

async function pullOf({ name, systemd }: Host, unit: string): Promise<UpdateHazard[]> {
  const definition = await systemd.definition(unit);
  if (definition === undefined) return [];
  const { execStart } = definition;
  // NixOS writes what a unit runs into a script of its own.
  const isScript = name === 'local' && /^\/\S+$/.test(execStart);
  const commands = isScript ? await readFile(execStart, 'utf8').catch(() => execStart) : execStart;
  const policy = PULLS.exec(commands)?.[1];
  return policy === undefined ? [] : [{ kind: 'pull', unit, policy }];
}

/** Other units that go down with these, and run now. */
async function dependentsOf({ systemd }: Host, own: readonly string[]): Promise<string[]> {
  const dependencies = await Promise.all(own.map((unit) => systemd.dependencies(unit)));
  const down = [...new Set(dependencies.flatMap(({ takesDown }) => takesDown))].filter(
    (unit) => !own.includes(unit),
  );
  const states = await systemd.units(down);
  return states.filter(({ active }) => active === 'active').map(({ name }) => name);
}
