/** Whether a text may mean an image. In doubt it does: what is kept too long costs a little room. */
import type { ImageSummary } from '../../clients/engine.ts';

/** Digits of an id that people copy. */
const SHORT_ID = 12;

/** @returns a test for texts: unit files, scripts, compose files */
export function mentionOf({
  id,
  tags,
  digests,
  digestNames,
}: Pick<ImageSummary, 'id' | 'tags' | 'digests' | 'digestNames'>): (text: string) => boolean {
  const hashes = [...digests, ...digestNames].flatMap((name) => name.split('@sha256:')[1] ?? []);
  const needles = [id.replace(/^sha256:/, '').slice(0, SHORT_ID), ...hashes].filter((one) => one !== '');
  const names = tags.flatMap((tag) => {
    const [, repository = '', version = ''] = /^(.+):([^:/]+)$/.exec(tag) ?? [];
    return repository === '' ? [] : aliasesOf(repository).map((alias) => namedBy(alias, version));
  });
  return (text) => needles.some((needle) => text.includes(needle)) || names.some((isNamed) => isNamed(text));
}

/** As people may write it: engines complete a name without its registry by Docker Hub's, or by one of their configuration. */
function aliasesOf(repository: string): string[] {
  const slash = repository.indexOf('/');
  const host = repository.slice(0, Math.max(slash, 0));
  const path = host === 'localhost' || /[.:]/.test(host) ? repository.slice(slash + 1) : repository;
  const short = path.replace(/^library\//, '');
  return [...new Set([repository, path, short, ...(host === 'docker.io' ? [`${host}/${short}`] : [])])];
}

/** Characters that go on with a name, or with another one. */
const BEFORE = String.raw`(?<![\w.-])(?<![\w-]*[.:][\w.:-]*/)`;
/** What may stand before a name of a single word, which could as well be any word. */
const BEFORE_WORD = String.raw`(?<=^|[\s"'=:/](?<![\w.-]/))`;
const AFTER = String.raw`(?![\w/-]|\.\w)`;

/**
 * The name with this version, with a version that is only known when it runs (`:$VERSION`), or, of a name that cannot be
 * taken for a mere word, without any: a script may put the two together.
 */
function namedBy(alias: string, version: string): (text: string) => boolean {
  const isWord = !alias.includes('/');
  const pattern = new RegExp(
    `${isWord ? BEFORE_WORD : BEFORE}${escape(alias)}(?::(?<tag>[^\\s"'\`,;)\\]]+)|(?<digest>@)|${AFTER})`,
    'gm',
  );
  return (text) => {
    for (const { groups = {}, index, 0: found } of text.matchAll(pattern)) {
      const { tag, digest } = groups;
      // Which digest it is was looked for by itself.
      if (digest !== undefined) continue;
      if (tag !== undefined) {
        if (/[$%{]/.test(tag) || tag.split('@')[0]?.replace(/[.:]+$/, '') === version) return true;
        continue;
      }
      if (!isWord || (version === 'latest' && isArgument(text, index, found))) return true;
    }
    return false;
  };
}

/** A word of its own, as a command's argument or a value is. */
const isArgument = (text: string, index: number, found: string): boolean =>
  /^(?:[\s"']|$)/.test(text.slice(index + found.length)) &&
  /(?:^|[\s"'=])$/.test(text.slice(0, index).slice(-1));

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
