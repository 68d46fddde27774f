/** Files that units and containers read or write. Of a secret only its form leaves this file. */
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Setup } from '../../clients/systemd.ts';
import type { AcmeFacts, DataFolder, Mount, SecretFile } from '../../doctor/facts.ts';
import { isSecretName } from '../../doctor/secret-name.ts';
import { closedTo } from '../../pictures/access.ts';
import type { Sight } from './sight.ts';

/** Bytes; more is no secret, and no configuration. */
const MOST = 256 * 1024;
/** The user that is nobody's: what it can open, everybody can. */
const NOBODY = { uid: 65_534, group: undefined };
/** What the base system puts into containers is no data of theirs. */
const NOT_DATA = /^\/(?:proc|sys|dev|run|etc|nix)(?:\/|$)/;
const ASSIGNMENT = /^[A-Za-z_]\w*=(?!=?$)/;

/** A file that is read as secrets are. */
export type Asked = Pick<SecretFile, 'path' | 'reader' | 'service' | 'as'>;

export async function secretFile({ path, ...asked }: Asked): Promise<SecretFile> {
  const text = await textOf(path);
  if (text === undefined) return { path, ...asked, form: 'missing', isOpen: false, mode: undefined };
  const { mode } = await stat(path);
  const hasSecret = formOf(text) === 'bare' || namesIn(text).some(isSecretName);
  const isOpen = hasSecret && (mode & 0o004) !== 0 && (await closedTo(dirname(path), NOBODY)) === undefined;
  return { path, ...asked, form: formOf(text), isOpen, mode };
}

/** How systemd and engines would understand it. */
export function formOf(text: string): Exclude<SecretFile['form'], 'missing'> {
  const lines = linesOf(text);
  if (lines.length === 0) return 'empty';
  if (text.includes('\r\n')) return 'windows';
  const bare = lines.map((line) => line.replace(/^export\s+/, ''));
  if (!bare.every((line) => ASSIGNMENT.test(line))) return 'bare';
  return lines.some((line, index) => line !== bare[index]) ? 'exported' : 'lines';
}

export const namesIn = (text: string): string[] =>
  linesOf(text).flatMap((line) => /^(?:export\s+)?([A-Za-z_]\w*)=./.exec(line)?.[1] ?? []);

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

/** @returns undefined for a file that is not there */
export async function textOf(path: string): Promise<string | undefined> {
  const file = await open(path).catch(unlessMissing);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST), 0, MOST, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

/** Where a container's mounts lead to that it may write; a disk of the network is not touched, since it may hang. */
export async function dataFolders(
  { host, container }: Pick<DataFolder, 'host' | 'container'>,
  mounts: readonly Mount[],
  { isOnNetwork, sight }: { isOnNetwork: (path: string) => boolean; sight: Sight },
): Promise<DataFolder[]> {
  const paths = mounts
    .filter(({ type, readOnly }) => type === 'bind' && !readOnly)
    .map(({ source }) => source)
    .filter((source) => !NOT_DATA.test(source) && !isOnNetwork(source));
  const found = await Promise.all(
    paths.map(async (path) => {
      const facts = await sight.one('dataFolders', path, () => stat(path).catch(unlessMissing));
      if (facts === undefined || !(facts.isDirectory() || facts.isFile())) return [];
      return [{ host, container, path, uid: facts.uid, gid: facts.gid, mode: facts.mode }];
    }),
  );
  return found.flat();
}

/** Where Caddy's configuration is, unless its unit says otherwise. */
const CADDYFILE = '/etc/caddy/Caddyfile';

/** What a program that gets certificates is to have, by its unit's files and its configuration, and has not. */
export async function acmeOf(
  unit: string,
  service: string | undefined,
  { execStart, variables, environmentFiles }: Setup,
): Promise<AcmeFacts> {
  const files = await Promise.all(
    environmentFiles.map(async ({ path, optional }) => ({ path, optional, text: await textOf(path) })),
  );
  const lost = files.filter(({ text, optional }) => text === undefined && !optional).map(({ path }) => path);
  const has = new Set([...variables, ...files.flatMap(({ text = '' }) => namesIn(text))]);
  const configuration = /\bcaddy\b/.test(execStart)
    ? ((await textOf(/\s--config[= ](\S+)/.exec(execStart)?.[1] ?? CADDYFILE)) ?? '')
    : '';
  // One with a default is none that has to be there.
  const wanted = [...configuration.matchAll(/\{(?:env\.|\$)([A-Za-z_]\w*)\}/g)].map(([, name = '']) => name);
  const missing = [...new Set(wanted)].filter((name) => isSecretName(name) && !has.has(name));
  return { unit, service, missing: [...lost, ...missing] };
}
