import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startTelegram } from '../../sandbox/telegram.ts';
import { OWNER } from './harness.ts';

const KILLS = 25;
const SEED = 20_261_120;

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`killed ${KILLS} times at any moment: every command is answered, nothing is obeyed twice`, async () => {
  const random = randomFrom(SEED);
  const folder = mkdtempSync(join(tmpdir(), 'steward-kill-'));
  const telegram = await startTelegram({ slowdown: 0, people: [{ id: OWNER }] });
  // So that kills fall between a call's leaving and its answer, too.
  telegram.addFault({ method: '*', delayMs: 15, times: Infinity });
  const deedsFile = join(folder, 'deeds');
  let child: ChildProcess | undefined;
  const start = () => {
    const args = [join(import.meta.dirname, 'killed-bot.ts'), folder, telegram.url, telegram.token];
    child = spawn(process.execPath, [...args, String(OWNER), deedsFile], { stdio: 'ignore' });
  };
  const kill = async () => {
    if (child === undefined) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  onTestFinished(async () => {
    await kill();
    await telegram.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const answers = () => telegram.messages().filter(({ from }) => from === 'bot');
  const asked: string[] = [];
  const tapped: string[] = [];
  let sent = 0;
  const tapPlans = () => {
    for (const { id, text, buttons } of answers()) {
      const service = /Restart (svc-\d+-)\?/.exec(text)?.[1];
      if (service === undefined || buttons.length === 0 || tapped.includes(service)) continue;
      tapped.push(service);
      // Twice, as an impatient thumb does.
      telegram.tapOld('Restart', { message: id });
      telegram.tapOld('Restart', { message: id });
    }
  };

  start();
  for (let kills = 0; kills < KILLS; kills += 1) {
    const polls = telegram.calls('getUpdates').length;
    await telegram.until(() => telegram.calls('getUpdates').length > polls, 'the bot', 20_000);
    const dies = sleep(random() * 250);
    for (let count = 0; count < 3; count += 1) {
      sent += 1;
      const word = random() < 0.5 ? `word-${sent}-` : `svc-${sent}-`;
      asked.push(word);
      await telegram.send(word.startsWith('word') ? `/logs ${word}` : `/restart ${word}`);
      await sleep(random() * 40);
      tapPlans();
    }
    await dies;
    await kill();
    start();
  }

  // The last plans are confirmed in peace.
  const told = () =>
    answers()
      .map(({ text }) => text)
      .join('\n');
  // By the calls, because a plan that said it is edited into its outcome.
  const unsure = () =>
    telegram
      .calls('sendMessage')
      .filter(({ applied }) => applied)
      .flatMap(({ params }) => [
        ...String(params['text']).matchAll(/(\d+) messages? before this one may not/g),
      ])
      .reduce((sum, [, count]) => sum + Number(count), 0);
  const missing = () => asked.filter((word) => !told().includes(word));
  await vi.waitFor(() => expect(missing().length).toBeLessThanOrEqual(unsure()), {
    timeout: 20_000,
    interval: 100,
  });
  tapPlans();
  const deeds = () =>
    existsSync(deedsFile) ? readFileSync(deedsFile, 'utf8').split('\n').filter(Boolean) : [];
  const interrupted = (service: string) => told().includes(`in the middle of: restart ${service}`);
  await vi.waitFor(
    () => expect(tapped.filter((service) => !deeds().includes(service) && !interrupted(service))).toEqual([]),
    { timeout: 20_000, interval: 100 },
  );

  expect(deeds().toSorted()).toEqual([...new Set(deeds())].toSorted());
  expect(deeds().every((service) => tapped.includes(service))).toBe(true);
  expect(deeds().length).toBeGreaterThan(5);
  // What was begun is told to be done or to be cut off, or its message is counted as unsure.
  const silent = () =>
    deeds().filter((service) => !told().includes(`${service} restarted`) && !interrupted(service));
  await vi.waitFor(() => expect(silent().length).toBeLessThanOrEqual(unsure()), {
    timeout: 20_000,
    interval: 100,
  });
}, 180_000);
