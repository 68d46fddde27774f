import { expect, test } from 'vitest';
import { CHECK_NAMES } from '../../src/doctor/names.ts';
import { present } from './present.ts';
import type { Diagnosis, DoctorReport } from '../../src/report/doctor.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const texts = textsOf('en', 'UTC');
const NOW = Date.UTC(2026, 10, 20, 12);

const diagnosis = (check: Diagnosis['check'], subject: string, more: Partial<Diagnosis> = {}): Diagnosis => ({
  check,
  severity: 'warning',
  subject,
  values: {},
  fix: undefined,
  ...more,
});
const report = (more: Partial<DoctorReport>): DoctorReport => ({
  kind: 'doctor',
  scope: undefined,
  findings: [],
  diagnoses: [],
  ignored: 0,
  checks: CHECK_NAMES.length,
  unseen: [],
  at: NOW,
  ...more,
});
const shown = (more: Partial<DoctorReport>): string => toText(present(report(more), texts), false);

test('a host that is set up well is one line', () => {
  expect(shown({})).toBe('🟢 Nothing to change, 40 checks made');
  expect(shown({ ignored: 3 })).toContain('3 ignored, as services.yaml says');
});

test('the worst comes first, troubles of the moment before how it is set up, each with the line to change', () => {
  const text = shown({
    findings: [{ key: 'clock', severity: 'warning', since: NOW, fact: { kind: 'clock' } }],
    diagnoses: [
      diagnosis('open-database', 'wiki-db', {
        severity: 'critical',
        values: { address: '0.0.0.0', port: '5432' },
        fix: '--publish=127.0.0.1:5432:5432',
      }),
      diagnosis('privileged', 'wiki'),
      diagnosis('no-memory-limit', 'wiki', { severity: 'notice', fix: '--memory=1g' }),
      diagnosis('no-memory-limit', 'blog', { severity: 'notice', fix: 'mem_limit: 1g' }),
    ],
  });
  expect(text.split('\n')).toEqual([
    '🩺 1 critical, 2 warnings, 2 notices',
    '',
    '🔴 wiki-db – is open to every network (0.0.0.0:5432)',
    '--publish=127.0.0.1:5432:5432',
    '🟡 The clock is not set by any time server',
    expect.stringContaining('certificates'),
    '🟡 wiki – is privileged',
    '1 more',
    '  ℹ️ No memory limit: wiki, blog',
  ]);
});

test('more than eight things stand in a fold', () => {
  const values = { limit: 1e9, wants: 4e9 };
  const diagnoses = CHECK_NAMES.slice(0, 11).map((check) => diagnosis(check, 'wiki', { values }));
  const { blocks } = present(report({ diagnoses }), texts);
  const quotes = blocks.flatMap((block) => ('quote' in block ? [block.quote] : []));
  expect(quotes).toHaveLength(1);
  expect(quotes[0]).toHaveLength(3);
  expect(shown({ diagnoses })).toContain('\n3 more\n');
});

test('what is only good to know is told at once where there is nothing else', () => {
  const diagnoses = [diagnosis('root', 'wiki', { severity: 'notice' })];
  expect(shown({ diagnoses })).toBe('🩺 1 notice\n\nℹ️ wiki – runs as root');
});

test('what could not be looked at is told with its reason', () => {
  const text = shown({
    unseen: [
      {
        what: ['root', 'privileged', 'latest-tag', 'no-restart', 'missing'],
        why: 'local: nothing listens there',
      },
    ],
  });
  expect(text).toContain(
    'root, privileged, latest-tag, no-restart and 1 more – local: nothing listens there',
  );
});

test('one check tells why it matters, what to change and how it is silenced; its lines can be copied', () => {
  const card = present(
    report({
      scope: { check: 'no-memory-limit' },
      diagnoses: ['wiki', 'blog'].map((name) =>
        diagnosis('no-memory-limit', name, { severity: 'notice', fix: '--memory=1g' }),
      ),
    }),
    texts,
  );
  expect(toText(card, false).split('\n').slice(0, 8)).toEqual([
    '🩺 no-memory-limit: 2 notices',
    '',
    'No memory limit',
    expect.stringContaining('SSH'),
    'ℹ️ wiki, blog – has no memory limit',
    '--memory=1g',
    expect.stringMatching(/^➡️ Give it a limit/),
    'Meant to be so? In services.yaml, below checks, doctor: ignore: ["no-memory-limit"]',
  ]);
  expect(card.buttons).toEqual([[{ label: 'Copy', copy: '--memory=1g' }]]);
});

test('what is too long for a message is a file that has all of it', () => {
  const diagnoses = CHECK_NAMES.flatMap((check) =>
    ['wiki', 'blog', 'shop'].map((name) =>
      diagnosis(check, `${name}-with-a-long-name`, { fix: `${check}=${name}` }),
    ),
  );
  const card = present(report({ scope: { service: 'wiki' }, diagnoses }), texts);
  expect(card.file?.name).toBe('doctor-2026-11-20.txt');
  for (const check of CHECK_NAMES) expect(card.file?.text).toContain(texts.doctor.checks[check].about);
  expect(toText({ blocks: card.blocks }, false).length).toBeLessThan(1024);
});

test.each(CHECK_NAMES)('what is said of %s is whole sentences', (check) => {
  const { about, why, change } = texts.doctor.checks[check];
  expect(about).not.toMatch(/\.$/);
  for (const sentence of [why, change]) expect(sentence).toMatch(/^[A-Z].*[^.]\.$/s);
});
