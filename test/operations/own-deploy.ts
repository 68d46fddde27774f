/** A deploy that only one test sees: others of the same machine plan updates meanwhile, which wait for a real one. */
import type { Systemd } from '../../src/clients/systemd.ts';
import { DEPLOY } from '../../src/operations/update/prepare.ts';

/** @param unit of the test, which stands for the one of a deploy */
export function withOwnDeploy(systemd: Systemd, unit: string): Systemd {
  return {
    ...systemd,
    async units(names, options) {
      const found = await systemd.units(
        names.map((name) => (name === DEPLOY ? unit : name)),
        options,
      );
      return found.map((one) => (one.name === unit ? { ...one, name: DEPLOY } : one));
    },
  };
}
