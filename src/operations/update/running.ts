/** Which images a service runs, and which it ran when somebody looked last. */
import type { App } from '../../app.ts';
import type { Service } from '../../services.ts';
import type { Store } from '../../store.ts';
import { lookAtServices } from '../status.ts';
import { configuredIn, imageNamed } from './configured.ts';

/** `image` is the name in the configuration, `id` what it meant. */
export type Deployed = { image: string; id: string };

/** By container. `at` in milliseconds since 1970: since when that is known. */
export type Known = { images: Readonly<Record<string, Deployed>>; version: string | undefined; at: number };

export type Seen = {
  /** Of one that does not run, as its unit has it; undefined where that cannot be read. */
  image: string | undefined;
  /** What it runs, or what the name means here; undefined where that is not here. */
  id: string | undefined;
  isRunning: boolean;
  /** It runs, or was started and failed; false for what somebody has stopped. */
  isWanted: boolean;
};

const keyOf = (service: string) => `deployed:${service}`;

export const recallRunning = ({ facts }: Pick<Store, 'facts'>, service: string): Known | undefined =>
  facts.get<Known>(keyOf(service));

export const keepRunning = ({ facts }: Pick<Store, 'facts'>, service: string, known: Known): void =>
  facts.put(keyOf(service), known);

/**
 * What each container runs; of one that does not run, what its unit would start.
 * @param like a name of an image with the same repository as the unit's
 */
export async function lookAtRunning(
  app: Pick<App, 'hosts'>,
  service: Service,
  like: (container: string) => string | undefined,
): Promise<Map<string, Seen>> {
  const host = app.hosts.of(service);
  const seen = await Promise.all(
    service.containers.map(async ({ name, unit }): Promise<[string, Seen]> => {
      const container = await host.engine.inspect(name);
      // The engine would also take the beginning of another one's id.
      if (container?.name === name && container.running) {
        const { image, imageId: id } = container;
        return [name, { image, id, isRunning: true, isWanted: true }];
      }
      const known = like(name);
      if (unit === undefined || known === undefined) {
        return [name, { image: undefined, id: undefined, isRunning: false, isWanted: false }];
      }
      const [[state], text] = await Promise.all([host.systemd.units([unit]), configuredIn(host, unit)]);
      const image = imageNamed(text, known);
      const id = image === undefined ? undefined : (await host.engine.image(image))?.id;
      const isWanted = state !== undefined && (state.active !== 'inactive' || state.result !== 'success');
      return [name, { image, id, isRunning: false, isWanted }];
    }),
  );
  return new Map(seen);
}

/** Something else runs, or was started and does not come up, than what is known. */
export const isOther = ({ image, id, isWanted }: Seen, known: Deployed): boolean =>
  isWanted && (id === undefined ? image !== undefined && image !== known.image : id !== known.id);

/** What runs, or was to run, over what was known of the rest. */
export function knownFrom(seen: ReadonlyMap<string, Seen>, before: Known['images'] = {}): Known['images'] {
  const now = [...seen].flatMap(([name, { image, id = '', isWanted }]) =>
    isWanted && image !== undefined ? [[name, { image, id }] as const] : [],
  );
  return { ...before, ...Object.fromEntries(now) };
}

/** Silently: the first sight, and what Steward has changed itself. */
export async function takeNote(
  app: Pick<App, 'hosts' | 'services' | 'probe' | 'clock' | 'store'>,
  service: Service,
  seen: ReadonlyMap<string, Seen>,
  before: Known | undefined,
): Promise<void> {
  const images = knownFrom(seen, before?.images);
  if (Object.keys(images).length === 0) return;
  const { services } = await lookAtServices(app, [service]);
  keepRunning(app.store, service.name, {
    images,
    version: services[0]?.version ?? before?.version,
    at: app.clock.now(),
  });
}
