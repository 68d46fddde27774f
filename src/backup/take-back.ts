/** The way back from a putting back: what it replaced is where it was, and what had come is kept. */
import { rm } from 'node:fs/promises';
import { areaAt, isThere, removeArea } from './aside.ts';
import { dropBeside } from './postgres-back.ts';
import { readRecord, writeRecord, type Record, type Spot } from './record.ts';
import { workerOf, type Putting } from './spots.ts';

/**
 * Undo what was put back under an id, however far that came. Called again after a kill it finishes; once it has finished
 * it does nothing more.
 * @returns undefined where nothing was begun under this id
 */
export async function takeManifestBack(putting: Putting): Promise<Record | undefined> {
  const { folder, id, step } = putting;
  let record = await readRecord(folder, id);
  if (record === undefined || record.state === 'returned') return record;
  const aside: string[] = [];
  if (record.state !== 'staging' && record.state !== 'staged') {
    record = { ...record, state: 'returning' };
    await writeRecord(folder, record);
    for (const spot of record.spots.toReversed()) {
      const { subject, giveBack } = workerOf(putting, spot);
      step(`return ${subject}`);
      const kept = await giveBack();
      if (kept !== undefined) aside.push(kept);
    }
    step('returned');
  }
  for (const spot of record.spots) await dropReady(putting, spot);
  record = { ...record, state: 'returned', aside };
  await writeRecord(folder, record);
  return record;
}

/** What was made ready and has not been used. */
async function dropReady({ manifest, id, reach }: Putting, spot: Spot): Promise<void> {
  if (spot.kind === 'postgres') {
    const part = manifest.parts[spot.part];
    if (part?.kind === 'postgres') await dropBeside(reach, part, id);
    return;
  }
  const { fresh, undone } = areaAt(spot.area);
  if (await isThere(undone)) await rm(fresh, { recursive: true, force: true });
  else await removeArea(spot.area);
}
