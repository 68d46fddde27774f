/** A store whose alerts are told to a chat that takes down what it would hear. */
import { onTestFinished } from 'vitest';
import type { App } from '../../../src/app.ts';
import { reconcile } from '../../../src/operations/watch/reconcile.ts';
import { tellAlerts } from '../../../src/operations/watch/tell-alerts.ts';
import { tellHeld } from '../../../src/operations/watch/tell-held.ts';
import { present } from '../../present/present.ts';
import type { Finding, Severity } from '../../../src/report/alerts.ts';
import { openScratchStore, openStore } from '../../../src/store.ts';
import { toText } from '../../../src/terminal.ts';
import { textsOf } from '../../../src/texts/index.ts';

export const CHAT = 1;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const SERVICES = ['immich', 'vaultwarden', 'archivebox', 'copyparty', 'caddy', 'anki-sync', 'karakeep'];

export type Heard = {
  key: string;
  /** An edit of a message that is there never rings. */
  is: 'rings' | 'silent' | 'edit';
  text: string;
  replyTo: number | undefined;
  /** Labels of its buttons. */
  buttons: string[];
};

export type TellingOptions = {
  at?: string;
  timeZone?: string;
  quietHours?: { from: string; to: string } | undefined;
  owners?: number[];
  /** Of a store that outlives this one. */
  folder?: string;
};

export function openTelling(options: TellingOptions = {}) {
  const { at = '2026-11-20T14:38:00Z', timeZone = 'UTC', quietHours, owners = [CHAT], folder } = options;
  let now = Date.parse(at);
  const clock = { now: () => now };
  const store = folder === undefined ? openScratchStore(clock) : openStore(folder, clock);
  if (folder === undefined) onTestFinished(() => store.close());
  const app = {
    config: { telegram: { chat: CHAT, owners }, quietHours, timeZone },
    services: { all: SERVICES.map((name) => ({ name, title: name })) },
    store,
    clock,
    redact: (text: string) => text,
  } as unknown as App;
  const texts = textsOf('en', timeZone);
  let isAway = false;
  let messages = 100;
  /** What is wrong now, by its key. */
  const wrong = new Map<string, Finding>();

  /** What Telegram shows from now on, as the worker of the outbox would bring it about. */
  function heard(): Heard[] {
    const list: Heard[] = [];
    for (;;) {
      const row = isAway ? undefined : store.outbox.next(CHAT);
      if (row === undefined) return list;
      const { key, messageId, silent, version, body, replyTo } = row;
      if (body.what !== 'report') throw new Error('no report');
      const card = present(body.report, texts);
      const is = messageId !== undefined ? 'edit' : silent ? 'silent' : 'rings';
      const buttons = (card.buttons ?? []).flat().map(({ label }) => label);
      list.push({ key, is, text: toText(card, false), replyTo, buttons });
      store.outbox.shown(row.id, version, messageId ?? (messages += 1));
    }
  }

  const look = () => {
    reconcile(app, [...wrong.values()], { covers: () => true });
    tellAlerts(app);
  };

  const tick = () => {
    tellAlerts(app);
    tellHeld(app);
  };

  /** Time passes, and the clock asks each minute what is to be told. */
  const pass = (ms: number): Heard[] => {
    const list = heard();
    for (const end = now + ms; now < end;) {
      now = Math.min(end, now + MINUTE);
      tick();
      list.push(...heard());
    }
    return list;
  };

  const breaks = (
    service: string,
    { severity = 'critical', code = 1 }: { severity?: Severity; code?: number } = {},
  ) => {
    const key = `service:${service}`;
    const since = wrong.get(key)?.since ?? now;
    wrong.set(key, {
      key,
      severity,
      since,
      service,
      fact: {
        kind: 'service',
        title: service,
        state: severity === 'critical' ? 'down' : 'degraded',
        part: service,
        trouble:
          severity === 'critical'
            ? { kind: 'exited', code, outOfMemory: false, at: since }
            : { kind: 'unhealthy', since, output: undefined },
        restarts: 0,
        memoryLimit: undefined,
        lastLines: [],
      },
    });
    look();
  };

  const mends = (...services: string[]) => {
    for (const service of services) wrong.delete(`service:${service}`);
    look();
  };

  const alert = (service: string) => {
    const row = store.alerts.byKey(`service:${service}`);
    if (row === undefined) throw new Error(`no alert about ${service}`);
    return row;
  };

  return {
    app,
    store,
    heard,
    look,
    tick,
    pass,
    breaks,
    mends,
    alert,
    now: () => now,
    /** Telegram cannot be reached. */
    away: () => void (isAway = true),
    back: () => void (isAway = false),
    /** Time passes, and nobody asks. */
    skip: (ms: number) => void (now += ms),
  };
}

export const gist = (list: readonly Heard[]): string[] =>
  list.map(({ is, text }) => `${is}: ${text.split('\n')[0]}`);
