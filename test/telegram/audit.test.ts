import { expect, test } from 'vitest';
import { GUEST, OWNER, startHarness, STRANGER } from './harness.ts';

test('what a chat asks for and gets, and what it does not get, is in the audit', async () => {
  const harness = await startHarness();
  const { telegram, later, deeds } = harness;
  // Newest first in the store; told here in the order of the day.
  const kept = () =>
    harness.store.audit
      .list()
      .toReversed()
      .map(({ by, what, outcome, reason }) => [by, what, outcome, reason].filter(Boolean).join(' '));

  await telegram.person(STRANGER).send('/status');
  await telegram.waitFor('Private bot', { chat: STRANGER });
  await telegram.person(STRANGER).send('/restart immich');
  await telegram.person(GUEST).send('/restart immich');
  await telegram.waitFor('The rest is for the owner', { chat: GUEST });
  await telegram.send('/status');
  await telegram.waitFor('configured');

  await telegram.send('/restart immich');
  await telegram.waitFor('Restart immich?');
  telegram.tap('Cancel');
  await telegram.waitFor('Nothing was changed');

  await telegram.send('/restart immich');
  await telegram.waitFor('Restart immich?');
  later(2 * 60_000 + 1);
  telegram.tap('Restart');
  const expired = await telegram.waitFor('expired');
  telegram.tap(expired.buttons[0]?.[0] ?? '');
  await telegram.waitFor('Restart immich?');
  deeds.state = 'stopped meanwhile';
  telegram.tap('Restart');
  await telegram.waitFor('Things have changed');
  await telegram.waitFor('Restart immich?');
  telegram.tap('Restart');
  await telegram.waitFor('immich restarted');
  await telegram.until(() => kept().at(-1)?.endsWith('done') === true, 'the end of the act');

  expect(kept()).toEqual([
    `telegram:${STRANGER} message refused stranger`,
    `telegram:${GUEST} restart refused guest`,
    `telegram:${OWNER} restart cancelled`,
    `telegram:${OWNER} restart expired`,
    `telegram:${OWNER} restart changed`,
    `telegram:${OWNER} restart done`,
  ]);
  expect(harness.store.audit.list({ most: 1 })).toMatchObject([
    { from: 'chat', services: ['immich'], plan: { kind: 'plan' }, confirmedBy: `telegram:${OWNER}` },
  ]);
});
