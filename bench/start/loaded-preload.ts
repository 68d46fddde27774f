/** `node --import bench/start/loaded-preload.ts …`: at its end the process writes which packages it has loaded, into BENCH_LOADED. */
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const packages = new Set<string>();
registerHooks({
  load(url, context, next) {
    const name = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});
process.once('exit', () =>
  writeFileSync(process.env['BENCH_LOADED'] ?? '/dev/null', JSON.stringify([...packages])),
);
