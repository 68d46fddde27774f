import type { App, Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { logs as readLogs, sourcesOf, type LogQuery, type LogSource } from '../src/operations/logs.ts';
import { inRows } from '../src/rows.ts';
import { parseDuration } from '../src/units.ts';

const DEFAULT_LINES = 30;
const MOST_LINES = 5000;

export const logs: Command = {
  name: 'logs',
  usage: '<service or container> [lines] [1h] [errors] [word] [file]',
  purpose: 'look',
  needsService: () => true,
  needsStore: false,
  async run(app, [part, ...words], { signal }) {
    if (part === undefined) throw new UserError('Say whose logs: logs <service or container>.');
    const { subject, sources, others } = await find(app, part);
    const query = parseQuery(words, app.clock.now());
    const report = await readLogs(app, subject, sources, query, signal);
    const more = (label: 'errors' | 'last-hour' | 'as-file', word: string) => ({
      label,
      command: 'logs',
      args: [subject, word],
    });
    const containers = others.map((name) => ({
      label: 'logs' as const,
      subject: name,
      command: 'logs',
      args: [name],
    }));
    return {
      ...report,
      actions: [
        [more('errors', 'errors'), more('last-hour', '1h'), more('as-file', 'file')],
        ...inRows(containers),
      ],
    };
  },
};

/** A container named exactly is meant alone; anything else is a service or an unambiguous part of one. */
async function find(
  app: App,
  part: string,
): Promise<{ subject: string; sources: LogSource[]; others: string[] }> {
  const owner = app.services.ofContainer(part);
  if (owner !== undefined && owner.name !== part) {
    return {
      subject: part,
      sources: sourcesOf(app, owner).filter(({ name }) => name === part),
      others: [owner.name],
    };
  }
  const service = app.services.find(part);
  const sources = sourcesOf(app, service);
  return {
    subject: service.name,
    sources,
    others: sources.length > 1 ? sources.map(({ name }) => name) : [],
  };
}

/** Lines, a span of time, `errors`, `file` or a word to look for, in any order. */
export function parseQuery(words: readonly string[], now: number): LogQuery {
  const query: LogQuery = { lines: DEFAULT_LINES, since: undefined, only: undefined, asFile: false };
  for (const word of words) {
    const duration = parseDuration(word);
    if (/^\d+$/.test(word)) {
      const lines = Number(word);
      if (lines < 1 || lines > MOST_LINES) {
        throw new UserError(`Cannot show ${word} lines: ask for 1 to ${MOST_LINES}.`);
      }
      query.lines = lines;
    } else if (duration !== undefined) {
      query.since = now - duration;
      query.lines = MOST_LINES;
    } else if (word === 'errors') query.only = 'errors';
    else if (word === 'file') {
      query.asFile = true;
      query.lines = MOST_LINES;
    } else if (query.only === undefined) query.only = { word };
    else if (query.only !== 'errors') query.only = { word: `${query.only.word} ${word}` };
  }
  return query;
}
