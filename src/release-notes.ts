/** What matters in release notes: what breaks, and the gist, as plain lines. */

/** A line longer than this is a story. */
const LONGEST_LINE = 240;
const LONGEST_READ = 2000;
const MOST_BREAKING = 8;
const MOST_GIST = 10;

const BREAKING =
  /\bbreaking\b|\baction required\b|\bmigrat(?:e|ion) (?:guide|required|notes?|steps?)\b|\bupgrade notes?\b/i;
/** Headings under which nobody finds news. */
const NOISE =
  /\b(?:contributors?|thanks|thank you|full changelog|sponsors?|checksums?|sha256|assets|download|dependenc(?:y|ies)|docker images?|translations?|internal|chores?|documentation|support us)\b/i;
/** Sentences that only say that there is nothing. */
const NOTHING = /^(?:no|none|nothing|n\/a|there are no)\b/i;

type Section = { heading: string; lines: string[] };

/**
 * @param notes Markdown of one release
 * @returns lines that say what breaks: those under such a heading, and single ones that announce it
 */
export function breakingIn(notes: string): string[] {
  const found = sectionsOf(notes).flatMap(({ heading, lines }) =>
    BREAKING.test(heading) ? lines : lines.filter((line) => BREAKING.test(line)),
  );
  return [...new Set(found)].filter((line) => !NOTHING.test(line)).slice(0, MOST_BREAKING);
}

/** The first lines that tell something, without those that say what breaks. */
export function gistOf(notes: string): string[] {
  const breaking = new Set(breakingIn(notes));
  const telling = sectionsOf(notes)
    .filter(({ heading }) => !NOISE.test(heading) && !BREAKING.test(heading))
    .flatMap(({ lines }) => lines)
    .filter((line) => !breaking.has(line) && !/^full changelog/i.test(line));
  const all = [...new Set(telling)];
  return all.length > MOST_GIST ? [...all.slice(0, MOST_GIST), '…'] : all;
}

function sectionsOf(notes: string): Section[] {
  const sections: Section[] = [{ heading: '', lines: [] }];
  let isCode = false;
  for (const raw of withoutHtml(notes).split('\n')) {
    if (/^\s*(?:```|~~~)/.test(raw)) {
      isCode = !isCode;
      continue;
    }
    const heading = isCode ? undefined : headingIn(raw);
    if (heading !== undefined) sections.push({ heading, lines: [] });
    else {
      const line = isCode ? raw.trim() : plainLine(raw);
      if (line !== '') sections.at(-1)?.lines.push(shorten(line));
    }
  }
  return sections;
}

const withoutHtml = (text: string): string =>
  text
    .replaceAll('\r', '')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<\/?[a-z][^>\n]{0,500}>/gi, '')
    .split('\n')
    // What is shown of a line is short; patterns take their time with what is long.
    .map((line) => line.slice(0, LONGEST_READ))
    .join('\n');

/** `## Heading`, or a whole line in bold. */
function headingIn(line: string): string | undefined {
  const [, marked, bold] = /^\s{0,3}(?:#{1,6}\s+(.+?)\s*#*|\*\*([^*]+)\*\*:?)\s*$/.exec(line) ?? [];
  const heading = marked ?? bold;
  return heading === undefined ? undefined : plainLine(heading);
}

/** Without Markdown: no marks, no targets of links, no pictures, no author and number behind a change. */
function plainLine(line: string): string {
  return line
    .replace(/^\s*>\s?/, '')
    .replace(/^\s*\[!(\w+)\]\s*$/, '')
    .replace(/^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ x]\]\s+)?/, '')
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\s+by\s+@[\w[\]-]+(?:\s+in\s+\S+)?\s*$/, '')
    .replace(/\s*\(?(?:#\d+|https:\/\/github\.com\/\S+\/(?:pull|issues|commit)\/\S+)\)?/g, '')
    .replace(/(\*\*|__|`|~~)/g, '')
    .replace(/^[-=_*\s|:]+$/, '')
    .trim();
}

const shorten = (line: string): string =>
  [...line].length > LONGEST_LINE
    ? `${[...line]
        .slice(0, LONGEST_LINE - 1)
        .join('')
        .trimEnd()}…`
    : line;
