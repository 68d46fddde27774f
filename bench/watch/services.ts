/** The services of a file, watched without grace. */
import { readServices, type Services } from '../../src/services.ts';

/** @param limits milliseconds */
export function readServicesOf(file: string, limits: { after: number; settle: number }): Services {
  const { services, faults } = readServices(file);
  if (services === undefined) throw new Error(`The services are faulty: ${JSON.stringify(faults)}`);
  const all = services.all.map((service) => ({
    ...service,
    watch: { ...service.watch, after: limits.after },
    health: { ...service.health, settle: limits.settle },
  }));
  return { ...services, all, get: (name) => all.find((service) => service.name === name) };
}
