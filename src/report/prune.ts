/** Pruning: what would go of each host's images, or went. Sizes in bytes, times in milliseconds since 1970. */

export type PruneReport = {
  kind: 'prune';
  /** `observed`: STEWARD_OBSERVE, nothing went. */
  stage: 'plan' | 'done' | 'observed';
  hosts: readonly PrunedHost[];
  at: number;
};

export type PrunedHost = {
  name: string;
  /** Why nothing of this host may go. */
  refused: PruneRefusal | undefined;
  images: readonly PrunedImage[];
  /** Of the cache of builds; an upper bound, as the sizes of images are. Undefined where there is none to go. */
  cache: number | undefined;
  /** How many images stay, by the reason. */
  kept: Readonly<Partial<Record<KeepReason, number>>>;
  /** What the disk has free more than before; undefined before, and where it cannot be measured. */
  won: number | undefined;
  /** The cache of builds could not be pruned. */
  cacheTrouble: string | undefined;
};

export type PruneRefusal =
  /** What its units name cannot be read, so that nothing is known to be of no use. */
  | { kind: 'unread'; cause: string }
  | { kind: 'unreachable'; cause: string }
  /** A service there is being worked on. */
  | { kind: 'busy'; service: string };

export type PrunedImage = {
  id: string;
  /** Its names; none where it lost them to a newer one. */
  names: readonly string[];
  size: number;
  createdAt: number | undefined;
  /** The engine, or a look just before, would not let it go. */
  trouble: string | undefined;
};

/**
 * `used`: of a container, running or not. `ours`: for a way back. `named`: a unit, a script or a compose file has it.
 * `built`: no registry gives it. `young`: it came, or was needed, within the last seven days. `unsure`: its registry could not be asked.
 */
export type KeepReason = 'used' | 'ours' | 'named' | 'built' | 'young' | 'unsure';
