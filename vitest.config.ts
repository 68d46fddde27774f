import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { labObstacles } from './test/lab/packages.ts';

// Threads and programs of ours are started thousands of times: compiling them took half of the processor time.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'steward-compiled');

// Without a lab its tests are left out, and we say so; with CI set they stay in, and fail.
const obstacles = process.env['CI'] ? [] : await labObstacles();
if (obstacles.length > 0) console.warn(`Left out: the lab tests. ${obstacles.join(' ')}`);

const lab = {
  extends: true,
  test: {
    name: 'lab',
    include: ['test/**/*.lab.test.ts'],
    globalSetup: ['test/lab/setup.ts'],
  },
} as const;

/** Only `npm run test:immich` says of which server it is. */
const immich = { extends: true, test: { name: 'immich', include: ['test/**/*.immich.test.ts'] } } as const;

/**
 * `unit` needs nothing but Node. `lab` runs on real Podman and systemd, `browser` in Debian's Chromium;
 * where these cannot be had their tests say why, and with CI set they fail.
 */
export default defineConfig({
  test: {
    // Half of the tests wait for containers; by itself vitest would leave a core free.
    maxWorkers: 3,
    // Lab tests share two cores with the containers they start.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // By itself a second, which a busy machine takes for one start of a program.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{lab,browser,immich}.test.ts'],
        },
      },
      ...(obstacles.length > 0 ? [] : [lab]),
      { extends: true, test: { name: 'browser', include: ['test/**/*.browser.test.ts'] } },
      ...(process.env['STEWARD_TEST_IMMICH'] ? [immich] : []),
    ],
  },
});
