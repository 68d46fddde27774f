/** Putting a copy back: everything is made ready beside the data first, then all of it changes places. */
import { removeArea } from './aside.ts';
import type { Manifest, SourceFacts } from './manifest.ts';
import { readRecord, writeRecord, type Newer, type Record } from './record.ts';
import { spotsOf, straysOf, workerOf, type Putting } from './spots.ts';

/**
 * Make all ready beside the data, which may be in use meanwhile: nothing is replaced yet. Called again after a kill it
 * begins anew; once all is ready it does nothing more.
 */
export async function stageManifest(putting: Putting): Promise<Record> {
  const { folder, id, step } = putting;
  const found = await readRecord(folder, id);
  if (found !== undefined && found.state !== 'staging') return found;
  const record: Record = { id, state: 'staging', spots: await spotsOf(putting), newer: [], aside: [] };
  await writeRecord(folder, record);
  const workers = record.spots.map((spot) => workerOf(putting, spot));
  try {
    for (const { subject, stage } of workers) {
      if (stage === undefined) continue;
      step(`stage ${subject}`);
      await stage();
    }
  } catch (error) {
    for (const spot of record.spots) if (spot.kind !== 'postgres') await removeArea(spot.area);
    throw error;
  }
  const staged: Record = { ...record, state: 'staged' };
  step('staged');
  await writeRecord(folder, staged);
  return staged;
}

/**
 * @param present the data as it is, as far as it can be read; asked once, before anything changes
 * @throws Error where it was put back under this id before, and has gone again
 */
export async function putManifestBack(
  putting: Putting,
  present: () => Promise<readonly SourceFacts[]>,
): Promise<Record> {
  const { folder, id, manifest, step } = putting;
  let record = await stageManifest(putting);
  if (record.state === 'returning' || record.state === 'returned') {
    throw new Error(`"${id}" was put back from "${folder}" before, and taken back.`);
  }
  if (record.state === 'done') return record;
  if (record.state === 'staged') {
    step('look');
    const newer = compare(manifest, await present());
    const spots = [...record.spots, ...(await straysOf(putting))];
    record = { ...record, state: 'swapping', spots, newer };
    await writeRecord(folder, record);
  }
  const aside: string[] = [];
  for (const { subject, swap } of record.spots.map((spot) => workerOf(putting, spot))) {
    step(`swap ${subject}`);
    const kept = await swap();
    if (kept !== undefined) aside.push(kept);
  }
  step('swapped');
  record = { ...record, state: 'done', aside };
  await writeRecord(folder, record);
  return record;
}

/** Rows by table, where the copy and the present data differ. */
export function compare({ parts }: Manifest, present: readonly SourceFacts[]): Newer[] {
  return present.flatMap(({ name, counts }) => {
    const copied = parts.find(({ facts }) => facts.name === name)?.facts.counts ?? {};
    const tables = [...new Set([...Object.keys(copied), ...Object.keys(counts)])].sort();
    return tables.flatMap((table) => {
      const { [table]: before = 0 } = copied;
      const { [table]: after = 0 } = counts;
      return before === after ? [] : [{ source: name, table, before, after }];
    });
  });
}
