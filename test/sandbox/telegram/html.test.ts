import { describe, expect, it } from 'vitest';
import { parseHtml } from '../../../sandbox/telegram/html.ts';
import { formatted, toHtml, typed } from '../../../sandbox/telegram/text.ts';

const html = (text: string) => formatted(text, { parseMode: 'HTML', what: 'text' });

describe('parseHtml', () => {
  it.each([
    ['<b>bold</b> <i>it</i>', 'bold it', ['bold 0 4', 'italic 5 2']],
    [
      '<strong>a</strong><em>b</em><ins>c</ins><del>d</del>',
      'abcd',
      ['bold 0 1', 'italic 1 1', 'underline 2 1', 'strikethrough 3 1'],
    ],
    ['😀<code>x</code>', '😀x', ['code 2 1']],
    ['a &lt;b&gt; &amp; &quot;c&quot; &copy; &#65;&#x1F600;', 'a <b> & "c" &copy; A😀', []],
    ['<B>loud</B>', 'loud', ['bold 0 4']],
    ['<b>closed by nothing</>', 'closed by nothing', ['bold 0 17']],
    ['<blockquote expandable>q</blockquote>', 'q', ['expandable_blockquote 0 1']],
    ['<blockquote expandable="no">q</blockquote>', 'q', ['expandable_blockquote 0 1']],
    ['<blockquote>q</blockquote>', 'q', ['blockquote 0 1']],
    ["<span class='tg-spoiler'>s</span>", 's', ['spoiler 0 1']],
    ['<b></b>empty', 'empty', []],
    ['<a href="not a link at all">x</a>', 'x', []],
  ])('turns %s into text and entities', (source, text, entities) => {
    const parsed = parseHtml(source);
    expect(parsed.text).toBe(text);
    expect(parsed.entities.map((each) => `${each.type} ${each.offset} ${each.length}`)).toEqual(entities);
  });

  it('reads links, times, languages and custom emoji', () => {
    expect(parseHtml('<a href="example.dev/x?a=1&amp;b=2">x</a>').entities).toEqual([
      { type: 'text_link', offset: 0, length: 1, url: 'http://example.dev/x?a=1&b=2' },
    ]);
    expect(parseHtml('<tg-time unix="1647531900" format="wDT">then</tg-time>').entities).toEqual([
      { type: 'date_time', offset: 0, length: 4, unix_time: 1647531900, date_time_format: 'wDT' },
    ]);
    expect(parseHtml('<pre><code class="language-sh">ls</code></pre>').entities).toEqual([
      { type: 'pre', offset: 0, length: 2, language: 'sh' },
    ]);
    expect(parseHtml('<code class="language-sh">ls</code>').entities).toEqual([
      { type: 'code', offset: 0, length: 2 },
    ]);
  });

  it.each([
    ['a <x>', 'Unsupported start tag "x" at byte offset 2'],
    ['é <x y>', 'Unsupported start tag "x" at byte offset 3'],
    ['1 < 2', 'Unsupported start tag "" at byte offset 2'],
    ['a <b', 'Unclosed start tag at byte offset 2'],
    ['<a href="x', 'Unclosed start tag at byte offset 0'],
    ['<a href', 'Unclosed start tag "a" at byte offset 0'],
    ['</b>', 'Unexpected end tag at byte offset 0'],
    ['<b>x</b', 'Unclosed end tag at byte offset 4'],
    ['<b><i>x</b></i>', 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'],
    ['<b>x', 'Can\'t find end tag corresponding to start tag "b"'],
    ['<span>x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ['<b =x>x</b>', 'Empty attribute name in the tag "b" at byte offset 0'],
    ['<a href=a_b>x</a>', 'Unexpected end of name token at byte offset 8'],
    ['<tg-time unix="soon">x</tg-time>', 'Invalid Unix time specified'],
    ['<tg-time unix="1" format="rD">x</tg-time>', 'Invalid date-time format specified'],
  ])('refuses %s', (source, why) => {
    expect(() => parseHtml(source)).toThrow(`Bad Request: can't parse entities: ${why}`);
  });
});

describe('formatted', () => {
  it('counts 4096 characters after parsing, as code points', () => {
    expect(html(`<b>${'😀'.repeat(4096)}</b>`).entities).toEqual([{ type: 'bold', offset: 0, length: 8192 }]);
    expect(() => html('x'.repeat(4097))).toThrow('Bad Request: message is too long');
    expect(() => formatted('x'.repeat(1025), { parseMode: '', what: 'caption' })).toThrow(
      'Bad Request: message caption is too long',
    );
  });

  it('refuses raw text over 32768 bytes before it looks at the markup', () => {
    expect(() => html(`<b>${'x'.repeat(32_768)}`)).toThrow('Bad Request: text is too long');
  });

  it('trims blanks and moves the entities with them', () => {
    expect(html('\n  one <b>two </b>\n ')).toEqual({
      text: 'one two',
      entities: [{ type: 'bold', offset: 4, length: 3 }],
    });
  });

  it('drops what Telegram drops, and keeps offsets right', () => {
    expect(html('a\r\n\u202E<b>b</b>\tc')).toEqual({
      text: 'a\nb c',
      entities: [{ type: 'bold', offset: 2, length: 1 }],
    });
  });

  it('cuts bold around code and keeps links and code apart', () => {
    expect(toHtml('a b c', html('<b>a <code>b</code> c</b>').entities)).toBe(
      '<b>a </b><code>b</code><b> c</b>',
    );
    const types = (source: string) => html(source).entities.map((each) => each.type);
    expect(types('<a href="https://x.dev">a <code>b</code></a>')).toEqual(['text_link']);
    expect(types('<a href="https://x.dev"><code>a</code></a>')).toEqual(['code']);
    expect(types('<code><a href="https://x.dev">a</a></code>')).toEqual(['code']);
    expect(types('<code><b>a</b></code>')).toEqual(['code']);
    expect(html('<blockquote>a<blockquote>b</blockquote></blockquote>').entities).toHaveLength(1);
  });

  it('keeps no more than a hundred entities', () => {
    expect(html('<b>x</b> '.repeat(150)).entities).toHaveLength(100);
  });

  it('gives the markup back', () => {
    const source = '🟡 <b>5 of 6</b> <blockquote expandable><code>14:31 &lt;x&gt;</code></blockquote>';
    const { text, entities } = html(source);
    expect(toHtml(text, entities)).toBe(source);
  });
});

describe('typed', () => {
  it.each([
    ['/status immich', ['bot_command 0 7']],
    ['see /help, or /start@steward_bot', ['bot_command 4 5', 'bot_command 14 18']],
    ['/var/lib/steward-pictures/p1.jpg', []],
    ['https://immich.example.dev/x?y=1.', ['url 0 32']],
    ['to me@example.dev or @steward_bot', ['email 3 14', 'mention 21 12']],
    ['a #tag and #1', ['hashtag 2 4']],
  ])('finds in %s what a phone would make tappable', (text, entities) => {
    expect(typed(text).entities.map((each) => `${each.type} ${each.offset} ${each.length}`)).toEqual(
      entities,
    );
  });
});
