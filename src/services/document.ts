/** A YAML file as plain data that remembers its lines. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isMap, isNode, isPair, LineCounter, parseDocument, type Document, type YAMLError } from 'yaml';
import { whyUnreadable } from '../config/environment.ts';
import type { Fault } from '../errors.ts';

export type YamlDocument = {
  data: unknown;
  /** `services.yaml:12` for the value at this path, or for the nearest part of the path that is there. */
  where(path: readonly PropertyKey[]): string;
};

/** @returns the document, or what is wrong with it as YAML */
export function readDocument(file: string): YamlDocument | { faults: Fault[] } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return {
      faults: [
        {
          name: 'SERVICES_FILE',
          found: `"${file}", ${whyUnreadable(error)}`,
          expected: 'the YAML file that names the services',
        },
      ],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const name = basename(file);
  const at = (offset: number) => `${name}:${lines.linePos(offset).line}`;
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    return { faults: problems.map((problem) => faultOf(problem, text, at(problem.pos[0]))) };
  }
  if (document.contents === null) {
    return {
      faults: [{ where: name, name: 'services', found: 'an empty file', expected: 'a map of services' }],
    };
  }
  try {
    return { data: document.toJS(), where: (path) => at(offsetOf(document, path)) };
  } catch (error) {
    // An alias without its anchor, or aliases that multiply beyond measure.
    if (!(error instanceof ReferenceError)) throw error;
    return {
      faults: [{ where: name, name: 'YAML', found: error.message, expected: 'aliases that resolve' }],
    };
  }
}

/** The parser's own words for the rest. */
const EXPECTED: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'spaces for indentation',
  DUPLICATE_KEY: 'each name once in its map',
  MULTIPLE_DOCS: 'one document in the file',
  BAD_INDENT: 'the lines of a map at one depth',
};

function faultOf({ code, message, pos }: YAMLError, text: string, where: string): Fault {
  const found =
    code === 'TAB_AS_INDENT'
      ? 'a tab'
      : code === 'DUPLICATE_KEY'
        ? `"${text.slice(...pos)}" a second time`
        : message.replaceAll(/\s+/g, ' ');
  return { where, name: 'YAML', found, expected: EXPECTED[code] ?? 'YAML that can be read' };
}

/** The offset of a map's key rather than its value: an empty value has no place of its own. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  const parent = document.getIn(path.slice(0, -1), true);
  if (path.length > 0 && isMap(parent)) {
    const pair = parent.items.find(
      (item) => isPair(item) && isNode(item.key) && item.key.toString() === String(path.at(-1)),
    );
    const start = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
    if (start !== undefined) return start;
  }
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  const start = isNode(node) ? node.range?.[0] : undefined;
  return start ?? (path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1)));
}
