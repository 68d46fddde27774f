import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Chart, Line } from '../../src/card.ts';
import { write } from '../../src/image/strokes.ts';
import { drawTrends, trendsSvg } from '../../src/image/trends.ts';

const DAY = 86_400_000;
const TO = Date.parse('2026-11-22T08:00:00Z');
const FROM = TO - 28 * DAY;
const ends = { first: '10-25', last: '11-22' };
const line = (name: string, values: (n: number) => number): Line => ({
  name,
  newest: '412 MB',
  points: Array.from({ length: 29 }, (_, n) => ({ at: FROM + n * DAY, value: values(n) })),
});
const lines = (title: string, count: number): Chart => ({
  kind: 'lines',
  title,
  ...ends,
  from: FROM,
  to: TO,
  scale: 100,
  top: '100 %',
  lines: Array.from({ length: count }, (_, n) => line(`a-service-${n}`, (day) => n * 10 + day)),
});
const bars = (title: string): Chart => ({
  kind: 'bars',
  title,
  ...ends,
  counts: Array.from({ length: 29 }, (_, n) => n % 7),
});
const WHOLE = [
  lines('Disk use', 4),
  lines('Backup size', 5),
  lines('Backup time', 5),
  bars('Restarts'),
  bars('Pictures'),
];

test('drawTrends gives a picture that Telegram does not shrink, in few bytes', async () => {
  const png = await drawTrends(WHOLE);
  const { width, height, format } = await sharp(png).metadata();
  expect({ width, format }).toEqual({ width: 780, format: 'png' });
  // The long edge of what a phone is sent.
  expect(height).toBeLessThanOrEqual(1280);
  expect(png.length).toBeLessThan(100_000);
});

test('drawTrends draws each line in its colour, on its own ground', async () => {
  const { data, info } = await sharp(await drawTrends([lines('Disk use', 2)]))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const seen = new Map<string, number>();
  for (let at = 0; at < data.length; at += info.channels) {
    const colour = data.subarray(at, at + 3).toString('hex');
    seen.set(colour, (seen.get(colour) ?? 0) + 1);
  }
  const [ground] = [...seen].toSorted((a, z) => z[1] - a[1])[0] ?? [];
  expect(ground).toBe('17212b');
  for (const colour of ['56b4e9', 'e69f00']) expect(seen.get(colour) ?? 0).toBeGreaterThan(1000);
});

test('trendsSvg needs no font, and no name breaks it', () => {
  const svg = trendsSvg([{ ...lines('x', 1), title: '<text> & "more" 한국어' }]);
  expect(svg).not.toMatch(/<text|font|한/);
  expect(svg.match(/<[a-z]+/g)?.every((tag) => ['<svg', '<rect', '<path', '<circle'].includes(tag))).toBe(
    true,
  );
});

test('trendsSvg puts nothing that is not a number into its paths', () => {
  expect(trendsSvg(WHOLE)).not.toMatch(/NaN|Infinity|undefined/);
  expect(trendsSvg([{ kind: 'bars', title: 'none', ...ends, counts: [] }])).not.toMatch(/NaN|Infinity/);
});

test('write has a form of its own for every letter and digit, and marks what it does not know', () => {
  const signs = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz123456789.,:-+/%_()?'];
  const at = [0, 60] as const;
  const paths = signs.map((sign) => write(sign, { size: 60, at }).path);
  expect(new Set(paths).size).toBe(signs.length);
  const unknown = write('?', { size: 60, at });
  expect(write('장', { size: 60, at }).path).toContain(unknown.path);
  expect(write('é', { size: 60, at })).toEqual(write('e', { size: 60, at }));
});

test('write tells the width that it takes', () => {
  const one = write('a', { size: 60, at: [0, 0] }).width;
  expect(write('aa', { size: 60, at: [0, 0] }).width).toBeGreaterThan(2 * one);
  expect(write('', { size: 60, at: [5, 0] })).toEqual({ path: '', width: 0 });
});
