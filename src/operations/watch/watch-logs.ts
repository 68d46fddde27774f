/** The lines of logs that the owner wants to know of: found as they are written, told as alerts, over when no more come. */
import type { App } from '../../app.ts';
import type { Finding } from '../../report/alerts.ts';
import type { LogFact, SlowPatternFact } from '../../report/watch-facts.ts';
import type { Service } from '../../services.ts';
import { sleep } from '../../sleep.ts';
import { createMatcher, LINE_MOST, type Matcher } from '../../watch/log-matcher.ts';
import { cut, readable, sourcesOf, type LogSource } from '../logs.ts';
import { followLog, type LogPlace } from './follow-log.ts';
import { reconcile } from './reconcile.ts';
import { tellAlerts, type TellReach } from './tell-alerts.ts';

export type LogWatchReach = TellReach & Pick<App, 'hosts' | 'log' | 'redact'>;

/** Milliseconds without such a line, after which the trouble is over: half an hour, as what comes back is folded. */
export const QUIET_FOR = 30 * 60_000;
/** Milliseconds that an alert which counts further lines stays as it is: each change of it is an edit in the chat. */
const TOLD_EVERY = 60_000;
/** Lines that are looked at together, and milliseconds that the first of them waits for the others. */
const BATCH = 200;
const GATHERED_FOR = 100;

/** Milliseconds between two notes of how far a log was read. */
const NOTED_EVERY = 10_000;

/**
 * Follow the logs of every service that has patterns, until the signal.
 * @param options.every milliseconds between two looks whether a trouble is over
 */
export async function watchLogs(
  app: LogWatchReach,
  signal: AbortSignal,
  { every = TOLD_EVERY }: { every?: number } = {},
): Promise<void> {
  const watched = app.services.all.filter(({ watch }) => watch.log.length > 0);
  const troubles = createTroubles(app);
  const following = watched.flatMap((service) => {
    const matcher = createMatcher(service.watch.log.map(({ pattern }) => pattern));
    return sourcesOf(app, service).map((source) =>
      watchOne(app, { service, source, matcher, troubles, signal }),
    );
  });
  while (!signal.aborted) {
    safely(app, troubles.tell);
    // The signal ends the pause; the loop then ends by itself.
    await sleep(every, signal).catch(() => {});
  }
  await Promise.all(following);
}

type One = {
  service: Service;
  source: LogSource;
  matcher: Matcher;
  troubles: ReturnType<typeof createTroubles>;
  signal: AbortSignal;
};

async function watchOne(app: LogWatchReach, one: One): Promise<void> {
  const { service, source, matcher, troubles, signal } = one;
  const key = `watch:log:${service.host}:${source.name}`;
  const from = app.store.facts.get<LogPlace>(key);
  let batch: { text: string; at: number; place: LogPlace }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let notedAt = app.clock.now();
  const look = (isLast = false) => {
    clearTimeout(timer);
    timer = undefined;
    const lines = batch;
    batch = [];
    const newest = lines.at(-1);
    if (newest === undefined) return;
    const given = matcher.givenUp.size;
    const matches = matcher.look(lines.map(({ text }) => text));
    for (const { line, pattern } of matches) {
      const { text = '', at = 0 } = lines[line] ?? {};
      troubles.add(service, { pattern, part: source.name, text, at });
    }
    if (matcher.givenUp.size > given) troubles.giveUp(service, matcher.givenUp);
    // A line that was told is noted, so that it is not counted again after a kill; the others may be read twice.
    if (matches.length === 0 && !isLast && app.clock.now() - notedAt < NOTED_EVERY) return;
    notedAt = app.clock.now();
    app.store.facts.put(key, newest.place);
  };
  for await (const { line, place } of followLog(app, source, { signal, ...(from && { from }) })) {
    batch.push({ text: readable(line.text.slice(0, LINE_MOST)), at: line.at ?? place.at, place });
    if (batch.length >= BATCH) safely(app, look);
    else timer ??= setTimeout(() => safely(app, look), GATHERED_FOR);
  }
  safely(app, () => look(true));
}

/** A store that cannot be written to for a moment must not end the watch. */
function safely({ log }: Pick<App, 'log'>, work: () => void): void {
  try {
    work();
  } catch (error) {
    log.error({ err: error }, 'cannot look at logs');
  }
}

type LogFinding = Finding & { fact: LogFact };

/** What the lines found so far come to. */
function createTroubles(app: LogWatchReach) {
  const { store, clock, redact } = app;
  const slow = new Map<string, Finding>();
  // What was told before a restart goes on, as long as its pattern is still asked for.
  const found = new Map(
    store.alerts.open().flatMap(({ key, finding }): [string, LogFinding][] => {
      const { service, fact } = finding;
      if (fact.kind !== 'log') return [];
      const patterns = app.services.get(service ?? '')?.watch.log ?? [];
      return patterns.some(({ pattern }, index) => pattern === fact.pattern && key === keyOf(service, index))
        ? [[key, { ...finding, fact }]]
        : [];
    }),
  );

  const tell = () => {
    for (const [key, { fact }] of found) if (fact.lastAt + QUIET_FOR <= clock.now()) found.delete(key);
    reconcile(app, [...found.values(), ...slow.values()], { covers: (key) => key.startsWith('log:') });
    tellAlerts(app);
  };

  return {
    tell,
    add(service: Service, { pattern: index, part, text, at }: { pattern: number } & Line): void {
      const { pattern, severity } = service.watch.log[index] as Service['watch']['log'][number];
      const key = keyOf(service.name, index);
      const before = found.get(key);
      found.set(key, {
        key,
        severity,
        since: before?.since ?? at,
        service: service.name,
        fact: {
          kind: 'log',
          title: service.title,
          part,
          pattern,
          line: cut(redact(text)),
          count: (before?.fact.count ?? 0) + 1,
          lastAt: Math.max(at, before?.fact.lastAt ?? 0),
        },
      });
      if (before === undefined) tell();
    },
    giveUp({ name, title, watch }: Service, patterns: ReadonlySet<number>): void {
      for (const index of patterns) {
        const key = `${keyOf(name, index)}:slow`;
        const { pattern = '' } = watch.log[index] ?? {};
        app.log.warn({ service: name, pattern }, 'a pattern takes too long on the lines of its log');
        const fact: SlowPatternFact = { kind: 'slow-pattern', title, pattern };
        slow.set(key, { key, severity: 'notice', since: clock.now(), service: name, fact });
      }
      tell();
    },
  };
}

type Line = { part: string; text: string; at: number };

const keyOf = (service: string | undefined, index: number) => `log:${service}:${index}`;
