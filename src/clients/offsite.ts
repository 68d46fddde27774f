/** A second place for backups, outside this house, through the program that looks after it. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { describeEnd, run } from '../exec.ts';

/** As services.yaml has it. */
export type OffsiteDefinition =
  | { kind: 'restic'; repository: string; password_file: string }
  | { kind: 'rclone'; remote: string };

export type OffsiteOptions = { signal?: AbortSignal };

/** A backup as both sides know it. */
export type OffsiteBackup = { service: string; id: string };

export type Offsite = {
  kind: OffsiteDefinition['kind'];
  /** Copy a finished backup there. Called again it adds what is missing. @param folder where it lies here */
  send(backup: OffsiteBackup, folder: string, options?: OffsiteOptions): Promise<void>;
  /** The backups of a service that are there. */
  list(service: string, options?: OffsiteOptions): Promise<string[]>;
  /**
   * Bring files of one back.
   * @param files relative to the backup's folder
   * @param to a folder that is made; they lie in it under their paths
   */
  fetch(backup: OffsiteBackup, files: readonly string[], to: string, options?: OffsiteOptions): Promise<void>;
};

/** Nothing of a night takes longer. Milliseconds. */
const LONGEST = 8 * 3_600_000;
/** Questions, and a few files. Milliseconds. */
const LOOK = 10 * 60_000;

const Snapshots = z.array(
  z.object({ id: z.string(), tags: z.array(z.string()).nullish(), paths: z.array(z.string()) }),
);
type Snapshot = z.infer<typeof Snapshots>[number];

/** @param options.cache a folder of our own: a hardened unit has no home */
export function createOffsite(
  definition: OffsiteDefinition,
  options: { cache: string; programs?: Partial<Record<OffsiteDefinition['kind'], string>> },
): Offsite {
  return definition.kind === 'restic' ? createRestic(definition, options) : createRclone(definition, options);
}

function createRestic(
  { repository, password_file: passwordFile }: Extract<OffsiteDefinition, { kind: 'restic' }>,
  { cache, programs }: Parameters<typeof createOffsite>[1],
): Offsite {
  const restic = (args: readonly string[], options: { timeout: number; signal?: AbortSignal | undefined }) =>
    call(
      [
        programs?.restic ?? 'restic',
        `--repo=${repository}`,
        `--password-file=${passwordFile}`,
        `--cache-dir=${join(cache, 'restic')}`,
        '--json',
        '--quiet',
        ...args,
      ],
      options,
    );

  async function snapshots(service: string, signal: AbortSignal | undefined): Promise<Snapshot[]> {
    const args = ['snapshots', `--tag=steward,service=${service}`];
    return Snapshots.parse(JSON.parse(await restic(args, { timeout: LOOK, signal })) ?? []);
  }

  return {
    kind: 'restic',
    async send({ service, id }, folder, { signal } = {}) {
      // One that is there already is sent again: restic finds that nothing is new, and the newest of them counts.
      await restic(['backup', '--host=steward', `--tag=steward,service=${service},id=${id}`, '--', folder], {
        timeout: LONGEST,
        signal,
      });
    },
    async list(service, { signal } = {}) {
      return [...new Set((await snapshots(service, signal)).flatMap(idOf))].sort();
    },
    async fetch({ service, id }, files, to, { signal } = {}) {
      const found = (await snapshots(service, signal)).findLast((one) => idOf(one).includes(id));
      const [path] = found?.paths ?? [];
      if (found === undefined || path === undefined) throw new Error(`There is no backup "${id}" there.`);
      const whole = `${to}.whole`;
      await rm(whole, { recursive: true, force: true });
      try {
        await restic(
          [
            'restore',
            found.id,
            `--target=${whole}`,
            ...files.map((file) => `--include=${literal(join(path, file))}`),
          ],
          { timeout: LOOK, signal },
        );
        await mkdir(dirname(to), { recursive: true, mode: 0o700 });
        await rename(join(whole, path), to);
      } finally {
        await rm(whole, { recursive: true, force: true });
      }
    },
  };
}

function createRclone(
  { remote }: Extract<OffsiteDefinition, { kind: 'rclone' }>,
  { programs }: Parameters<typeof createOffsite>[1],
): Offsite {
  const rclone = (args: readonly string[], options: { timeout: number; signal?: AbortSignal | undefined }) =>
    call([programs?.rclone ?? 'rclone', ...args], options);
  const placeOf = ({ service, id }: OffsiteBackup) => `${remote}/${service}/${id}`;

  return {
    kind: 'rclone',
    async send(backup, folder, { signal } = {}) {
      // What is there and differs was not written by us: that ends it, instead of being written over.
      await rclone(['copy', '--immutable', '--checksum', '--links', folder, placeOf(backup)], {
        timeout: LONGEST,
        signal,
      });
    },
    async list(service, { signal } = {}) {
      const output = await rclone(['lsf', '--dirs-only', `${remote}/${service}`], {
        timeout: LOOK,
        signal,
      }).catch((error: Error) => {
        if (/directory not found/.test(error.message)) return '';
        throw error;
      });
      return output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(/\/$/, ''))
        .sort();
    },
    async fetch(backup, files, to, { signal } = {}) {
      for (const file of files) {
        await rclone(['copyto', `${placeOf(backup)}/${file}`, join(to, file)], { timeout: LOOK, signal });
      }
    },
  };
}

/** @returns what it wrote. @throws Error with what it says, on any exit code but 0 */
async function call(
  command: readonly string[],
  { timeout, signal }: { timeout: number; signal?: AbortSignal | undefined },
): Promise<string> {
  const { code, stdout, stderr } = await run(command, { timeout, ...(signal !== undefined && { signal }) });
  if (code === 0) return stdout;
  const program = basename(command[0] ?? '');
  throw new Error(`${program} says: ${lastWordOf(stderr) ?? lastWordOf(stdout) ?? describeEnd(code)}`);
}

/** Both programs end with what went wrong; rclone puts the time before it. */
function lastWordOf(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const line = lines.find((one) => /^Fatal:|Fatal error/.test(one)) ?? lines.findLast((one) => one !== '');
  return line?.replace(/^(?:\d{4}\/\d\d\/\d\d [\d:]+ )?(?:Fatal: |(?:ERROR|NOTICE) ?: )?/, '');
}

const idOf = ({ tags }: Snapshot): string[] =>
  (tags ?? []).flatMap((tag) => (tag.startsWith('id=') ? [tag.slice('id='.length)] : []));

/** A path as a pattern that fits nothing else. */
const literal = (path: string): string => path.replace(/[\\*?[\]]/g, '\\$&');
