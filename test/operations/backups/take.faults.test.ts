/** What goes wrong around a backup: a clear failure, nothing left of it, and those before it as they were. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Run } from '../../../src/app.ts';
import { backUp } from '../../../src/operations/backups/back-up.ts';
import { prove } from '../../../src/operations/backups/prove.ts';
import { createProgress } from '../../../src/progress.ts';
import { treeOf } from '../../backup/place.ts';
import { fill, openTaking, type Taking } from './taking.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0).toReversed()) one();
});

const DAY = 86_400_000;
let now: number;

function open(): Taking {
  now = Date.parse('2026-11-20T04:30:00Z');
  const it = openTaking({ now: () => now });
  undo.push(() => it.close());
  fill(it);
  // What no compression makes smaller.
  writeFileSync(join(it.data, 'files/large'), randomBytes(900_000));
  return it;
}

/** A disk of its own for the backups. */
function mountTarget({ target }: Taking, size: string): void {
  mkdirSync(target);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', target]);
  undo.push(() => execFileSync('umount', ['--lazy', target]));
}

const ask = (it: Taking, run: Partial<Run> = {}) =>
  backUp(it.app, it.service(), it.run(run), { reason: 'scheduled' });

/** Told when a step begins. */
const atStep = (step: string, act: () => void): Partial<Run> => {
  let isDone = false;
  const progress = createProgress({ now: () => now }, () => {
    if (isDone || !progress.steps.some((one) => one.step === step && one.state === 'working')) return;
    isDone = true;
    act();
  });
  return { progress };
};

const names = (it: Taking): string[] => readdirSync(join(it.target, 'notes')).toSorted();

describe('a full disk', () => {
  test('at every fill level is a clear failure, with nothing left behind and the one before untouched', async () => {
    const it = open();
    mountTarget(it, '4m');
    const first = await ask(it);
    const folder = first.made?.folder ?? '';
    const before = treeOf(folder);
    const filler = join(it.target, 'filler');
    const causes: string[] = [];
    for (const [step, size] of [
      ['copy-databases', 4_000_000],
      ['copy-files', 4_000_000],
      ['copy-files', 2_600_000],
      ['prove', 4_000_000],
    ] as const) {
      now += DAY;
      // Another content, so that nothing is shared with the one before.
      writeFileSync(join(it.data, 'files/large'), randomBytes(900_000));
      const report = await ask(
        it,
        atStep(step, () => {
          try {
            writeFileSync(filler, 'z'.repeat(size));
          } catch {
            // As full as it gets.
          }
        }),
      );
      rmSync(filler, { force: true });
      expect(treeOf(folder)).toEqual(before);
      if (report.why?.kind === 'failed') causes.push(report.why.cause);
      if (report.made !== undefined) rmSync(report.made.folder, { recursive: true });
      expect(names(it)).toEqual([first.made?.id]);
    }
    expect(causes.length).toBeGreaterThan(1);
    for (const cause of causes) expect(cause).toMatch(/full|no space/i);
    now += DAY;
    expect((await ask(it)).made?.level).toBe('restored');
  });

  test('that has no room from the start says how much is missing, before anything is copied', async () => {
    const it = open();
    mountTarget(it, '300k');
    const report = await ask(it);
    expect(report.why).toMatchObject({
      cause: expect.stringMatching(/^Not enough space .* are free/) as string,
    });
    expect(existsSync(join(it.target, 'notes'))).toBe(false);
  });
});

test.each(['copy-files', 'prove'])(
  'a target that is unmounted when it comes to %s is a failure, and nothing is written below',
  async (step) => {
    const it = open();
    mountTarget(it, '8m');
    await ask(it);
    now += DAY;
    const report = await ask(
      it,
      atStep(step, () => {
        undo.pop();
        execFileSync('umount', ['--lazy', it.target]);
      }),
    );
    expect(report.made).toBeUndefined();
    expect(report.why?.kind).toBe('failed');
    expect(readdirSync(it.target)).toEqual([]);
  },
);

test('a source that vanishes while it is copied is a failure, and the one before stays', async () => {
  const it = open();
  const first = await ask(it);
  now += DAY;
  const report = await ask(
    it,
    atStep('copy-databases', () => rmSync(join(it.data, 'files'), { recursive: true })),
  );
  expect(report.why).toMatchObject({ kind: 'failed', cause: expect.stringContaining('files') as string });
  expect(names(it)).toEqual([first.made?.id]);
  const { checks } = await prove(it.app, it.service(), first.made?.folder ?? '');
  expect(checks.filter(({ result }) => result === 'failed')).toEqual([]);
});

test('a file that another hand changes in a backup is found by the next proof', async () => {
  const it = open();
  const { made } = await ask(it);
  const folder = made?.folder ?? '';
  writeFileSync(join(folder, '1-files/a.txt'), 'fi*st');
  const proof = await prove(it.app, it.service(), folder);
  expect(proof.level).toBe('copied');
  expect(proof.checks).toContainEqual(expect.objectContaining({ name: 'manifest', result: 'failed' }));
});
