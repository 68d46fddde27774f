import { describe, expect, it } from 'vitest';
import { demultiplex, logPieces } from '../../../src/clients/engine/frames.ts';
import { toLines } from '../../../src/clients/engine/lines.ts';

const frame = (kind: number, bytes: Uint8Array | string) => {
  const payload = Buffer.from(bytes as string);
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};
async function* chunks(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}
const splitAt = (bytes: Buffer, at: number) => chunks(bytes.subarray(0, at), bytes.subarray(at));
const singly = (bytes: Buffer) => chunks(...[...bytes].map((byte) => Uint8Array.of(byte)));

async function texts(source: AsyncIterable<Uint8Array>): Promise<Record<'stdout' | 'stderr', string>> {
  const result = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of demultiplex(source))
    result[stream] += Buffer.from(bytes).toString('latin1');
  return result;
}
async function linesOf(source: AsyncIterable<Uint8Array>) {
  const all = [];
  for await (const line of toLines(logPieces(source))) all.push(line);
  return all;
}

const stamp = '2026-11-20T14:37:00Z ';
const at = Date.parse('2026-11-20T14:37:00Z');

describe('demultiplex', () => {
  const sample = Buffer.concat([
    frame(1, 'out one'),
    frame(2, 'err'),
    frame(1, ''),
    frame(0, ' in'),
    frame(1, ' two'),
  ]);

  it('tells the streams apart wherever the bytes are split', async () => {
    const expected = { stdout: 'out one in two', stderr: 'err' };
    for (let split = 0; split <= sample.length; split++)
      expect(await texts(splitAt(sample, split))).toEqual(expected);
    expect(await texts(singly(sample))).toEqual(expected);
  });

  it('passes a frame on in pieces, without waiting for its end', async () => {
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield frame(1, 'x'.repeat(100)).subarray(0, 50);
      throw new Error('the rest never came');
    }
    const seen: number[] = [];
    const read = (async () => {
      for await (const { bytes } of demultiplex(slow())) seen.push(bytes.length);
    })();
    await expect(read).rejects.toThrow('the rest never came');
    expect(seen).toEqual([42]);
  });

  it('throws when the stream ends in the middle of a frame', async () => {
    const wholeFrames = [0, 15, 26, 34, 45, sample.length];
    for (const end of wholeFrames) await texts(chunks(sample.subarray(0, end)));
    for (let end = 1; end < sample.length; end++) {
      if (wholeFrames.includes(end)) continue;
      await expect(texts(chunks(sample.subarray(0, end)))).rejects.toThrow('in the middle');
    }
  });

  it('throws for what is no frame, and with what the engine reports in one', async () => {
    await expect(texts(chunks(Buffer.from('plain text that is no frame')))).rejects.toThrow('something else');
    await expect(texts(chunks(Buffer.from([1, 0, 0, 9, 0, 0, 0, 1, 65])))).rejects.toThrow('something else');
    await expect(texts(chunks(frame(3, 'the log was deleted\n')))).rejects.toThrow('the log was deleted');
  });
});

describe('toLines', () => {
  it('gives lines with times wherever the bytes are split', async () => {
    const sample = Buffer.concat([
      frame(1, `${stamp}one\n`),
      frame(2, `${stamp}\u001b[31mtwo 한글\u001b[0m\r\n`),
      frame(1, `${stamp}\n`),
      frame(1, `${stamp}open`),
    ]);
    const expected = [
      { at, stream: 'stdout', text: 'one' },
      { at, stream: 'stderr', text: '\u001b[31mtwo 한글\u001b[0m' },
      { at, stream: 'stdout', text: '' },
      { at, stream: 'stdout', text: 'open' },
    ];
    for (let split = 0; split <= sample.length; split++)
      expect(await linesOf(splitAt(sample, split))).toEqual(expected);
    expect(await linesOf(singly(sample))).toEqual(expected);
  });

  it('takes a log that is not framed as that of a terminal', async () => {
    const sample = Buffer.from(`${stamp}one\r\n${stamp}\u001b[1mtwo\u001b[0m\r\n`);
    for (let split = 0; split <= sample.length; split++) {
      expect((await linesOf(splitAt(sample, split))).map(({ text }) => text)).toEqual([
        'one',
        '\u001b[1mtwo\u001b[0m',
      ]);
    }
  });

  it('puts a long line together from frames with a time each, and keeps a time that is in the text', async () => {
    const parts = [
      frame(1, `${stamp}${'x'.repeat(10)}`),
      frame(1, `${stamp}2020-01-01T00:00:00Z y`),
      frame(2, `${stamp}z\n`),
      frame(1, `${stamp}\n`),
    ];
    expect(await linesOf(chunks(...parts))).toEqual([
      { at, stream: 'stderr', text: 'z' },
      { at, stream: 'stdout', text: `${'x'.repeat(10)}2020-01-01T00:00:00Z y` },
    ]);
  });

  it('joins a character that was cut between two frames', async () => {
    const [first, second] = [Buffer.from('한').subarray(0, 1), Buffer.from('한').subarray(1)];
    const parts = [
      frame(1, Buffer.concat([Buffer.from(stamp), first])),
      frame(1, Buffer.concat([Buffer.from(stamp), second, Buffer.from('\n')])),
    ];
    expect((await linesOf(chunks(...parts)))[0]?.text).toBe('한');
  });

  it('replaces what is not UTF-8', async () => {
    const wrong = Buffer.concat([Buffer.from(stamp), Buffer.from([97, 255, 0xed, 0xa0, 98, 10])]);
    expect((await linesOf(chunks(frame(1, wrong))))[0]?.text).toMatch(/^a\ufffd+b$/);
  });

  it('cuts a line of 10 MB at 64 KiB and not inside a character', async () => {
    async function* long(): AsyncGenerator<Uint8Array> {
      const whole = Buffer.from(`${stamp}a${'한'.repeat(3_500_000)}\n`);
      yield frame(1, whole).subarray(0, 8);
      for (let from = 0; from < whole.length; from += 65_536) yield whole.subarray(from, from + 65_536);
      yield frame(1, `${stamp}next\n`);
    }
    const [cut, next] = await linesOf(long());
    expect(cut?.text).toBe(`a${'한'.repeat((64 * 1024 - 1) / 3)}…`);
    expect(next?.text).toBe('next');
  });

  it('leaves a line of 64 KiB whole, in however many frames it comes', async () => {
    const parts = Array.from({ length: 16 }, () => frame(1, `${stamp}${'x'.repeat(4096)}`));
    expect((await linesOf(chunks(...parts, frame(1, `${stamp}\n`))))[0]?.text).toBe('x'.repeat(65_536));
  });

  it('gives nothing for nothing', async () => {
    expect(await linesOf(chunks())).toEqual([]);
    expect(await linesOf(chunks(new Uint8Array()))).toEqual([]);
  });
});
