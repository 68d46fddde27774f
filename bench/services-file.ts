/** A services file that fits what a section measures. */
import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';

type Document = { services: Record<string, { health?: unknown }> };

/**
 * The same services without their health URLs, and more of them that consist of containers which only the engine manages.
 * @param size containers of each of them
 * @returns the path of the written file
 */
export async function writeServices(
  file: string,
  target: string,
  containers: readonly string[],
  size: number,
): Promise<string> {
  const document = parse(await readFile(file, 'utf8')) as Document;
  for (const service of Object.values(document.services)) delete service.health;
  for (let from = 0; from < containers.length; from += size) {
    const names = containers.slice(from, from + size);
    Object.assign(document.services, {
      [`stack-${from / size + 1}`]: { containers: names.map((name) => ({ name, unit: 'none' })) },
    });
  }
  await writeFile(target, stringify(document));
  return target;
}
