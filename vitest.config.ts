import { defineConfig } from 'vitest/config';

/**
 * `unit` needs nothing but Node. `lab` runs on real Podman and systemd, `browser` in Debian's Chromium;
 * where these cannot be had their tests say why, and with CI set they fail.
 */
export default defineConfig({
  test: {
    // Lab tests share two cores with the containers they start.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/**/*.{lab,browser}.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'lab',
          include: ['test/**/*.lab.test.ts'],
          globalSetup: ['test/lab/setup.ts'],
          maxWorkers: 2,
        },
      },
      { extends: true, test: { name: 'browser', include: ['test/**/*.browser.test.ts'] } },
    ],
  },
});
