import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, expect, it } from 'vitest';
import { startImmich, type ImmichStandIn } from '../../sandbox/immich.ts';
import type { Call } from '../../sandbox/telegram/world.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore, type Store } from '../../src/store.ts';
import type { PictureRow } from '../../src/store/pictures.ts';
import { picture } from '../operations/bridge.ts';
import { createPlace, type Place } from './bridge/place.ts';

/** The whole sweep is for `npm run test:soak`. */
const SOAK = process.env['STEWARD_SOAK'] === '1';
const KILLS = SOAK ? 220 : 6;
const PICTURES = SOAK ? 300 : 18;
const SEED = 20_261_121;
/** Milliseconds for a bot that has nothing left to do. */
const MOST_WAIT = 2500;

let folder: string;
let immich: ImmichStandIn;
let place: Place;
let store: Store;
afterEach(async () => {
  await place.close();
  store.close();
  await immich.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Numbers from 0 to 1 that are the same in every run. */
const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
  };
};
const random = seeded(SEED);
const chance = (share: number) => random() < share;

type Sent = { messageId: number; bytes: Buffer; clip: Buffer | undefined; isUsers: boolean };

/** Photos, files, live photos, albums of three; every eighth is in the user's library before. */
const createSender = () => {
  const sent: Sent[] = [];
  let album: ReturnType<Place['telegram']['beginAlbum']> | undefined;
  const send = async () => {
    const nth = sent.length + 1;
    const bytes = await picture(nth, 300, 200);
    const isUsers = nth % 8 === 0;
    if (isUsers) immich.addPhoto(immich.user, bytes);
    const { telegram } = place;
    if (nth % 9 < 3) {
      if (album === undefined || nth % 9 === 0) album = telegram.beginAlbum();
      const { message_id: messageId } = await album.add({ kind: 'document', name: `${nth}.jpg`, bytes });
      return sent.push({ messageId, bytes, clip: undefined, isUsers });
    }
    const ftyp = Buffer.from('\0\0\0\x18ftypmp42', 'latin1');
    const clip = nth % 9 === 4 ? Buffer.concat([ftyp, Buffer.from(`clip ${nth}`.padEnd(300))]) : undefined;
    const { message_id: messageId } = await (nth % 2 === 0 || clip !== undefined
      ? telegram.photo(bytes, clip === undefined ? {} : { motion: clip })
      : telegram.file(`${nth}.jpg`, bytes));
    return sent.push({ messageId, bytes, clip, isUsers });
  };
  return { sent, send };
};

/** What goes wrong while the bot works: connections cut before and after a call was applied, and both ends away. */
const trouble = () => {
  const { telegram } = place;
  telegram.clearFaults();
  if (chance(0.5)) telegram.addFault({ method: 'sendMessage', drop: true, afterEffect: true });
  if (chance(0.2)) telegram.addFault({ method: 'sendMessage', drop: true });
  if (chance(0.3)) telegram.addFault({ method: 'editMessageText', drop: true, afterEffect: true });
  if (chance(0.2)) telegram.addFault({ method: 'file', drop: true, afterEffect: true });
  if (chance(0.2)) telegram.addFault({ method: 'getFile', drop: true });
  const method = chance(0.5) ? 'POST' : 'PUT';
  if (chance(0.4)) immich.fault({ method, path: /assets/, cut: chance(0.5) ? 'after' : 'before' });
  // So that kills fall between a call's leaving and its answer, too.
  telegram.addFault({ method: '*', delayMs: 10, times: Infinity });
};
/** Let the bot do so much and no more: by its calls, since a busy machine takes its time. */
const untilCalls = async (count: number) => {
  const { telegram } = place;
  const calls = () => telegram.calls().length + immich.calls.length;
  const [from, deadline] = [calls(), Date.now() + MOST_WAIT];
  while (calls() < from + count && Date.now() < deadline) await sleep(5);
};
const flap = async (polls: number) => {
  const { telegram } = place;
  await telegram.until(() => telegram.calls('getUpdates').length > polls, 'the bot', 60_000);
  const most = chance(0.2) ? 40 : 8;
  await untilCalls(random() * most);
  if (chance(0.2)) await immich.down();
  if (chance(0.1)) await telegram.away('cut');
  await sleep(random() * 100);
  await telegram.back();
  await immich.up();
  await untilCalls(random() * most);
};

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');
const repliedTo = ({ params }: Call) =>
  (params['reply_parameters'] as { message_id: number } | undefined)?.message_id;

