import { describe, expect, it } from 'vitest';
import { multipart } from '../../../sandbox/telegram/multipart.ts';

const form = (...parts: string[]) =>
  Buffer.from(`${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`, 'utf8');

describe('multipart', () => {
  it('reads fields and files, names quoted and not, with blanks and quotes in them', () => {
    const body = form(
      'content-disposition:form-data;name="chat_id"\r\n\r\n1',
      'content-disposition:form-data;name="x";filename=a "b" c.txt\r\ncontent-type:text/plain\r\n\r\nhi\r\n--not the end',
      'Content-Disposition: form-data; name="y"; filename="사진 1.jpg"\r\n\r\n',
    );
    const parts = multipart('multipart/form-data; boundary=b', body)?.map((part) => ({
      ...part,
      bytes: Buffer.from(part.bytes).toString(),
    }));
    expect(parts).toEqual([
      { name: 'chat_id', type: '', bytes: '1' },
      { name: 'x', fileName: 'a "b" c.txt', type: 'text/plain', bytes: 'hi\r\n--not the end' },
      { name: 'y', fileName: '사진 1.jpg', type: '', bytes: '' },
    ]);
  });

  it('gives nothing for a body that ends too early or is none', () => {
    const whole = form('content-disposition:form-data;name="a"\r\n\r\n1');
    for (let length = 0; length < whole.length - 4; length++) {
      expect(multipart('multipart/form-data; boundary="b"', whole.subarray(0, length))).toBeUndefined();
    }
    expect(multipart('text/plain', whole)).toBeUndefined();
  });
});
