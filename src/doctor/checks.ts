/** Every check of the doctor, in the order in which they are told within one severity. */
import type { DoctorCheck } from './check.ts';
import { containerChecks } from './checks/containers.ts';
import { dataChecks } from './checks/data.ts';
import { hostChecks } from './checks/host.ts';
import { imageChecks } from './checks/images.ts';
import { immichChecks } from './checks/immich.ts';
import { inventoryChecks } from './checks/inventory.ts';
import { networkChecks } from './checks/network.ts';
import { secretChecks } from './checks/secrets.ts';

export const CHECKS: readonly DoctorCheck[] = [
  ...networkChecks,
  ...dataChecks,
  ...secretChecks,
  ...inventoryChecks,
  ...immichChecks,
  ...hostChecks,
  ...imageChecks,
  ...containerChecks,
];
