/** What somebody asks to be restored: `<service> [which]`, `--from <folder>`, `all`, `<service> back`. */
import { UserError } from '../../errors.ts';
import type { Service } from '../../services.ts';
import type { BackupRow } from '../../store/backups.ts';
import { chooseBackup, findBackup } from '../backups/list.ts';
import { backupsIn, definitionIn } from './from.ts';
import type { RestoreReach } from './journey.ts';

export type Asked = {
  /** Part of a service's name, or `all`. */
  part: string | undefined;
  which: string | undefined;
  from: string | undefined;
};

const FROM = '--from';

/** @throws UserError for words too many, and for `--from` without a folder */
export function askedOf(args: readonly string[]): Asked {
  const at = args.indexOf(FROM);
  const from = at === -1 ? undefined : args[at + 1];
  if (at !== -1 && (from === undefined || from === '')) {
    throw new UserError('Say which folder: restore --from <folder>.');
  }
  const words = at === -1 ? args : args.toSpliced(at, 2);
  const [part, which, ...more] = words;
  if (more.length > 0 || words.includes(FROM)) {
    throw new UserError('One backup at a time: restore <service> [which] [--from <folder>].');
  }
  return { part, which, from };
}

/** @throws UserError for none, for more than one, and for one that the services file does not know */
export async function chosenService(app: RestoreReach, asked: Asked): Promise<Service> {
  return asked.part === undefined ? (await chosenBackup(app, asked)).service : app.services.find(asked.part);
}

/** @throws UserError for none, for more than one, and for a backup of another service */
export async function chosenBackup(
  app: RestoreReach,
  { part, which, from }: Asked,
): Promise<{ service: Service; row: BackupRow }> {
  if (from === undefined) {
    if (part === undefined) throw new UserError('Say which service.');
    const service = app.services.find(part);
    return { service, row: await findBackup(app, service, which) };
  }
  const { isOne, services } = await backupsIn(from);
  const service = part === undefined ? await onlyOne(app, from, services) : app.services.find(part);
  const rows = services.get(service.name);
  if (rows === undefined) {
    throw new UserError(
      `There is no backup of ${service.title} in "${from}", but of: ${[...services.keys()].join(', ')}.`,
    );
  }
  const [row] = rows;
  if (isOne && row !== undefined) {
    if (which === undefined || which === row.id) return { service, row };
    throw new UserError(`"${from}" is one backup, ${row.id}: there is no "${which}" in it.`);
  }
  return { service, row: chooseBackup(rows, service, which ?? 'latest', app.config.timeZone) };
}

async function onlyOne(
  app: RestoreReach,
  from: string,
  services: ReadonlyMap<string, readonly BackupRow[]>,
): Promise<Service> {
  const [first, ...others] = services;
  if (first === undefined || others.length > 0) {
    throw new UserError(
      `"${from}" holds backups of ${services.size} services: ${[...services.keys()].join(', ')}. Say which one, or all.`,
      [...services.keys()],
    );
  }
  const [name, rows] = first;
  const service = app.services.get(name);
  if (service !== undefined) return service;
  const definition = await definitionIn(rows);
  throw new UserError(
    `The services file does not know ${name}, of which this is a backup. ${
      definition === undefined ? 'Add it there.' : `Add it there; it was:\n${definition}`
    }`,
  );
}
