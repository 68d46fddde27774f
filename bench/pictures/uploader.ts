/** What uploads the same files to the same Immich: Immich's own command line where npm gives it, else a bare loop. */
import { join } from 'node:path';
import type { Box } from '../box.ts';
import { runToEnd } from '../processes.ts';
import type { Context } from '../section.ts';
import type { Bare } from './bare.ts';

export type Uploader = { name: string; upload(files: readonly string[]): Promise<void> };

/** Of the time when the numbers in docs/benchmarks.md were taken. */
const CLI = '@immich/cli@3.2.2';
const CONCURRENCY = 4;

/** @returns the command line, installed into the box's folder, which goes with it */
export async function installUploader(
  box: Box,
  { bare, stack, say }: Pick<Context, 'stack' | 'say'> & { bare: Bare },
): Promise<Uploader> {
  const folder = join(box.folder, 'immich-cli');
  const env = {
    HOME: box.folder,
    IMMICH_INSTANCE_URL: `${box.immich.url}/api`,
    IMMICH_API_KEY: box.immich.key,
  };
  try {
    await runToEnd(
      ['npm', 'install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', CLI],
      {
        env: { ...npmSettings(), HOME: process.env['HOME'] ?? '/root' },
        stack,
      },
    );
  } catch (error) {
    if (stack.disposed) throw error;
    say(`${CLI} cannot be had, a bare loop takes its place: ${(error as Error).message.split('\n')[0]}`);
    return {
      name: `a loop of ${CONCURRENCY} bare uploads`,
      upload: (files) => bare.upload(files, CONCURRENCY),
    };
  }
  const program = join(folder, 'node_modules/.bin/immich');
  return {
    name: `${CLI} upload --concurrency ${CONCURRENCY}`,
    async upload(files) {
      await runToEnd([process.execPath, program, 'upload', '--concurrency', String(CONCURRENCY), ...files], {
        env,
        stack,
      });
    },
  };
}

/** Where npm gets packages from, as this process was told. */
const npmSettings = () =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^npm_config_|^https?_proxy$|^no_proxy$|^NODE_EXTRA_CA_CERTS$/i.test(name) && value !== undefined
        ? [[name, value]]
        : [],
    ),
  );
