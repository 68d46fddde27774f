import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createPlace, type Place } from './bridge/place.ts';

let place: Place;
afterEach(() => place.close());

/** A text, so that its size costs no decoding. */
const large = Buffer.alloc(25 * 1024 * 1024, 'a line of a very long log\n');

it('Telegram itself gives no file over 20 MB, which is said with the way out', async () => {
  place = await createPlace(undefined);
  place.start();
  const sent = await place.telegram.file('server.log', large);
  const { text } = await place.answer(sent.message_id, /Not taken/);
  expect(text).toBe(
    '❌ Not taken: 26 MB. Telegram lets bots download 20 MB at most.\nUse the Immich app for this one, or run a local Bot API server (up to 2 GB).',
  );
  expect(place.files()).toEqual([]);
});

it('a Bot API server in local mode gives it, from its disk', async () => {
  const localFolder = mkdtempSync(join(tmpdir(), 'steward-bot-api-'));
  place = await createPlace(undefined, { telegram: { localFolder } });
  place.start();
  const sent = await place.telegram.file('server.log', large);
  await place.answer(sent.message_id, /Ready for your agent – 26\u00a0MB/);
  expect(place.files()).toEqual(['p1.log']);
  expect(readFileSync(join(place.pictures, 'p1.log')).equals(large)).toBe(true);
  rmSync(localFolder, { recursive: true });
});