it(
  `the bot killed ${KILLS} times, Immich and Telegram failing: ${PICTURES} pictures are filed once each and answered`,
  { timeout: 60 * 60_000 },
  async () => {
    const startedAt = Date.now();
    folder = mkdtempSync(join(tmpdir(), 'steward-soak-'));
    chmodSync(folder, 0o755);
    immich = await startImmich({ folder: join(folder, 'immich'), timing: { template: 300, mark: 20 } });
    const paths = immich.mounts.map(({ source, destination }) => `${destination}=${source}`).join(',');
    place = await createPlace(
      { url: immich.url, key: immich.key, paths, album: 'Claude Code Temp' },
      // As it is: two pictures must not end as the same bytes.
      { telegram: { shrink: async (bytes) => [{ bytes, width: 300, height: 200 }] } },
    );
    store = openStore(join(place.folder, 'state'), systemClock);
    const { telegram } = place;
    const { sent, send } = createSender();
    const cutOff: string[] = [];
    /** Sends that were answered to a bot which died before it had written that down. */
    const unrecorded = new Set<Call>();
    for (let kills = 0; kills < KILLS; kills += 1) {
      const count = Math.ceil((PICTURES - sent.length) / (KILLS - kills));
      for (let left = count; left > 0; left -= 1) await send();
      trouble();
      const before = telegram.calls('sendMessage').length;
      const polls = telegram.calls('getUpdates').length;
      place.start();
      if (chance(0.9)) await flap(polls);
      await sleep(random() * 30);
      await place.kill();
      cutOff.push(...store.pictures.open().map(({ state }) => state));
      const sending = store.database.all<{ key: string }>(`select key from outbox where state = 'sending'`);
      for (const { key } of sending) {
        const members = store.pictures.ofCard(key).map(({ messageId }) => messageId);
        const calls = telegram.calls('sendMessage').slice(before);
        const last = calls.findLast((call) => members.includes(repliedTo(call)));
        if (last?.outcome === 'ok') unrecorded.add(last);
      }
    }
    telegram.clearFaults();
    immich.clearFaults();
    const killedFor = Date.now() - startedAt;

    place.start();
    // The last look at a path, 10 s after the filing, is for the whole sweep: the first finds every moved file.
    const isAtItsEnd = ({ state, checks }: PictureRow) => !SOAK && state === 'filed' && checks > 0;
    const isDone = () =>
      store.pictures.latest(PICTURES + 1).length === sent.length &&
      store.pictures.open().every(isAtItsEnd) &&
      store.outbox.chats().length === 0;
    await expect.poll(isDone, { timeout: 10 * 60_000, interval: 200 }).toBe(true);
    await place.stop();

    // Each once in Immich, in the album unless it was the user's, with its clip behind it.
    const assets = [...immich.library.assets.values()];
    const clips = sent.flatMap(({ clip, isUsers }) => (clip === undefined || isUsers ? [] : [clip]));
    const expected = [...sent.map(({ bytes }) => bytes), ...clips].map(sha1).sort();
    expect(assets.map((asset) => asset.sha1).sort()).toEqual(expected);
    const [album, ...otherAlbums] = [...immich.library.albums.values()];
    expect(otherAlbums).toEqual([]);
    const ours = sent.filter(({ isUsers }) => !isUsers).map(({ bytes }) => sha1(bytes));
    expect([...(album?.assets ?? [])].map((asset) => asset.sha1).sort()).toEqual(ours.sort());
    const behind = assets.flatMap(
      ({ livePhotoVideoId: id }) => immich.library.assets.get(id ?? '')?.sha1 ?? [],
    );
    expect(behind.sort()).toEqual(clips.map(sha1).sort());

    // Each answered, a second time only where the connection or the process was cut between applying and our record.
    const calls = telegram.calls('sendMessage').filter(({ applied }) => applied);
    const unseen = new Set([...telegram.appliedUnseen('sendMessage'), ...unrecorded]);
    let seconds = 0;
    for (const { messageId, bytes, clip } of sent) {
      const row = store.pictures.ofMessage(telegram.id, messageId);
      const members = store.pictures.ofCard(row?.card ?? '').map((one) => one.messageId);
      const answers = calls.filter((call) => members.includes(repliedTo(call)));
      const excused = answers.filter((call) => unseen.has(call)).length;
      expect(answers.length, `answers to ${messageId}`).toBeGreaterThan(0);
      expect(answers.length, `answers to ${messageId}`).toBeLessThanOrEqual(1 + excused);
      if (members[0] === messageId) seconds += answers.length - 1;
      const told = telegram.messages().filter(({ replyTo }) => members.includes(replyTo));
      const path = join(place.pictures, row?.name ?? '');
      const asset = assets.find((one) => one.sha1 === sha1(bytes));
      const hostPath = immich.library.hostPath(asset?.path ?? '');
      const isTold = told.some(({ text }) => text.includes(`${path}\n`) && text.includes(hostPath));
      expect(isTold, `paths of ${messageId}: ${told.map(({ text }) => text).join(' / ')}`).toBe(true);
      expect(telegram.message(messageId)?.reactions).toContain('👌');
      expect(readFileSync(hostPath).equals(bytes)).toBe(true);
      expect(await sharp(path).metadata()).toMatchObject({ width: 300, height: 200 });
      const beside = clip === undefined ? undefined : readFileSync(path.replace('.jpg', '.mp4'));
      expect(beside).toEqual(clip);
    }

    // No file left over.
    const names = sent.flatMap(({ clip }, index) => [
      `p${index + 1}.jpg`,
      ...(clip === undefined ? [] : [`p${index + 1}.mp4`]),
    ]);
    expect(place.files()).toEqual(names.sort());
    const open = store.pictures.open().map(({ number }) => String(number));
    const waiting = () => readdirSync(join(place.pictures, '.waiting')).map((name) => name.split('.')[0]);
    expect(waiting().filter((number) => !open.includes(number ?? ''))).toEqual([]);

    const states = Object.entries(Object.groupBy(cutOff, (state) => state)).map(
      ([state, all]) => `${state} ${all?.length ?? 0}`,
    );
    if (SOAK) {
      process.stdout.write(
        `${KILLS} kills in ${Math.round(killedFor / 1000)} s, ${sent.length} pictures: ${calls.length} answers, ` +
          `${seconds} of them second ones; sends applied and then cut: ${unseen.size}; ` +
          `cut off in ${states.join(', ')}; ${Math.round((Date.now() - startedAt) / 1000)} s in all\n`,
      );
    }
    expect(cutOff.length).toBeGreaterThan(KILLS / 2);
  },
);
