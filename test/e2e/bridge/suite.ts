/** What must be true of pictures with any Immich, seen from outside: a chat, a folder, and Immich's API. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHostPath } from '../../../src/pictures/paths.ts';
import { picture } from '../../operations/bridge.ts';
import { AGENT, createPlace, type Place } from './place.ts';
import type { Server } from './servers.ts';

const PATH = /\/pictures\/(p\d+[\w.-]*)/g;
const FILED = /In Immich: /;

export function pictureSuite(immich: string, startServer: () => Promise<Server>): void {
  describe(`pictures with ${immich}`, () => {
    let server: Server;
    let place: Place;
    beforeAll(async () => {
      server = await startServer();
      place = await createPlace(server);
      place.start();
    });
    afterAll(async () => {
      await place.close();
      await server.close();
    });

    /** Files that a card names, in its order. */
    const namesIn = (text: string) => [...text.matchAll(PATH)].map(([, file = '']) => file);
    const assetOf = async (bytes: Uint8Array) => {
      const sha1 = createHash('sha1').update(bytes).digest('hex');
      return (await server.inAlbum()).find((asset) => asset.sha1 === sha1);
    };
    const filed = async (message: { message_id: number }) => {
      // Without the server's folders at hand its path cannot be said.
      const isSaid = server.mappings.length > 0;
      const card = await place.answer(
        message.message_id,
        isSaid ? FILED : /Ready for your agent|pictures ready/,
      );
      await expect
        .poll(() => place.telegram.message(message.message_id)?.reactions, { timeout: 30_000 })
        .toContain('👌');
      return card;
    };
    /** As the agent would, who is not the bot. */
    const openAsAgent = (path: string): Buffer =>
      execFileSync('cat', [path], {
        maxBuffer: 1 << 26,
        ...(process.getuid?.() === 0 ? { uid: AGENT, gid: AGENT } : {}),
      });
    const unique = (width?: number, height?: number) => picture(randomInt(1 << 30), width, height);

    it('a photo is answered with a path that the agent opens and that decodes', async () => {
      const sent = await place.telegram.photo(await unique());
      const { text } = await filed(sent);
      const [file = ''] = namesIn(text);
      const bytes = openAsAgent(join(place.pictures, file));
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 480 });
      expect(statSync(join(place.pictures, file)).mode & 0o007).toBe(0);
      expect(openAsAgent(join(place.pictures, 'latest.jpg')).equals(bytes)).toBe(true);
    });

    it("Immich's own path in the message is the file's at last, and the agent opens that too", async () => {
      const bytes = await unique();
      const sent = await place.telegram.file('IMG 0001.jpg', bytes);
      await filed(sent);
      const isRight = async () => {
        const { originalPath = '' } = (await assetOf(bytes)) ?? {};
        const path = toHostPath(originalPath, server.mappings);
        if (path === undefined) return server.mappings.length === 0;
        const { text } = await place.answer(sent.message_id, FILED);
        return server.isFinal(originalPath) && text.includes(path) && existsSync(path);
      };
      await expect.poll(isRight, { timeout: 20_000, interval: 200 }).toBe(true);
      const path = toHostPath((await assetOf(bytes))?.originalPath ?? '', server.mappings);
      const opened = path === undefined ? bytes : openAsAgent(path);
      expect(opened.equals(bytes)).toBe(true);
      expect(await sharp(opened).metadata()).toMatchObject({ width: 640 });
    });

    it('a HEIC is filed as it is, with a JPEG to read', async () => {
      const heic = readFileSync(new URL('../../fixtures/pictures/plain.heic', import.meta.url));
      // A box that says nothing makes it another file each time.
      const free = Buffer.concat([Buffer.from('\0\0\0\x10free', 'latin1'), randomBytes(8)]);
      const bytes = Buffer.concat([heic, free]);
      const sent = await place.telegram.file('IMG_0002.HEIC', bytes);
      const [file = ''] = namesIn((await filed(sent)).text);
      expect(await sharp(openAsAgent(join(place.pictures, file))).metadata()).toMatchObject({
        format: 'jpeg',
      });
      expect((await assetOf(bytes))?.originalFileName).toMatch(/^p\d+-IMG-0002\.heic$/);
    });

    it('a caption is the description in Immich and in the name there', async () => {
      const bytes = await unique();
      const sent = await place.telegram.file('a.jpg', bytes, { caption: 'the login bug, "again"' });
      await filed(sent);
      const asset = await assetOf(bytes);
      expect(asset?.originalFileName).toMatch(/^p\d+-the-login-bug-again\.jpg$/);
      const { exifInfo } = await server.about(asset?.id ?? '');
      expect(exifInfo.description).toBe('the login bug, "again"');
    });

    it('an album is one message, in the order sent', async () => {
      const all = await Promise.all([1, 2, 3].map(() => unique()));
      const items = all.map((bytes, index) => ({ kind: 'document' as const, bytes, name: `${index}.jpg` }));
      const sent = await place.telegram.album(items);
      const [first] = sent;
      const { text } = await place.answer(first?.message_id ?? 0, /3 pictures ready/);
      const numbers = namesIn(text).map((file) => Number(/\d+/.exec(file)?.[0]));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      for (const message of sent) {
        await expect
          .poll(() => place.telegram.message(message.message_id)?.reactions, { timeout: 30_000 })
          .toContain('👌');
      }
      const assets = await Promise.all(all.map(assetOf));
      expect(assets.map((asset) => Number(/\d+/.exec(asset?.originalFileName ?? '')?.[0]))).toEqual(numbers);
      const answers = place.telegram
        .messages()
        .filter(({ replyTo }) => sent.some((one) => one.message_id === replyTo));
      expect(answers).toHaveLength(1);
    });

    it('a photo that was in the library before is answered, and not put into the album', async () => {
      const bytes = await unique();
      const id = await server.addPhoto(bytes);
      const sent = await place.telegram.file('IMG_0001.jpg', bytes);
      const { text } = await place.answer(sent.message_id, /in your Immich library before/);
      expect(namesIn(text)).toHaveLength(1);
      expect((await server.inAlbum()).map((asset) => asset.id)).not.toContain(id);
      expect((await server.client.asset(id))?.isTrashed).toBe(false);
    });

    it('the same file twice is one asset, once in the album', async () => {
      const bytes = await unique();
      const first = await place.telegram.file('twice.jpg', bytes);
      const second = await place.telegram.file('twice.jpg', bytes);
      const cards = [await filed(first), await filed(second)];
      expect(new Set(cards.flatMap(({ text }) => namesIn(text))).size).toBe(2);
      const sha1 = createHash('sha1').update(bytes).digest('hex');
      expect((await server.inAlbum()).filter((asset) => asset.sha1 === sha1)).toHaveLength(1);
    });

    it('a live photo is its still, with the clip beside it and behind it in Immich', async () => {
      const ftyp = Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1');
      const free = Buffer.concat([Buffer.from('\0\0\x01\x08free', 'latin1'), randomBytes(256)]);
      const motion = Buffer.concat([ftyp, free]);
      const sent = await place.telegram.photo(await unique(), { motion });
      const { text } = await filed(sent);
      const [still = '', clip = ''] = namesIn(text);
      expect(clip).toBe(still.replace('.jpg', '.mp4'));
      expect(openAsAgent(join(place.pictures, clip)).equals(motion)).toBe(true);
      const asset = (await server.inAlbum()).find(({ originalFileName }) => originalFileName === still);
      const { livePhotoVideoId } = await server.about(asset?.id ?? '');
      expect(await server.client.asset(livePhotoVideoId ?? '')).toMatchObject({ visibility: 'hidden' });
    });

    it('a PDF and a text are kept beside the pictures, for Immich takes neither', async () => {
      const before = (await server.inAlbum()).length;
      for (const [name, content] of [
        ['report.pdf', '%PDF-1.7\nrest'],
        ['server.log', 'line one\n'],
      ] as const) {
        const sent = await place.telegram.file(name, Buffer.from(content));
        const { text } = await place.answer(sent.message_id, /Ready for your agent/);
        const [file = ''] = namesIn(text);
        expect(file).toMatch(new RegExp(`^p\\d+\\.${name.split('.')[1]}$`));
        expect(openAsAgent(join(place.pictures, file)).toString()).toBe(content);
      }
      expect(await server.inAlbum()).toHaveLength(before);
    });

    it('killed in the middle, every picture is answered and once in the album', async () => {
      const all = await Promise.all([1, 2, 3].map(() => unique(1200, 900)));
      const sent = [];
      for (const [index, bytes] of all.entries())
        sent.push(await place.telegram.file(`k${index}.jpg`, bytes));
      await place.telegram.waitForCall('getFile');
      await place.kill();
      place.start();
      for (const message of sent) await filed(message);
      const album = await server.inAlbum();
      for (const bytes of all) {
        const sha1 = createHash('sha1').update(bytes).digest('hex');
        expect(album.filter((asset) => asset.sha1 === sha1)).toHaveLength(1);
      }
    });
  });
}
