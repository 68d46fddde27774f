import { afterEach, expect, test } from 'vitest';
import { lab } from './index.ts';
import { startUpdatable, type Updatable } from './updatable.ts';

const here = lab();
const remove: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of remove.splice(0).toReversed()) await undo();
});

/** As a deploy would: the newest image under the tag, and a restart. */
async function deploy({ image, unit }: Updatable): Promise<void> {
  await here.podman('pull', '--quiet', image);
  await here.systemd('restart', unit);
}

test.each(['store', 'records'] as const)(
  'a %s refuses data that a newer version has migrated',
  async (kind) => {
    const service = await startUpdatable(here, `refusing-${kind}`, { kind });
    remove.push(service.remove);
    expect(await service.answers()).toBe('1');
    await expect.poll(async () => (await service.witnessed()).length).toBeGreaterThan(3);
    const before = await service.ids();

    await service.publish('2');
    expect((await service.ids()).image).toBe(before.image);
    await deploy(service);
    await here.waitForLog(service.container, /version 2 on port/);
    await expect.poll(async () => (await service.witnessed()).at(-1)).toMatch(/^2 /);
    const { schema, rows } = await service.rows();
    expect(schema).toBe(2);
    const ofOne = (await service.witnessed()).filter((row) => row.startsWith('1 '));
    expect(rows).toEqual(expect.arrayContaining(ofOne));

    await here.podman('tag', before.image, service.image);
    await here.systemd('restart', service.unit);
    await here.waitForJournal(/the data has schema 2, and this version knows 1/, `--unit=${service.unit}`);
  },
);

test('a version that ends half way through its migration has destroyed rows', async () => {
  const service = await startUpdatable(here, 'half-way', { kind: 'store' });
  remove.push(service.remove);
  await expect.poll(async () => (await service.witnessed()).length).toBeGreaterThan(3);
  await service.publish('2', { args: ['2', '0'] });
  await deploy(service);
  await here.waitForJournal(/ended half done/, `--unit=${service.unit}`);
  const witnessed = await service.witnessed();
  const { schema, rows } = await service.rows();
  expect(schema).toBe(2);
  expect(rows.length).toBeLessThan(witnessed.length);
});

const kinds = [
  { kind: 'dies', args: ['1'], says: /cannot keep up/, answersFirst: true },
  { kind: 'crash', says: /migration failed/ },
  { kind: 'greedy', says: /status=137/, unit: { args: ['--memory=32m'] } },
  { kind: 'needs', args: ['http://127.0.0.1:9/'], says: /nothing answers at/ },
  { kind: 'slow', args: ['2'], says: /step 10 of 10/ },
] as const;

test.each(kinds)('a $kind image does what it says', async ({ kind, says, ...what }) => {
  const service = await startUpdatable(here, `kind-${kind}`, { unit: 'unit' in what ? what.unit : {} });
  remove.push(service.remove);
  await service.publish('2', { kind, ...('args' in what && { args: what.args }) });
  await deploy(service);
  expect(await here.waitForJournal(says, `--unit=${service.unit}`)).toMatch(says);
});
