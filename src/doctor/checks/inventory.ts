/** What services.yaml says beside what the host has. */
import type { DoctorCheck, Found } from '../check.ts';
import { containersOf, unitsOf, type ContainerFacts, type DoctorFacts } from '../facts.ts';
import { containerLine, serviceLine } from '../fixes.ts';

/** Made by Steward itself, for a moment. */
const OWN = /^steward-drill-|-steward-(?:new|old)-/;
/** Units that engines bring along, and what NixOS and quadlets make beside containers. */
const OF_THE_ENGINE =
  /^(?:podman|docker)(?:-(?:auto-update|restart|prune|clean-transient|kube@.*|network-.*|volume-.*|create-.*|pull-.*))?\.service$/;
/** Programs of which one run is the whole. */
const ENDS = new Set(['oneshot', 'dbus']);

export const inventoryChecks: readonly DoctorCheck[] = [
  {
    name: 'missing',
    severity: 'warning',
    needs: ['containers', 'units'],
    look(facts) {
      const units = unitsOf(facts).filter(({ exists, service }) => !exists && service !== undefined);
      return [
        ...units.map(({ name, service }) => ({ subject: name, service, values: { what: 'unit' } })),
        ...looseContainers(facts)
          .filter(({ isThere }) => !isThere)
          .map(({ name, service }) => ({
            subject: name,
            service,
            values: { what: 'container' },
          })),
      ];
    },
  },
  {
    name: 'unlisted',
    severity: 'notice',
    needs: ['containers', 'units'],
    look(facts) {
      const strangers = containersOf(facts).filter(
        ({ service, name }) => service === undefined && !OWN.test(name),
      );
      const units = unitsOf(facts).filter(
        ({ service, exists, name }) =>
          service === undefined && exists && /^(?:podman|docker)-/.test(name) && !OF_THE_ENGINE.test(name),
      );
      const runs = (unit: { host: string; name: string }) =>
        containersOf(facts).some(
          (one) =>
            one.host === unit.host && (one.unit === unit.name || unit.name.endsWith(`-${one.name}.service`)),
        );
      return [
        ...strangers.map(({ name }) => ({
          subject: name,
          values: { what: 'container' },
          fix: `${name}: { containers: [${name}] }`,
        })),
        ...units
          .filter((unit) => !runs(unit))
          .map(({ name }) => ({ subject: name, values: { what: 'unit' }, fix: undefined })),
      ];
    },
  },
  {
    name: 'no-restart',
    severity: 'warning',
    needs: ['containers', 'units'],
    look: (facts) => [
      ...unitsOf(facts)
        .filter(({ service, exists, type, restart }) => {
          return service !== undefined && exists && restart === 'no' && !ENDS.has(type);
        })
        .map((unit) => ({
          subject: unit.name,
          service: unit.service,
          fix: serviceLine(unit, 'Restart', 'always'),
        })),
      ...looseContainers(facts).flatMap(({ container }): Found[] =>
        container === undefined || !['', 'no'].includes(container.restart)
          ? []
          : [
              {
                subject: container.name,
                service: container.service,
                fix: containerLine(container, {
                  run: '--restart=unless-stopped',
                  compose: 'restart: unless-stopped',
                  nix: 'autoStart = true',
                }),
              },
            ],
      ),
    ],
  },
];

type Loose = { name: string; service: string; container: ContainerFacts | undefined; isThere: boolean };

/** Containers that nothing but the engine runs, on hosts whose engine could be asked. */
function looseContainers(facts: DoctorFacts): Loose[] {
  const asked = new Set(
    facts.hosts.filter(({ containers }) => 'known' in containers).map(({ name }) => name),
  );
  return facts.services
    .filter(({ host }) => asked.has(host))
    .flatMap(({ name: service, host, containers }) =>
      containers
        .filter(({ unit }) => unit === undefined)
        .map(({ name }) => {
          const container = containersOf(facts).find((one) => one.host === host && one.name === name);
          return { name, service, container, isThere: container !== undefined };
        }),
    );
}
