/** What an image is for, by the last part of its name: the table is data, and the checks branch on the kinds alone. */
import kinds from './known-images.json' with { type: 'json' };

export type ImageKind = keyof typeof kinds;

/** @param image `ghcr.io/immich-app/postgres:14-vectorchord0.4.3` */
export function isKind(image: string, kind: ImageKind): boolean {
  const name =
    image
      .replace(/@.*$/, '')
      .replace(/:[^/:]*$/, '')
      .split('/')
      .at(-1) ?? '';
  return kinds[kind].includes(name);
}

const GB = 1024 ** 3;

/**
 * Bytes that the variants of the machine-learning image want, by the end of the tag. A plain one with all models was
 * killed at 2 GB and runs in 4 (adampetrovic/home-ops#2464), and the others hold no less; OpenVINO compiles models in
 * memory: killed at 4 GB, well at 6 (community-scripts/ProxmoxVE#12426, immich-app/immich#7854).
 */
const VARIANTS: Readonly<Record<string, number>> = {
  openvino: 6 * GB,
  rocm: 6 * GB,
  cuda: 4 * GB,
  armnn: 4 * GB,
  rknn: 4 * GB,
};

/** @returns the variant that a tag names and what it wants; undefined for a plain image */
export function variantOf(image: string): { variant: string; wants: number } | undefined {
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1] ?? '';
  const variant = Object.keys(VARIANTS).find((one) => tag.endsWith(`-${one}`));
  return variant === undefined ? undefined : { variant, wants: VARIANTS[variant] ?? 0 };
}
