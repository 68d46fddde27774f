/** Packages that the program depends on, and those of them that it has loaded at its first poll. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Box } from '../box.ts';
import { MAIN, startNode } from '../processes.ts';

/** Where `import('grammy')` finds it. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LOADED = fileURLToPath(new URL('loaded-preload.ts', import.meta.url));

export async function dependencies(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.keys(manifest.dependencies);
}

export async function packagesLoaded(box: Box, stack: AsyncDisposableStack): Promise<string[]> {
  const file = join(box.folder, 'loaded.json');
  const bot = startNode(['--import', LOADED, MAIN], { env: { ...box.env, BENCH_LOADED: file }, stack });
  await box.telegram.listening();
  await bot.stop();
  const loaded = JSON.parse(await readFile(file, 'utf8')) as string[];
  return (await dependencies()).filter((name) => loaded.includes(name));
}
