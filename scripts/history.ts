/** Four weeks of figures for a demo that has just begun, and a smoke test that could look at everything. */
import { systemClock } from '../src/clock.ts';
import { NOT_LOOKED } from '../src/operations/smoke-test.ts';
import { PICTURES_FILED, restartsSample, sizeSample, tookSample } from '../src/sample-names.ts';
import { openStore } from '../src/store.ts';

const DAY = 86_400_000;
const DAYS = 28;
/** What is backed up in the demo. */
const SERVICES = ['immich', 'uptime-kuma', 'vaultwarden'];

/** @param folder STATE_DIR of a bot that may be running */
export function writeHistory(folder: string): void {
  const store = openStore(folder, systemClock);
  const now = Date.now();
  const disk = store.samples.last('disk:/:used', now)?.value ?? 0;
  store.database.transaction(() => {
    let [restarts, pictures] = [0, 0];
    for (let day = DAYS; day > 0; day -= 1) {
      const at = now - day * DAY;
      const part = (DAYS - day) / DAYS;
      const uneven = (seed: number) => Math.abs(Math.sin((day + seed) * 12.9898) * 43_758.5453) % 1;
      store.samples.put('disk:/:used', disk * (0.9 + part * 0.1), at);
      for (const [index, name] of SERVICES.entries()) {
        const [size, took] = [sizeSample(name), tookSample(name)].map(
          (sample) => store.samples.last(sample, now)?.value ?? 0,
        ) as [number, number];
        store.samples.put(sizeSample(name), size * (0.8 + part * 0.2 + uneven(index) * 0.02), at);
        store.samples.put(tookSample(name), took * (0.8 + uneven(index + 7) * 0.3), at);
      }
      if (uneven(1) > 0.8) restarts += Math.ceil(uneven(2) * 3);
      pictures += Math.floor(uneven(3) * 24);
      store.samples.put(restartsSample('archivebox'), restarts, at);
      store.samples.put(PICTURES_FILED, pictures, at);
    }
    store.samples.put(restartsSample('archivebox'), restarts, now);
    store.samples.put(PICTURES_FILED, pictures + 14, now);
    store.facts.put(NOT_LOOKED, []);
    const run = { kind: 'job', name: 'smoke-test', by: 'schedule', owner: 'history' } as const;
    store.runs.end(store.runs.begin({ ...run, subject: undefined, card: undefined }), 'done');
  });
  store.close();
}
