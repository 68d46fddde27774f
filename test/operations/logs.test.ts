import { afterEach, beforeEach, expect, test } from 'vitest';
import { logs, sourcesOf, type LogQuery } from '../../src/operations/logs.ts';
import { openBox, type Box } from './box.ts';

let box: Box;
beforeEach(async () => {
  box = await openBox({
    containers: [{ name: 'loose', image: 'loose:1', version: '1', memory: 1e6, cpu: 0.1 }],
    services: {
      loose: { containers: [{ name: 'loose', unit: 'none' }] },
      lost: { containers: [{ name: 'lost', unit: 'none' }] },
    },
  });
});
afterEach(() => box.close());

const read = async (name: string, query: Partial<LogQuery> = {}) => {
  const service = box.service(name);
  const wanted = { lines: 30, since: undefined, only: undefined, asFile: false, ...query };
  return logs(box.app, name, sourcesOf(box.app, service), wanted, AbortSignal.timeout(10_000));
};
const textsOf = async (...args: Parameters<typeof read>) =>
  (await read(...args)).entries.map(({ text }) => text);

test('logs of a container come without colours, control characters and what turns the writing', async () => {
  box.write('loose', '\u001b[31mERROR red\u001b[0m\n\u202ertl\tbell\u0007 end\r\n');
  const { entries } = await read('loose', { lines: 2 });
  expect(entries.map(({ text, level }) => [text, level])).toEqual([
    ['ERROR red', 'error'],
    ['rtl  bell end', 'other'],
  ]);
});

test('logs mask what looks like a secret, nested JSON too, and masking twice changes nothing', async () => {
  box.write('loose', '{"secret":"s3cr3tvalue","a":1}\n{"log":"{\\"token\\":\\"abcdef\\"}"}\n');
  const texts = await textsOf('loose', { lines: 2 });
  expect(texts).toEqual(['{"secret":•••,"a":1}', '{"log":"{\\"token\\":•••}"}']);
  expect(texts.map(box.app.redact)).toEqual(texts);
});

test('logs cut a line of 10 MB in a message', async () => {
  box.write('loose', `${'x'.repeat(10_000_000)}\n`);
  const [text = ''] = await textsOf('loose', { lines: 1 });
  expect(text.length).toBeLessThan(600);
});

test('logs of a container that its unit took along are those of the unit', async () => {
  box.write('vaultwarden', 'Error: the disk is full\n');
  await box.kill('vaultwarden', { code: 1, stay: true });
  const texts = await textsOf('vaultwarden');
  expect(texts).toContain('Error: the disk is full');
  expect(texts.at(-1)).toContain("Failed with result 'exit-code'");
});

test('logs of a unit leave out what podman says of its own work', async () => {
  const unit = 'podman-vaultwarden.service';
  await box.kill('vaultwarden', { code: 1, stay: true });
  const id = 'a7'.repeat(32);
  box.say(unit, id);
  box.say(unit, `2026-11-21 01:11:16.781 +0000 UTC m=+0.056698825 container create ${id} (image=x, name=y)`);
  box.say(unit, 'Error: statfs /data: no such file or directory');
  expect((await textsOf('vaultwarden', { lines: 3 })).slice(-1)).toEqual([
    'Error: statfs /data: no such file or directory',
  ]);
  expect((await textsOf('vaultwarden')).join()).not.toContain(id);
});

test('logs come from the journal while the engine is away', async () => {
  box.write('vaultwarden', 'still here\n');
  await box.down();
  expect(await textsOf('vaultwarden')).toContain('still here');
  await expect(read('loose')).rejects.toThrow('Cannot reach the engine');
});

test('logs of what is gone and has no unit are a mistake that says so', async () => {
  await expect(read('lost')).rejects.toThrow('its container does not exist, and no unit keeps its log');
});
