import { describe, expect, it } from 'vitest';
import { extensionOf, filedName, numberOf, slug } from '../../src/pictures/names.ts';

describe('filedName', () => {
  it.each([
    [undefined, 'p7.jpg'],
    ['', 'p7.jpg'],
    ['the login bug!', 'p7-the-login-bug.jpg'],
    ['../../etc/passwd', 'p7-etc-passwd.jpg'],
    ['$(rm -rf /) `x` "y" \'z\' \n\0', 'p7-rm-rf-x-y-z.jpg'],
    ['로그인 버그 🐞', 'p7-로그인-버그.jpg'],
    ['🐞', 'p7.jpg'],
  ])('of %j is %s', (about, name) => {
    expect(filedName(7, 'jpeg', about)).toBe(name);
  });

  it('keeps the start of a long caption, and never half a character', () => {
    const name = filedName(7, 'heic', '𝒜'.repeat(200));
    expect(name).toBe(`p7-${'𝒜'.repeat(60)}.heic`);
    // What most file systems take.
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  });
});

it('slug joins words of any script and is the same for composed and decomposed letters', () => {
  expect(slug('한글'.normalize('NFD'))).toBe('한글');
  expect(slug('a  --  b')).toBe('a-b');
});

it.each([
  ['jpeg', 'x.png', '.jpg'],
  ['txt', 'server.LOG', '.log'],
  ['txt', 'no extension', '.txt'],
  ['txt', 'x.averylongone', '.txt'],
  ['txt', undefined, '.txt'],
  ['pdf', 'x.exe', '.pdf'],
  ['tiff', undefined, '.tif'],
])('extensionOf %s named %s is %s', (format, name, extension) => {
  expect(extensionOf(format, name)).toBe(extension);
});

it.each([
  ['p1432.jpg', 1432],
  ['p1432-2.jpg', 1432],
  ['p1432-original.heic', 1432],
  ['p1432', 1432],
  ['p.jpg', undefined],
  ['photo1.jpg', undefined],
  ['p12x.jpg', undefined],
  ['login-bug.jpg', undefined],
])('numberOf %s is %s', (file, number) => {
  expect(numberOf(file)).toBe(number);
});
