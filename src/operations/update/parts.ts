/** What of a service starts and stops as a whole, and in which order an update takes it. */
import type { Service } from '../../services.ts';

export type Part = {
  name: string;
  /** Undefined: only the engine manages the container. */
  unit: string | undefined;
  containers: readonly string[];
  /** A database server that a copy of the data is taken from, so it runs while that is done. */
  holdsData: boolean;
};

/** In start order. Containers of one unit, as of a compose stack, are one part. */
export function partsOf(service: Service): Part[] {
  const servers = new Set(
    service.backup?.sources.flatMap((source) => (source.kind === 'postgres' ? [source.container] : [])),
  );
  const groups = Map.groupBy(service.containers, ({ name, unit }) => unit ?? `container ${name}`);
  return [
    ...[...groups.values()].map((group): Part => {
      const containers = group.map(({ name }) => name);
      return {
        name: containers.join(', '),
        unit: group[0]?.unit,
        containers,
        holdsData: containers.some((name) => servers.has(name)),
      };
    }),
    ...service.units.map((unit) => ({
      name: unit.replace(/\.service$/, ''),
      unit,
      containers: [],
      holdsData: false,
    })),
  ];
}

/**
 * The parts that an update stops: the application, which may write data, and database servers only where their own
 * image changes. In start order.
 * @param changing containers that get another image
 */
export function stoppedParts(service: Service, changing: readonly string[]): Part[] {
  const still = new Set(service.containers.filter(({ update }) => !update).map(({ name }) => name));
  return partsOf(service).filter(
    ({ containers, holdsData }) =>
      containers.some((name) => changing.includes(name)) ||
      (!holdsData && !(containers.length > 0 && containers.every((name) => still.has(name)))),
  );
}
