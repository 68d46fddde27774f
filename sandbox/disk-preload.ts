/** Loaded before the bot of the demo: of the disk in the box `statfs` says what the box says, of others the truth. */
import { readFileSync, type StatFsOptions, type StatsFs } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { SANDBOX_DISK: disk, SANDBOX_DISK_TOLD: told } = process.env;
const statfs = promises.statfs as (path: string, options?: StatFsOptions) => Promise<StatsFs>;

if (disk !== undefined && told !== undefined) {
  Object.assign(promises, {
    async statfs(path: string, options?: StatFsOptions): Promise<StatsFs> {
      const real = await statfs(path, options);
      if (path !== disk) return real;
      const { size, used } = JSON.parse(readFileSync(told, 'utf8')) as { size: number; used: number };
      const blocks = Math.round(size / real.bsize);
      const free = Math.round(blocks * (1 - used));
      return { ...real, blocks, bfree: free, bavail: free };
    },
  });
  syncBuiltinESMExports();
}
