/** The real bot against the Telegram stand-in, with a real store and small commands of the test's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { startTelegram, type Telegram, type TelegramOptions } from '../../sandbox/telegram.ts';
import { createAudit } from '../../src/audit.ts';
import type { App, Command } from '../../src/app.ts';
import type { Clock } from '../../src/clock.ts';
import type { Language } from '../../src/language.ts';
import { createLocks } from '../../src/locks.ts';
import { present } from '../../src/present/index.ts';
import { createRedact } from '../../src/redact.ts';
import type { IncomingPicture } from '../../src/store/pictures.ts';
import { openStore, type Store } from '../../src/store.ts';
import { createTasks, type Tasks } from '../../src/tasks.ts';
import { createBot, type Bot } from '../../src/telegram/bot.ts';
import { textsOf } from '../../src/texts/index.ts';

export const OWNER = 613_428_907;
export const STRANGER = 700_000_001;
export const GUEST = 700_000_002;

/** What the commands have done, and the state that plans see. */
export type Deeds = { restarts: string[]; looks: number; state: string; gate: Promise<void> };

export function createCommands(deeds: Deeds): Command[] {
  return [
    {
      name: 'status',
      usage: '[service]',
      purpose: 'look',
      guests: true,
      run: async () => {
        deeds.looks += 1;
        await deeds.gate;
        const refresh = { label: 'refresh', command: 'status', args: [] } as const;
        return {
          kind: 'status',
          hosts: [],
          services: [],
          disks: [],
          at: deeds.looks,
          actions: [[refresh, { label: 'restart', command: 'restart', args: ['immich'], subject: 'immich' }]],
        };
      },
    },
    {
      name: 'restart',
      usage: '<service>',
      purpose: 'act',
      needsService: () => true,
      plan: async (_app, [service = '']) => ({
        report: {
          kind: 'plan',
          verb: 'restart',
          service,
          title: service,
          steps: [{ unit: `${service}.service`, containers: [service] }],
          dependents: [],
          away: undefined,
        },
        fingerprint: deeds.state,
      }),
      run: async (_app, [service = ''], { progress, signal }) => {
        deeds.restarts.push(service);
        progress.plan([{ step: 'stop' }, { step: 'start' }]);
        progress.begin('stop');
        await Promise.race([
          deeds.gate,
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
        ]);
        progress.begin('start');
        progress.end();
        return {
          kind: 'outcome',
          verb: 'restart',
          service,
          ok: true,
          took: 6000,
          state: undefined,
          trouble: undefined,
          lastLines: [],
          observed: false,
          at: 0,
        };
      },
    },
    {
      name: 'logs',
      usage: '<service> [lines]',
      purpose: 'look',
      run: async (_app, [subject = 'immich', text = 'hello', file]) => ({
        kind: 'logs',
        subject,
        entries: [{ at: undefined, source: subject, text: text.replaceAll('+', ' '), level: 'other' }],
        omitted: 0,
        since: undefined,
        asFile: file === 'file',
        filter: undefined,
      }),
    },
    {
      name: 'restore',
      usage: '<service>',
      purpose: 'act',
      needsService: ({ name }) => name === 'vaultwarden',
      run: async () => ({ kind: 'note', note: { key: 'cancelled' } }),
    },
  ];
}

export type Harness = {
  telegram: Telegram;
  store: Store;
  deeds: Deeds;
  app: App;
  tasks: Tasks;
  bot: Bot;
  taken: IncomingPicture[];
  /** Lines of the log. */
  logged: string[];
  /** Moves the bot's clock. */
  later: (ms: number) => void;
  stop: () => Promise<void>;
  /** The language of the next start. */
  speak: (language: Language) => void;
  /** A new process on the same store. */
  start: () => void;
};

export type HarnessOptions = {
  telegram?: TelegramOptions;
  config?: (telegram: Telegram) => Partial<App['config']['telegram']>;
  commands?: (deeds: Deeds) => Command[];
};

/** A bot that runs until the test ends. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-telegram-'));
  const telegram = await startTelegram({
    slowdown: 0,
    people: [
      { id: OWNER },
      { id: STRANGER, first_name: 'Stranger', started: false },
      { id: GUEST, first_name: 'Guest', started: true },
    ],
    ...options.telegram,
  });
  const config = options.config?.(telegram);
  let shift = 0;
  const clock: Clock = { now: () => Date.now() + shift };
  const redact = createRedact([telegram.token]);
  const logged: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void logged.push(redact(line)) });
  const deeds: Deeds = { restarts: [], looks: 0, state: 'running', gate: Promise.resolve() };
  let language: Language = 'en';
  const taken: IncomingPicture[] = [];
  let ending = new AbortController();
  let running: Promise<void> | undefined;

  const harness = {
    telegram,
    deeds,
    taken,
    logged,
    later: (ms: number) => void (shift += ms),
    speak: (one: Language) => void (language = one),
    start() {
      const texts = textsOf(language);
      const store = openStore(join(folder, 'state'), clock);
      const locks = createLocks(join(folder, 'locks'));
      const audit = createAudit({ table: store.audit, redact, clock });
      const tasks = createTasks({ runs: store.runs, locks, clock, log, audit });
      const app = {
        config: {
          language,
          telegram: {
            token: telegram.token,
            owners: [OWNER],
            guests: [GUEST],
            chat: OWNER,
            apiRoot: telegram.url,
            ...config,
          },
        },
        services: {
          all: [
            { name: 'immich', title: 'Immich' },
            { name: 'vaultwarden', title: 'Vaultwarden' },
          ],
        },
        store,
        clock,
        log,
        redact,
        audit,
        commands: (options.commands ?? createCommands)(deeds),
      } as unknown as App;
      const bot = createBot({
        app,
        token: telegram.token,
        tasks,
        texts,
        present: (report) => present(report, texts),
        bridge: { take: (picture) => void taken.push(picture), wake: () => {} },
      });
      ending = new AbortController();
      running = bot.run(ending.signal);
      Object.assign(harness, { store, app, tasks, bot });
    },
    async stop() {
      ending.abort();
      await running;
      running = undefined;
      harness.store.close();
    },
  } as Harness;

  onTestFinished(async () => {
    if (running !== undefined) await harness.stop();
    await telegram.close();
    rmSync(folder, { recursive: true, force: true });
  });
  harness.start();
  return harness;
}
