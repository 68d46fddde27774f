/** Four weeks of figures for a demo that has just begun, and a smoke test that could look at everything. */
import { systemClock } from '../src/clock.ts';
import { NOT_LOOKED } from '../src/operations/smoke-test.ts';
import { PICTURES_FILED, restartsSample, sizeSample, tookSample } from '../src/sample-names.ts';
import { openStore } from '../src/store.ts';

const DAY = 86_400_000;
const DAYS = 28;
/** What is backed up in the demo. */
const SERVICES = ['immich', 'uptime-kuma', 'vaultwarden'];
const RESTARTS = restartsSample('archivebox');

/** @param folder STATE_DIR of a bot that may be running */
export function writeHistory(folder: string): void {
  const store = openStore(folder, systemClock);
  const now = Date.now();
  const newest = (name: string) => store.samples.last(name, now)?.value ?? 0;
  const disks = store.samples.names().filter((name) => /^disk:.*:used$/.test(name));
  store.database.transaction(() => {
    // Running totals: what the bot has written itself is the end of them.
    let [restarts, pictures] = [newest(RESTARTS), newest(PICTURES_FILED)];
    for (let day = 1; day <= DAYS; day += 1) {
      const at = now - day * DAY;
      const part = day / DAYS;
      const uneven = (seed: number) => Math.abs(Math.sin((day + seed) * 12.9898) * 43_758.5453) % 1;
      for (const name of disks) store.samples.put(name, newest(name) * (1 - part * 0.1), at);
      for (const [index, name] of SERVICES.entries()) {
        const [size, took] = [sizeSample(name), tookSample(name)];
        if (newest(size) === 0) continue;
        store.samples.put(size, newest(size) * (1 - part * 0.2 - uneven(index) * 0.02), at);
        store.samples.put(took, newest(took) * (0.7 + uneven(index + 7) * 0.3), at);
      }
      if (uneven(1) > 0.8) restarts -= Math.ceil(uneven(2) * 3);
      pictures -= Math.floor(uneven(3) * 24);
      store.samples.put(RESTARTS, restarts, at);
      store.samples.put(PICTURES_FILED, pictures, at);
    }
    store.facts.put(NOT_LOOKED, []);
    const run = { kind: 'job', name: 'smoke-test', by: 'schedule', owner: 'history' } as const;
    store.runs.end(store.runs.begin({ ...run, subject: undefined, card: undefined }), 'done');
  });
  store.close();
}
