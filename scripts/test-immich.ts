/**
 * Runs the end-to-end tests of pictures against the Immich of this checkout's `.env` (IMMICH_URL, IMMICH_API_KEY,
 * IMMICH_PATHS). They work in an album of their own and delete only what they made.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createImmich } from '../src/clients/immich.ts';
import { readConfig } from '../src/config.ts';
import { causeOf } from '../src/errors.ts';

/** What the bridge needs, captions included, and what the tests need to clear up. */
const NEEDED = [
  'album.create',
  'album.delete',
  'album.read',
  'albumAsset.create',
  'asset.delete',
  'asset.read',
  'asset.update',
  'asset.upload',
  'user.read',
];

const NONE_GIVEN =
  'Skipped: no Immich is given. Set IMMICH_URL and IMMICH_API_KEY in .env, best for a user made for this.';

/** @returns the exit code, with the reason said where nothing was run */
async function main(): Promise<number> {
  const { immich } = readConfig().config;
  if (immich === undefined) {
    process.stdout.write(`${NONE_GIVEN}\n`);
    return 0;
  }
  const { url, key, paths } = immich;
  const client = createImmich(url, key);
  try {
    const { major, minor, patch } = await client.version();
    const permissions = await client.permissions();
    const missing = NEEDED.filter((one) => !permissions.includes(one) && !permissions.includes('all'));
    if (missing.length > 0) throw new Error(`the key lacks ${missing.join(', ')}`);
    process.stdout.write(`Immich ${major}.${minor}.${patch} at ${url}\n`);
  } catch (error) {
    process.stderr.write(`Immich at ${url} cannot be tested with: ${causeOf(error)}\n`);
    return 1;
  } finally {
    await client.close();
  }
  const given = {
    url,
    key,
    paths: paths?.map(({ container, host }) => `${container}=${host}`).join(','),
  };
  const vitest = spawn('vitest', ['run', '--project', 'immich'], {
    stdio: 'inherit',
    env: { ...process.env, STEWARD_TEST_IMMICH: JSON.stringify(given) },
  });
  const [code] = (await once(vitest, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await main();
