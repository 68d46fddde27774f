import { afterEach, beforeEach, expect, test } from 'vitest';
import { audit } from '../../commands/audit.ts';
import type { App, Run } from '../../src/app.ts';
import { createProgress } from '../../src/progress.ts';
import type { Report } from '../../src/report.ts';
import { present } from '../../src/present/index.ts';
import { openScratchStore, type Store } from '../../src/store.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const NOW = Date.parse('2026-11-20T14:00:00Z');
const DAY = 86_400_000;
const clock = { now: () => NOW };
const run: Run = { by: 'cli:root', signal: new AbortController().signal, progress: createProgress(clock) };
const texts = textsOf('en', 'UTC');
let store: Store;
let app: App;
beforeEach(() => {
  store = openScratchStore(clock);
  const services = { find: (part: string) => ({ name: part === 'arch' ? 'archive' : part }) };
  app = { store, clock, services } as unknown as App;
});
afterEach(() => store.close());

type Entry = Parameters<Store['audit']['begin']>[0];
function put(at: number, more: Partial<Entry> = {}) {
  const entry: Entry = {
    run: undefined,
    at,
    by: 'telegram:7',
    from: 'chat',
    what: 'restart',
    services: ['archive'],
    args: ['archive'],
    plan: undefined,
    confirmedBy: undefined,
    ...more,
  };
  return store.audit.begin(entry);
}
const ask = (...args: string[]): Promise<Report> => audit.run(app, args, run);
const shown = async (...args: string[]) => toText(present(await ask(...args), texts), false);

test('audit tells the newest first, under their days, with who, how and why', async () => {
  store.audit.end(put(NOW - DAY, { confirmedBy: 'telegram:7' }), { outcome: 'done', at: NOW });
  store.audit.end(put(NOW - 2000, { what: 'clean', services: [], args: [], by: 'cli:root', from: 'cli' }), {
    outcome: 'failed',
    reason: 'no route',
    at: NOW,
  });
  store.audit.end(put(NOW - 1000, { what: 'message', services: [], args: [], by: 'telegram:666' }), {
    outcome: 'refused',
    reason: 'stranger',
    at: NOW,
  });
  put(NOW, { what: 'back-up', args: [], by: 'schedule', from: 'schedule' });
  expect(await shown()).toBe(`🧾 4 entries

2026-11-20
14:00 🔵 back-up archive – by the schedule, running
13:59 ⛔ message – 666 in the chat, refused: a stranger
13:59 ❌ clean – root on the command line, failed: no route

2026-11-19
14:00 ✅ restart archive – 7 in the chat, confirmed`);
});

test('audit of a service and of some days leaves the others out', async () => {
  put(NOW - 3 * DAY);
  put(NOW, { services: ['photos'], args: ['photos'] });
  expect(await ask('arch')).toMatchObject({ service: 'archive', total: 1 });
  expect(await ask('2')).toMatchObject({ days: 2, total: 1, entries: [{ services: ['photos'] }] });
  expect(await shown('arch', '2')).toBe('🧾 Nothing was asked of me about archive in 2 days.');
});

test('audit shows 20 and offers the rest as a file', async () => {
  for (let n = 0; n < 25; n += 1) put(NOW - n * 60_000);
  const report = await ask('arch', '30');
  expect(report).toMatchObject({
    total: 25,
    actions: [[{ command: 'audit', args: ['archive', '30', 'file'] }]],
  });
  expect(report.kind === 'audit' && report.entries).toHaveLength(20);
  const file = present(await ask('arch', '30', 'file'), texts).file;
  expect(file?.name).toBe('audit-2026-11-20.txt');
  expect(file?.text.trimEnd().split('\n')).toHaveLength(25);
});

test('audit as JSON lines gives each entry whole, the oldest first', async () => {
  const plan: Report = { kind: 'note', note: { key: 'cancelled' } };
  put(NOW - DAY, { plan });
  put(NOW);
  const report = await ask('--json-lines');
  const rows = report.kind === 'audit-lines' ? report.lines.map((line) => JSON.parse(line) as unknown) : [];
  expect(rows).toMatchObject([{ at: NOW - DAY, plan }, { at: NOW }]);
});

test.each([[['0']], [['400']], [['arch', 'photos']]])('audit %j is refused', async (args) => {
  await expect(async () => ask(...args)).rejects.toThrow(/Cannot look back|One service/);
});
