import { describe, expect, test } from 'vitest';
import type { Block, Button } from '../../src/card.ts';
import { b, code, i, link, rich } from '../../src/rich.ts';
import { fit, textLength } from '../../src/telegram/fit.ts';
import { render } from '../../src/telegram/render.ts';

const options = { confirm: 'tok', button: () => 'abcd1234' };
const text = (blocks: readonly Block[]) => render({ blocks }, options).text;
const keyboard = (buttons: readonly Button[]) =>
  render({ blocks: [rich`x`], buttons: [buttons] }, options).keyboard?.inline_keyboard;
const points = (rendered: string) => [...rendered.replace(/<[^>]+>/g, '').replace(/&\w+;/g, '&')].length;

describe('render', () => {
  test('markup in values is text', () => {
    expect(text([rich`${b('<b>&"')} ${code('</code>')}`])).toBe(
      '<b>&lt;b&gt;&amp;&quot;</b> <code>&lt;/code&gt;</code>',
    );
  });

  test('a time is shown by the client, with a fallback', () => {
    expect(text([[{ time: 1_795_000_000_999, fallback: '14:02', format: 'relative' }]])).toBe(
      '<tg-time unix="1795000000" format="r">14:02</tg-time>',
    );
  });

  test('a quote is collapsed, a mono one is code without further form', () => {
    expect(text([{ quote: [rich`${b('a')}`, rich`b`] }, { quote: [rich`${b('a')}`], mono: true }])).toBe(
      '<blockquote expandable><b>a</b>\nb</blockquote>\n<blockquote expandable><code>a</code></blockquote>',
    );
  });

  test('control characters become blanks and half a surrogate pair is replaced', () => {
    expect(text([rich`a\u0000b\u001b[31mc\r\nd ${'\ud83d'}`])).toBe('a b [31mc\nd \ufffd');
  });

  test('a card without a letter is still a message', () => {
    expect(text([])).toBe('…');
    expect(text([rich` `, []])).toBe('…');
  });

  test('at most 99 entities, then plain text', () => {
    const many = Array.from({ length: 150 }, (_, index) => rich`${code(String(index))}`);
    expect(text(many).match(/<code>/g)).toHaveLength(99);
    expect(text(many)).toContain('\n149');
  });

  test('links to hosts that Telegram refuses are text', () => {
    expect(text([rich`${link('a', 'http://localhost:3000/')} ${link('b', 'javascript:alert(1)')}`])).toBe(
      'a b',
    );
    expect(text([rich`${link('c', 'https://x.dev/?a=1&b="2"')}`])).toBe(
      '<a href="https://x.dev/?a=1&amp;b=&quot;2&quot;">c</a>',
    );
  });

  test.each([
    ['one endless line', [rich`${'x'.repeat(10_000)}`]],
    ['an endless quote', [rich`head`, { quote: [rich`${'x'.repeat(10_000_000)}`], mono: true }]],
    ['many lines', Array.from({ length: 3000 }, () => rich`${i('line')}`)],
    ['signs of four bytes', [rich`${'😀'.repeat(9000)}`]],
    ['signs to be escaped', [rich`${'&'.repeat(9000)}`]],
    ['long links', Array.from({ length: 90 }, () => rich`${link('x', `https://x.dev/${'a'.repeat(2000)}`)}`)],
  ] satisfies [string, Block[]][])('%s fits into a message', (_, blocks) => {
    const drawn = text(blocks);
    expect(points(drawn)).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(drawn)).toBeLessThanOrEqual(32_768);
    expect(drawn).not.toBe('…');
  });

  test('a caption is shorter, and the name of the file is one that can be saved', () => {
    const drawn = render(
      { blocks: [rich`${'x'.repeat(3000)}`], file: { name: '../a"b\n.log', text: 'log' } },
      options,
    );
    expect([...drawn.text]).toHaveLength(1024);
    expect(drawn.file).toEqual({ name: '.._a_b_.log', text: 'log' });
  });
});

describe('buttons', () => {
  test('a command fits into the data, or gets a token', () => {
    expect(keyboard([{ label: 'Logs', command: 'logs', args: ['immich', '1h'] }])).toEqual([
      [{ text: 'Logs', callback_data: 'a:logs immich 1h' }],
    ]);
    const odd = [['a b'], [''], ['x'.repeat(60)], ['한'.repeat(20)]];
    for (const args of odd) {
      expect(keyboard([{ label: 'Logs', command: 'logs', args }])).toEqual([
        [{ text: 'Logs', callback_data: 't:abcd1234' }],
      ]);
    }
  });

  test('an answer carries the token of its plan, and is left out without one', () => {
    const answer: Button = { label: 'Restart', answer: 'yes', style: 'primary' };
    expect(keyboard([answer])).toEqual([[{ text: 'Restart', style: 'primary', callback_data: 'c:tok:y' }]]);
    const without = render({ blocks: [rich`x`], buttons: [[answer]] }, { button: options.button });
    expect(without.keyboard).toBeUndefined();
  });

  test('what Telegram would refuse is left out, never the message', () => {
    expect(
      keyboard([
        { label: 'long', copy: 'x'.repeat(257) },
        { label: 'empty', copy: '' },
        { label: ' ', copy: 'x' },
        { label: 'local', url: 'http://nas/' },
        { label: 'odd', url: 'ftp://x.dev' },
        { label: 'fits', copy: 'x'.repeat(256) },
      ]),
    ).toEqual([[{ text: 'fits', copy_text: { text: 'x'.repeat(256) } }]]);
  });

  test('long rows are broken and the keyboard ends at 100', () => {
    const many = Array.from({ length: 120 }, (_, index): Button => ({ label: `${index}`, copy: 'x' }));
    const rows = keyboard(many) ?? [];
    expect(rows.every((row) => row.length <= 8)).toBe(true);
    expect(rows.flat()).toHaveLength(100);
  });
});

describe('fit', () => {
  test('what fits is left as it is', () => {
    const blocks: Block[] = [rich`abc`, { quote: [rich`de`] }];
    expect(textLength(blocks)).toBe(6);
    expect(fit(blocks, 6)).toBe(blocks);
  });

  test('a quote gives first and keeps its last lines', () => {
    const blocks: Block[] = [rich`head`, { quote: [rich`first`, rich`second`, rich`third`] }, rich`foot`];
    expect(fit(blocks, textLength(blocks) - 1)).toEqual([
      rich`head`,
      { quote: [['…'], rich`second`, rich`third`] },
      rich`foot`,
    ]);
  });

  test('a small quote stays whole beside a large one', () => {
    const small: Block = { quote: [rich`small`] };
    const large: Block = { quote: Array.from({ length: 100 }, () => rich`a line of a log`) };
    const fitting = fit([large, small], 200);
    expect(fitting.at(-1)).toEqual(small);
    expect(textLength(fitting)).toBeLessThanOrEqual(200);
    expect(textLength(fitting)).toBeGreaterThan(180);
  });

  test('text is cut at its end, form kept, when there is no quote left to give', () => {
    expect(fit([rich`abc ${b('defgh')}`, rich`lost`], 7)).toEqual([['abc ', { b: ['de'] }, '…']]);
  });

  test('never over the limit, whatever the limit', () => {
    const blocks: Block[] = [
      rich`head ${code('x'.repeat(20))}`,
      { quote: [rich`${'y'.repeat(50)}`, rich`z`] },
      [],
    ];
    for (let limit = 1; limit < 90; limit += 1) {
      expect(textLength(fit(blocks, limit))).toBeLessThanOrEqual(limit);
    }
  });
});
