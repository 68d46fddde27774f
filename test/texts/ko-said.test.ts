import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { said } from '../../src/texts/ko-said.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The arguments of each `new UserError(…)`. */
const argumentsOf = (source: string): string[] =>
  source
    .split('new UserError(')
    .slice(1)
    .map((rest) => rest.slice(0, closing(rest, '(', ')')));

/** Where what is open at the beginning closes. */
function closing(text: string, open: string, close: string): number {
  let depth = 1;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === open) depth += 1;
    if (text[at] === close) depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}

/** Sentences among the literals, each value a word of its own. */
function sentencesOf(code: string): string[] {
  let text = code;
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${')) {
    const end = at + 2 + closing(text.slice(at + 2), '{', '}');
    text = `${text.slice(0, at)}value${text.slice(end + 1)}`;
  }
  return [...text.matchAll(/`([^`]+)`|'((?:[^'\\]|\\.)+)'/g)]
    .map(([, template, quoted]) => (template ?? quoted ?? '').replaceAll("\\'", "'").replaceAll('\\n', '\n'))
    .filter((one) => /\w \w/.test(one));
}

test('every mistake of a person is known in Korean', async () => {
  const unknown: string[] = [];
  let count = 0;
  for await (const file of glob(['src/**/*.ts', 'commands/*.ts', 'jobs/*.ts'], { cwd: ROOT })) {
    for (const sentence of argumentsOf(readFileSync(`${ROOT}${file}`, 'utf8')).flatMap(sentencesOf)) {
      count += 1;
      if (!/[가-힣]/.test(said(sentence))) unknown.push(`${file}: ${sentence}`);
    }
  }
  expect(unknown).toEqual([]);
  expect(count).toBeGreaterThan(50);
});

test('every kind of file that is no picture is known in Korean', () => {
  const source = readFileSync(`${ROOT}src/image/sniff.ts`, 'utf8');
  const kinds = [...source.matchAll(/other\('([^']+)'\)/g)].map(([, kind = '']) => kind);
  expect(kinds.length).toBeGreaterThan(5);
  expect(kinds.filter((kind) => !/[가-힣]/.test(said(kind)))).toEqual([]);
});

test('said keeps what it quotes, and puts that into Korean too where it is known', () => {
  expect(said('No service is called "foo". Did you mean immich or blog?')).toBe(
    '없는 서비스입니다: foo. 혹시 이것인가요? immich, blog',
  );
  expect(said('Cannot reach Immich at http://10.0.0.2:2283: ECONNREFUSED')).toBe(
    'Immich에 연결할 수 없습니다: http://10.0.0.2:2283 (ECONNREFUSED)',
  );
});

test('said leaves what it does not know as it is', () => {
  for (const one of ['', 'connect ECONNREFUSED', 'a and b went wrong', '데이터']) expect(said(one)).toBe(one);
});
