/** Which image the configuration of a unit names, whether it runs or not. */
import { open } from 'node:fs/promises';
import type { Host } from '../../hosts.ts';
import { repositoryOf } from './pin-change.ts';

/** Bytes of a start script that are read: NixOS writes some hundred. */
const SCRIPT_MOST = 64 * 1024;

/**
 * What a unit starts, as text: its command, and what stands in the command where that is a script, as NixOS writes it.
 * @returns an empty text for a unit that is not there
 */
export async function configuredIn(host: Host, unit: string): Promise<string> {
  const definition = await host.systemd.definition(unit);
  return definition === undefined ? '' : withScripts(host, definition.execStart);
}

/** As {@link configuredIn}, with what the unit runs before its start. */
export async function startedBy(host: Host, unit: string): Promise<string> {
  const definition = await host.systemd.definition(unit);
  if (definition === undefined) return '';
  const { execStart, execStartPre } = definition;
  return withScripts(host, [execStartPre, execStart].filter((text) => text !== '').join('\n'));
}

/** Commands, one a line, with what stands in those of their programs that are scripts. */
export async function withScripts({ name }: Host, commands: string): Promise<string> {
  // A script lies on the machine of its unit.
  const programs = name === 'local' ? commands.split('\n').map((line) => line.split(' ')[0] ?? '') : [];
  const scripts = await Promise.all(programs.filter((path) => path.startsWith('/')).map(readScript));
  return [commands, ...scripts].join('\n');
}

/** @returns an empty text for a program that is no script, and for one that cannot be read */
async function readScript(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SCRIPT_MOST), 0, SCRIPT_MOST, 0);
    const text = buffer.toString('utf8', 0, bytesRead);
    return text.startsWith('#!') ? text : '';
  } finally {
    await file.close();
  }
}

/** Whether a text has this name as a word, and not only as the beginning of another one. */
export const isNamed = (text: string, image: string): boolean => wordsLike(text, image).includes(image);

/**
 * @param like a name of an image with the same repository
 * @returns the name with tag and digest that a text has; undefined for none, and for several
 */
export function imageNamed(text: string, like: string): string | undefined {
  const found = new Set(wordsLike(text, like));
  return found.size === 1 ? [...found][0] : undefined;
}

function wordsLike(text: string, image: string): string[] {
  const repository = repositoryOf(image);
  return text
    .split(/[\s'"=]+/)
    .filter((word) => word === repository || /^[:@]/.test(word.slice(repository.length)))
    .filter((word) => word.startsWith(repository));
}
