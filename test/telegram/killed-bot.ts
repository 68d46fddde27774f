/** The bot in a process of its own, to be killed: `node killed-bot.ts <folder> <url> <token> <owner> <deeds>`. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createAudit } from '../../src/audit.ts';
import type { App, Command } from '../../src/app.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { createLocks } from '../../src/locks.ts';
import { present } from '../../src/present/index.ts';
import { openStore } from '../../src/store.ts';
import { createTasks } from '../../src/tasks.ts';
import { createBot } from '../../src/telegram/bot.ts';
import { textsOf } from '../../src/texts/index.ts';

const [folder = '', apiRoot = '', token = '', owner = '', deeds = ''] = process.argv.slice(2);

const commands: Command[] = [
  {
    name: 'logs',
    usage: '',
    purpose: 'look',
    run: async (_app, [word = '']) => {
      await sleep(5);
      const entries = [{ at: undefined, source: 'x', text: 'line', level: 'other' }] as const;
      return {
        kind: 'logs',
        subject: word,
        entries,
        omitted: 0,
        since: undefined,
        asFile: false,
        filter: undefined,
      };
    },
  },
  {
    name: 'restart',
    usage: '',
    purpose: 'act',
    plan: async (_app, [service = '']) => {
      await sleep(5);
      const report = {
        kind: 'plan',
        verb: 'restart',
        service,
        title: service,
        steps: [],
        dependents: [],
        away: undefined,
      } as const;
      return { report, fingerprint: 'same' };
    },
    run: async (_app, [service = ''], { progress }) => {
      appendFileSync(deeds, `${service}\n`);
      progress.begin('stop');
      await sleep(20);
      progress.begin('start');
      await sleep(20);
      return {
        kind: 'outcome',
        verb: 'restart',
        service,
        ok: true,
        took: 40,
        state: undefined,
        trouble: undefined,
        lastLines: [],
        observed: false,
        at: 0,
      };
    },
  },
];

const store = openStore(join(folder, 'state'), clock);
const locks = createLocks(join(folder, 'locks'));
const log = pino({ level: 'silent' });
const redact = (text: string) => text;
const audit = createAudit({ table: store.audit, redact, clock });
const tasks = createTasks({ runs: store.runs, locks, clock, log, audit });
const texts = textsOf('en');
const app = {
  config: { telegram: { token, owners: [Number(owner)], guests: [], chat: Number(owner), apiRoot } },
  services: { all: [] },
  store,
  clock,
  log,
  redact,
  audit,
  commands,
} as unknown as App;
const bridge = { take: () => {}, wake: () => {} };
const bot = createBot({ app, token, tasks, texts, present: (report) => present(report, texts), bridge });
await bot.run(new AbortController().signal);
