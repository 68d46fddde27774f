import { afterEach, expect, it } from 'vitest';
import { picture } from '../operations/bridge.ts';
import { createPlace, type Place } from './bridge/place.ts';
import { startStandIn, type Server } from './bridge/servers.ts';

let server: Server;
let place: Place;
afterEach(async () => {
  await place.close();
  await server.close();
});

it('albums whose parts come 11 s apart, interleaved and across a kill, are one message each, in the order sent', async () => {
  server = await startStandIn({ version: '3.1.0' });
  place = await createPlace(server);
  const { telegram } = place;
  const [one, other] = [telegram.beginAlbum(), telegram.beginAlbum()];
  let seed = 0;
  const part = async (album: typeof one) => {
    seed += 1;
    const sent = await album.add({ kind: 'document', name: `${seed}.jpg`, bytes: await picture(seed) });
    telegram.advance(11_000);
    return sent.message_id;
  };
  const answers = (parts: readonly number[]) =>
    telegram.messages().filter(({ from, replyTo }) => from === 'bot' && parts.includes(replyTo ?? 0));
  const paths = (text: string) => [...text.matchAll(/\/(p\d+\.jpg)\n/g)].map(([, name]) => name);

  place.start();
  const ones = [await part(one)];
  const first = await place.answer(ones[0] ?? 0, /Ready for your agent[^]*In Immich/);
  const others = [await part(other)];
  const second = await place.answer(others[0] ?? 0, /Ready for your agent[^]*In Immich/);
  ones.push(await part(one));
  await place.answer(ones[0] ?? 0, /2 pictures ready/);
  await place.kill();
  others.push(await part(other));
  ones.push(await part(one));
  place.start();
  // The third part is on its way when the process dies once more.
  await telegram.waitForCall('getFile', { since: telegram.calls().at(-1)?.id ?? 0 });
  await place.kill();
  others.push(await part(other));
  place.start();

  const [done, alsoDone] = [
    await place.answer(ones[0] ?? 0, /3 pictures ready/),
    await place.answer(others[0] ?? 0, /3 pictures ready/),
  ];
  expect([done.id, alsoDone.id]).toEqual([first.id, second.id]);
  expect([answers(ones), answers(others)].map((list) => list.length)).toEqual([1, 1]);
  expect(paths(done.text)).toEqual(['p1.jpg', 'p3.jpg', 'p5.jpg']);
  expect(paths(alsoDone.text)).toEqual(['p2.jpg', 'p4.jpg', 'p6.jpg']);
  await expect.poll(async () => (await server.inAlbum()).length).toBe(6);
});
