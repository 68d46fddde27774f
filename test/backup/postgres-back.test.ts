import { expect, test } from 'vitest';
import { fitName } from '../../src/backup/postgres-back.ts';
import { identifier, literal } from '../../src/backup/psql.ts';

test('fitName keeps what PostgreSQL takes, and tells long names apart that begin alike', () => {
  expect(fitName('app', '_before_7')).toBe('app_before_7');
  const names = ['a', 'b'].map((end) => fitName(`${'ü'.repeat(30)}${end}`, '_before_7'));
  expect(new Set(names).size).toBe(2);
  for (const name of names) {
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(name).toMatch(/^ü+~[0-9a-f]{6}_before_7$/);
  }
});

test.each([
  [`it's`, `'it''s'`, `"it's"`],
  [`a"b`, `'a"b'`, `"a""b"`],
  [`a\\'b`, ` E'a\\\\''b'`, `"a\\'b"`],
])('literal and identifier quote %s', (value, asLiteral, asName) => {
  expect(literal(value)).toBe(asLiteral);
  expect(identifier(value)).toBe(asName);
});
