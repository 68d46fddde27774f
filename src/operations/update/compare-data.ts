/** The data as it is now beside a copy of it. */
import type { DataDifference } from '../../report/updates.ts';
import type { Service } from '../../services.ts';
import { describeData, readSnapshot, type DataReach, type Snapshot, type SourceFacts } from '../backup.ts';

export type Compared = {
  takenAt: number;
  /** What is there now and was not then, by table; undefined where the data cannot be read. */
  lost: readonly DataDifference[] | undefined;
  /** A program that knows the copy knows the data, too. */
  hasSameSchema: boolean;
};

/** @throws Error for a folder without a whole copy */
export async function compareData(app: DataReach, service: Service, folder: string): Promise<Compared> {
  const snapshot = await readSnapshot(folder);
  const { takenAt } = snapshot;
  try {
    const now = await describeData(app, service);
    return { takenAt, lost: differences(snapshot, now), hasSameSchema: isSameSchema(snapshot, now) };
  } catch (error) {
    app.log.warn({ err: error, service: service.name }, 'the data cannot be compared');
    return { takenAt, lost: undefined, hasSameSchema: false };
  }
}

const isSameSchema = ({ sources }: Snapshot, now: readonly SourceFacts[]): boolean =>
  sources.every(({ name, schema }) => now.find((one) => one.name === name)?.schema === schema);

function differences({ sources }: Snapshot, now: readonly SourceFacts[]): DataDifference[] {
  return now.flatMap(({ name, counts }) => {
    const then = sources.find((one) => one.name === name)?.counts ?? {};
    return [...new Set([...Object.keys(counts), ...Object.keys(then)])].flatMap((table) => {
      const [before, after] = [then[table] ?? 0, counts[table] ?? 0];
      return before === after ? [] : [{ source: name, table, before, after }];
    });
  });
}
