/** What containers are made from. */
import { parseImageName } from '../../image-name.ts';
import { tagKind } from '../../versions.ts';
import type { DoctorCheck } from '../check.ts';
import { containersOf, type ContainerFacts, type DoctorFacts } from '../facts.ts';
import { containerLine } from '../fixes.ts';
import { isKind, variantOf } from '../known-images.ts';

const MB = 1024 ** 2;

export const imageChecks: readonly DoctorCheck[] = [
  {
    name: 'no-update',
    severity: 'notice',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts).flatMap((container) => {
        const why = whyNoUpdate(container, facts);
        if (why === undefined) return [];
        const { name, service, image } = container;
        const fix =
          why === 'tag' && service !== undefined ? 'release: { github: owner/repository }' : undefined;
        return [{ subject: name, service, values: { why, image }, fix }];
      }),
  },
  {
    name: 'latest-tag',
    severity: 'notice',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts)
        .filter(({ image }) => {
          const parsed = parseImageName(image, { hub: true });
          return typeof parsed !== 'string' && parsed.tag === 'latest' && parsed.digest === undefined;
        })
        .map(({ name, service, image }) => ({ subject: name, service, values: { image } })),
  },
  {
    name: 'short-image-name',
    severity: 'notice',
    needs: ['containers', 'engine'],
    look: (facts) =>
      containersOf(facts)
        // Docker knows one registry for them.
        .filter(({ host, written }) => isPodman(facts, host) && parseImageName(written) === 'short')
        .map((container) => {
          const { name, service, written, image } = container;
          const whole = /^[^/]+[.:][^/]*\//.test(image) ? image : `docker.io/${wholeName(written)}`;
          const fix = containerLine(container, {
            run: whole,
            compose: `image: ${whole}`,
            nix: `image = "${whole}"`,
          });
          return { subject: name, service, values: { image: written }, fix };
        }),
  },
  {
    name: 'ml-memory',
    severity: 'warning',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts).flatMap((container) => {
        const { name, service, image, memoryLimit } = container;
        const found = isKind(image, 'learning') ? variantOf(image) : undefined;
        if (found === undefined || memoryLimit === undefined || memoryLimit >= found.wants) return [];
        const wants = found.wants / MB;
        return [
          {
            subject: name,
            service,
            values: { variant: found.variant, limit: memoryLimit, wants: found.wants },
            fix: memoryLine(container, `${wants / 1024}g`),
          },
        ];
      }),
  },
  {
    name: 'vector-extension',
    severity: 'warning',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts)
        .filter(({ image, service }) => isKind(image, 'old-vectors') && tellsLikeImmich(facts, service))
        .map((container) => {
          const { name, service, image } = container;
          const major =
            facts.immich !== undefined && 'known' in facts.immich ? facts.immich.known.major : undefined;
          const isLate = major !== undefined && major >= 3;
          return {
            subject: name,
            service,
            ...(isLate ? { severity: 'critical' as const } : {}),
            values: { image },
          };
        }),
  },
];

/** A limit of so much memory. */
export const memoryLine = (container: ContainerFacts, size: string): string =>
  containerLine(container, { run: `--memory=${size}`, compose: `mem_limit: ${size}` });

const isPodman = ({ hosts }: DoctorFacts, name: string): boolean => {
  const engine = hosts.find((host) => host.name === name)?.engine;
  return engine === undefined || !('known' in engine) || engine.known.name === 'Podman';
};

/** `redis:8` is `library/redis:8` at Docker Hub. */
const wholeName = (short: string): string => (short.includes('/') ? short : `library/${short}`);

const tellsLikeImmich = ({ services }: DoctorFacts, name: string | undefined): boolean =>
  services.some((service) => service.name === name && service.release?.version === 'immich');

/** Only what Steward is to update: an owner's `update: false` is a decision. */
function whyNoUpdate(
  { image, isLocal, service: name, name: container }: ContainerFacts,
  { services }: DoctorFacts,
): 'id' | 'local' | 'digest' | 'tag' | undefined {
  const service = services.find((one) => one.name === name);
  if (service?.containers.find((one) => one.name === container)?.update !== true) return undefined;
  const parsed = parseImageName(image, { hub: true });
  if (parsed === 'id') return 'id';
  if (parsed === 'local' || isLocal === true) return 'local';
  if (typeof parsed === 'string') return undefined;
  if (parsed.digest !== undefined) return 'digest';
  const isFixed = parsed.tag !== undefined && tagKind(parsed.tag, undefined) === 'fixed';
  return isFixed && service.release?.github === undefined ? 'tag' : undefined;
}
