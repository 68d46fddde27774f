/** Copies of a service's data for the way back. */
import type { App } from '../app.ts';
import type { Service } from '../services.ts';
export type SourceFacts = {
  name: string;
  kind: 'postgres' | 'sqlite' | 'files';
  schema: string | undefined;
  counts: Readonly<Record<string, number>>;
};
export type Snapshot = {
  service: string;
  folder: string;
  takenAt: number;
  size: number;
  sources: readonly SourceFacts[];
};
export type Newer = { source: string; table: string; before: number; after: number };
export type PutBack = { aside: readonly string[]; newer: readonly Newer[] };
export type DataReach = Pick<App, 'hosts' | 'services' | 'clock' | 'log'>;
export type DataOptions = { signal?: AbortSignal; progress?: (done: number, total?: number) => void };
export const isCovered = (_app: DataReach, _service: Service): boolean => false;
const no = (): never => {
  throw new Error('not yet');
};
export const snapshotFolder = (_app: DataReach, _service: Service, _id: string): string => no();
export const takeSnapshot = async (
  _app: DataReach,
  _service: Service,
  _folder: string,
  _options?: DataOptions & { like?: Snapshot },
): Promise<Snapshot> => no();
export const readSnapshot = async (_folder: string): Promise<Snapshot> => no();
export const describeData = async (
  _app: DataReach,
  _service: Service,
  _options?: DataOptions,
): Promise<SourceFacts[]> => no();
export const putBack = async (
  _app: DataReach,
  _service: Service,
  _snapshot: Snapshot,
  _id: string,
  _options?: DataOptions,
): Promise<PutBack> => no();
export const dropSnapshot = async (_app: DataReach, _service: Service, _folder: string): Promise<void> =>
  no();
export const spaceFor = async (
  _app: DataReach,
  _service: Service,
): Promise<{ free: number; needed: number; reserve: number }> => no();
