/** The last lines of what logs: containers and native units, several of them in order of time. */
import { stripVTControlCharacters } from 'node:util';
import type { App } from '../app.ts';
import type { LogLine } from '../clients/engine.ts';
import { UnreachableError, UserError } from '../errors.ts';
import type { Host } from '../hosts.ts';
import type { Report } from '../report.ts';
import type { LogEntry } from '../report/work.ts';
import type { Service } from '../services.ts';

export type LogQuery = {
  /** Only the last so many lines of the whole. */
  lines: number;
  /** Milliseconds since 1970. */
  since: number | undefined;
  only: 'errors' | { word: string } | undefined;
  asFile: boolean;
};

/**
 * What logs: a container, or a unit. A container that a unit runs is gone when the unit stops, but its last lines, and
 * why it does not start, stand in the unit's journal.
 */
export type LogSource = { name: string; host: Host; hasContainer: boolean; unit: string | undefined };

/** A message is read on a phone; a file may hold more, within Telegram's 50 MB by far. */
const IN_MESSAGE = 60;
const IN_FILE = 5000;
/** Lines looked through when only some of them are wanted. */
const SEARCHED = 5000;
/** A line of a message is cut here; a file keeps what the engine gives. */
const LINE_MOST = 500;

/** A whole service: its containers and its native units. */
export const sourcesOf = (app: Pick<App, 'hosts'>, service: Service): LogSource[] => {
  const host = app.hosts.of(service);
  return [
    ...service.containers.map(({ name, unit }) => ({ name, host, hasContainer: true, unit })),
    ...service.units.map((unit) => ({
      name: unit.replace(/\.service$/, ''),
      host,
      hasContainer: false,
      unit,
    })),
  ];
};

/**
 * @param subject what the lines are of, for the headline
 * @throws UserError when nothing that was asked for can be read
 */
export async function logs(
  app: Pick<App, 'redact'>,
  subject: string,
  sources: readonly LogSource[],
  query: LogQuery,
  signal: AbortSignal,
): Promise<Report & { kind: 'logs' }> {
  const wanted = Math.min(query.lines, IN_FILE);
  const tail = query.only === undefined ? wanted : SEARCHED;
  const read = await Promise.all(
    sources.map((source) => readSource(app, source, { ...query, lines: tail }, signal)),
  );
  if (read.every((entries) => entries === undefined)) {
    throw new UserError(
      `Cannot show logs of "${subject}": its container does not exist, and no unit keeps its log.`,
    );
  }
  const all = read
    .flatMap((entries) => entries ?? [])
    .filter((entry) => matches(entry, query.only))
    // Lines without a time keep their place behind the one before them.
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const asked = all.slice(-wanted);
  const entries = query.asFile ? asked : asked.slice(-IN_MESSAGE);
  return {
    kind: 'logs',
    subject,
    entries: query.asFile ? entries : entries.map((entry) => ({ ...entry, text: cut(entry.text) })),
    omitted: asked.length - entries.length,
    since: query.since,
    asFile: query.asFile,
    filter: query.only === undefined ? undefined : query.only === 'errors' ? 'errors' : query.only.word,
  };
}

/**
 * The last lines of one source, for a message about its failure. Never rejects.
 * @param since milliseconds since 1970: what is older has nothing to do with it
 */
export async function lastLines(
  app: Pick<App, 'redact'>,
  source: LogSource,
  { lines, since }: { lines: number; since: number },
): Promise<string[]> {
  const query = { lines, since, only: undefined, asFile: false };
  const entries = await readSource(app, source, query, AbortSignal.timeout(5000)).catch(() => undefined);
  return (entries ?? []).map(({ text }) => cut(text));
}

/** What `podman run` says of its own work in a unit's journal: events with ids of 64 digits, and the new container's id. */
const BOOKKEEPING = /^(?:\d{4}-\d\d-\d\d .* m=\+[\d.]+ +(?:container|image|volume) \w+ .*|[0-9a-f]{64})$/;

/** @returns undefined when it does not exist */
async function readSource(
  app: Pick<App, 'redact'>,
  source: LogSource,
  query: LogQuery,
  signal: AbortSignal,
): Promise<LogEntry[] | undefined> {
  const lines = await linesOf(source, query, signal);
  if (lines === undefined) return undefined;
  const entries: LogEntry[] = [];
  let at: number | undefined;
  for await (const line of lines) {
    at = line.at ?? at;
    const text = readable(app.redact(line.text));
    if (BOOKKEEPING.test(text)) continue;
    entries.push({ at, source: source.name, text, level: levelOf(text) });
  }
  return entries;
}

async function linesOf(
  { name, host, hasContainer, unit }: LogSource,
  { lines: tail, since }: LogQuery,
  signal: AbortSignal,
): Promise<AsyncIterable<LogLine> | undefined> {
  const options = { tail, signal, ...(since === undefined ? {} : { since }) };
  try {
    if (hasContainer && (await host.engine.inspect(name, { signal })) !== undefined) {
      return host.engine.logs(name, options);
    }
  } catch (error) {
    // Where the engine cannot be asked, the journal still can.
    if (unit === undefined || !(error instanceof UnreachableError)) throw error;
  }
  return unit === undefined ? undefined : host.systemd.logs(unit, options);
}

/** Colour codes, control characters and what turns the direction of writing go; tabs become spaces. */
export const readable = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll('\t', '  ')
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '')
    .trimEnd();

/** As long as a line of a message may be. */
export const cut = (text: string): string =>
  text.length > LINE_MOST ? `${text.slice(0, LINE_MOST)} …` : text;

const ERROR =
  /\b(error|err|fatal|panic|critical|crit|exception|traceback|emerg|alert)\b|level=(error|fatal)|"level":\s*(50|60|"error"|"fatal")/i;
const WARNING = /\b(warn|warning)\b|level=warn|"level":\s*(40|"warn(ing)?")/i;

/** How grave a line is, as programs usually mark it. */
export function levelOf(text: string): LogEntry['level'] {
  if (ERROR.test(text)) return 'error';
  return WARNING.test(text) ? 'warning' : 'other';
}

function matches(entry: LogEntry, only: LogQuery['only']): boolean {
  if (only === undefined) return true;
  if (only === 'errors') return entry.level === 'error';
  return entry.text.toLowerCase().includes(only.word.toLowerCase());
}
