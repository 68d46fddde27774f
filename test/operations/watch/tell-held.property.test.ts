import { expect, test } from 'vitest';
import { mute, unmute } from '../../../src/operations/quiet.ts';
import { tellUnasked } from '../../../src/operations/tell-unasked.ts';
import { takeHeld, tellHeld } from '../../../src/operations/watch/tell-held.ts';
import type { Report } from '../../../src/report.ts';
import { CHAT, HOUR, MINUTE, openTelling, type Heard } from './telling.ts';

const NIGHT = { from: '23:00', to: '07:30' };
const note = (job: string): Report => ({ kind: 'note', note: { key: 'job-set', job, paused: true } });

/** A small generator of its own, so that a failure can be repeated. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test.each([
  ['Europe/Rome', '2026-03-27T12:00:00Z'],
  ['Europe/Rome', '2026-10-23T12:00:00Z'],
  ['America/New_York', '2026-03-06T12:00:00Z'],
  ['America/New_York', '2026-10-30T12:00:00Z'],
])('nothing held is lost or told twice, and nothing is told in the night: %s from %s', (timeZone, at) => {
  const soak = process.env['STEWARD_SOAK'] === '1';
  for (let seed = 1; seed <= (soak ? 20 : 2); seed += 1) {
    const random = createRandom(seed);
    const place = openTelling({ at, timeZone, quietHours: NIGHT });
    const { app, store, heard, pass, skip, now } = place;
    const texts: string[] = [];
    const disturbances: Heard[] = [];
    const local = () => new Intl.DateTimeFormat('sv-SE', { timeStyle: 'short', timeZone }).format(now());
    let told = 0;
    let mutedUntil = 0;
    for (let quarter = 0; quarter < 4 * 24 * 3; quarter += 1) {
      if (random() < 0.02)
        mute(app, { until: (mutedUntil = now() + random() * 5 * HOUR), by: `telegram:${CHAT}` });
      if (random() < 0.02) {
        unmute(app);
        mutedUntil = 0;
      }
      if (random() < 0.2) tellUnasked(app, note(`<${(told += 1)}>`));
      // The report of the morning, on some days.
      if (local() === '08:00' && random() < 0.7) {
        const report = takeHeld(app);
        if (report !== undefined)
          store.outbox.put({ key: `morning:${now()}`, chat: CHAT, body: { what: 'report', report } });
      }
      tellHeld(app);
      const isNight = local() >= '23:00' || local() < '07:30';
      const list = heard();
      const isHushed = isNight || mutedUntil > now();
      disturbances.push(...list.filter(({ key }) => isHushed && !key.startsWith('morning')));
      texts.push(...list.map(({ text }) => text));
      skip(15 * MINUTE);
    }
    expect(disturbances).toEqual([]);
    unmute(app);
    skip(12 * HOUR);
    pass(2 * MINUTE).forEach(({ text }) => texts.push(text));
    skip(10 * HOUR);
    pass(2 * MINUTE).forEach(({ text }) => texts.push(text));
    const said = texts
      .join('\n')
      .match(/<\d+>/g)
      ?.map((word) => Number(word.slice(1, -1)));
    expect(said?.sort((a, b) => a - b)).toEqual(Array.from({ length: told }, (_, index) => index + 1));
  }
});
