/** Manifests, lists of them, and image configurations, as far as they are used. */
import { z } from 'zod';

const LISTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Without all four a registry converts what it has, and the digest is that of the conversion. */
export const ACCEPT = [...LISTS, ...MANIFESTS].join(', ');

export type Platform = { os: string; architecture: string; variant?: string | undefined };

const Platform = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });
const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const List = z.object({
  manifests: z.array(z.object({ digest: Digest, platform: Platform.optional() })),
});
const Manifest = z.object({
  config: z.object({ digest: Digest }),
  layers: z.array(z.object({ digest: z.string(), size: z.number().nonnegative() })),
});
export type Manifest = z.infer<typeof Manifest>;

const Configuration = z.object({
  created: z.string().optional(),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string()).default([]) }).optional(),
});
export type Configuration = {
  labels: Readonly<Record<string, string>>;
  createdAt: number | undefined;
  layers: readonly string[];
};

/** @returns the manifest itself, or the digest of the list's manifest for the platform */
export function readManifest(answer: unknown, wanted: Platform): Manifest | { digest: string } {
  const list = List.safeParse(answer);
  if (list.success) {
    const fitting = list.data.manifests.filter(
      ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
    );
    const exact = fitting.find(({ platform }) => platform?.variant === wanted.variant);
    const found = exact ?? fitting[0];
    if (found === undefined) throw new Error(`there is no image for ${wanted.os}/${wanted.architecture}`);
    return { digest: found.digest };
  }
  const manifest = Manifest.safeParse(answer);
  if (!manifest.success) throw new Error('the manifest is of a kind that is not known');
  return manifest.data;
}

export function readConfiguration(answer: unknown): Configuration {
  const read = Configuration.safeParse(answer);
  if (!read.success) throw new Error("the image's configuration is not understood");
  const { created, config, rootfs } = read.data;
  const at = Date.parse(created ?? '');
  return {
    labels: config?.Labels ?? {},
    // Reproducible builds give a time at the beginning of the count.
    createdAt: Number.isNaN(at) || at <= 0 ? undefined : at,
    layers: rootfs?.diff_ids ?? [],
  };
}

/** The refusal in a registry's own words. */
export function refusalOf(text: string): string | undefined {
  try {
    const read = z
      .object({ errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })) })
      .safeParse(JSON.parse(text));
    const [first] = read.data?.errors ?? [];
    return first?.message ?? first?.code;
  } catch {
    return undefined;
  }
}
