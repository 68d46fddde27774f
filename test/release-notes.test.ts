import { expect, test } from 'vitest';
import { breakingIn, gistOf } from '../src/release-notes.ts';

const NOTES = `<!-- made by a robot -->
# v2.6.0

Welcome! See ![picture](https://example.org/a.png)

## ⚠️ Breaking Changes

- The \`UPLOAD_LOCATION\` variable [moved](https://example.org/docs) by @someone in https://github.com/a/b/pull/12
- PostgreSQL 13 is not supported any more (#123)

## 🚀 Features
* **Faster** timeline by @someone in https://github.com/a/b/pull/14
* feat: albums

\`\`\`sh
docker compose pull
\`\`\`

## 🐛 Fixes
* fix!: breaking change for users of the old API
* fix: nothing else

## New Contributors
* @someone made their first contribution

**Full Changelog**: https://github.com/a/b/compare/v2.5.5...v2.6.0
`;

test('breakingIn lifts what stands under such a heading, and single lines that announce it', () => {
  expect(breakingIn(NOTES)).toEqual([
    'The UPLOAD_LOCATION variable moved',
    'PostgreSQL 13 is not supported any more',
    'fix!: breaking change for users of the old API',
  ]);
});

test('gistOf keeps what is new, without marks, people, pictures and links', () => {
  expect(gistOf(NOTES)).toEqual([
    'Welcome! See',
    'Faster timeline',
    'feat: albums',
    'docker compose pull',
    'fix: nothing else',
  ]);
});

test('a heading in bold is a heading', () => {
  expect(breakingIn('**Breaking changes**\n- Rename your volume\n\n**Fixes**\n- One')).toEqual([
    'Rename your volume',
  ]);
});

test('a release that says it has no breaking changes has none', () => {
  expect(breakingIn('## Breaking changes\n\nNone.\n\nThere are no breaking changes.')).toEqual([]);
});

test('long notes and long lines are cut', () => {
  const gist = gistOf(Array.from({ length: 40 }, (_, index) => `- ${index} ${'x'.repeat(500)}`).join('\n'));
  expect(gist).toHaveLength(11);
  expect(gist.at(-1)).toBe('…');
  expect(gist[0]).toHaveLength(240);
});

test('hostile notes are read in no time', () => {
  const nasty = `${'['.repeat(20_000)}\n${'<'.repeat(20_000)}\n${'**'.repeat(10_000)}`;
  expect(() => gistOf(nasty)).not.toThrow();
});
