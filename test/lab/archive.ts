/** Container images as files: layers from folders, images as one archive that `podman load` takes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from './exec.ts';

/** A tar file and its sha256 in hex. */
export type Layer = { path: string; digest: string };

/** As in an image's configuration: times in nanoseconds. */
export type ImageConfig = {
  Cmd?: string[];
  Entrypoint?: string[];
  Env?: string[];
  ExposedPorts?: Record<string, Record<string, never>>;
  Volumes?: Record<string, Record<string, never>>;
  Labels?: Record<string, string>;
  WorkingDir?: string;
  StopSignal?: string;
  Healthcheck?: { Test: string[]; Interval: number; Timeout: number; Retries: number; StartPeriod?: number };
};

export type ImageSpec = {
  /** Name and tag: `127.0.0.1:5000/web:1`. */
  name: string;
  layers: readonly Layer[];
  config: ImageConfig;
  /** Milliseconds since 1970. */
  created: number;
};

/** The same content gives the same file: owner root, fixed times, sorted. */
export async function packLayer(folder: string, path: string): Promise<Layer> {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await run('tar', [...same, '-C', folder, '-cf', path, '.']);
  return describeLayer(path);
}

export async function describeLayer(path: string): Promise<Layer> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { path, digest: hash.digest('hex') };
}

/** @param path of the archive to write, in Docker's format (which, unlike OCI's, carries health checks) */
export async function packImages(images: readonly ImageSpec[], path: string): Promise<void> {
  const folder = `${path}.parts`;
  await mkdir(folder);
  const manifest: { Config: string; RepoTags: string[]; Layers: string[] }[] = [];
  const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [layer.digest, layer.path]));
  for (const [digest, file] of layers) await symlink(file, join(folder, `${digest}.tar`));
  for (const { name, layers: own, config, created } of images) {
    const text = JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      created: new Date(created).toISOString(),
      config,
      history: own.map(() => ({ created: new Date(created).toISOString() })),
      rootfs: { type: 'layers', diff_ids: own.map(({ digest }) => `sha256:${digest}`) },
    });
    const file = `${createHash('sha256').update(text).digest('hex')}.json`;
    await writeFile(join(folder, file), text);
    manifest.push({ Config: file, RepoTags: [name], Layers: own.map(({ digest }) => `${digest}.tar`) });
  }
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await run('tar', ['--dereference', '-C', folder, '-cf', path, '.']);
  await rm(folder, { recursive: true });
}
