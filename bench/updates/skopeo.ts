/** The program that people ask registries with. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGES = fileURLToPath(new URL('../../scripts/lab-packages.ts', import.meta.url));

/** Installs it from Debian where that may be done. @throws Error when it is still missing */
export async function installSkopeo(say: (text: string) => void): Promise<void> {
  const isThere = () =>
    run('skopeo', ['--version']).then(
      () => true,
      () => false,
    );
  if (await isThere()) return;
  say('installing skopeo …');
  await run(process.execPath, [PACKAGES, 'skopeo']);
  if (!(await isThere())) throw new Error('There is no skopeo, which checks are measured beside.');
}
