import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHECKS } from '../../src/doctor/checks.ts';
import { severityIcon } from '../../src/present/icons.ts';
import { doctor } from '../../src/texts/en-doctor.ts';

const guide = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');

/** As the guide has it; `npx vitest run test/docs/doctor.test.ts` shows what to change there. */
const table = [
  '| check | | looks for | why | what to change |',
  '|---|---|---|---|---|',
  ...CHECKS.map(({ name, severity }) => {
    const { about, why, change } = doctor.checks[name];
    return `| \`${name}\` | ${severityIcon[severity]} | ${about} | ${why} | ${change} |`;
  }),
].join('\n');

test('the guide lists every check in the words of the chat', () => {
  const [, rows = ''] = /\n(\| check \|[\s\S]*?)\n\n/.exec(guide) ?? [];
  expect(rows).toBe(table);
});
