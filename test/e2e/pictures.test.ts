/** Pictures after they were filed, as a person has them in the chat: kept, named, listed, cleaned; the real program on the box. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBotProcess, type BotProcess } from '../../sandbox/bot-process.ts';
import { startMiniPc, type MiniPc } from '../../sandbox/minipc.ts';
import type { Seen } from '../../sandbox/telegram/seen.ts';
import { picture } from '../operations/bridge.ts';
import { CHILD_ENV } from '../child-env.ts';

const GUEST = 700_000_002;
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let folder: string;
let pc: MiniPc;
let bot: BotProcess;
let env: Record<string, string>;
let seed = 100;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-pictures-e2e-'));
  pc = await startMiniPc({ folder });
  pc.telegram.addPerson({ id: GUEST, first_name: 'Guest', started: true });
  env = { ...pc.env, CLEAN_MIN_AGE: '0', TELEGRAM_GUEST_IDS: String(GUEST) };
  bot = startBotProcess(env);
  await pc.telegram.listening();
});
afterAll(async () => {
  await bot.stop();
  await pc.close();
  await rm(folder, { recursive: true, force: true });
});

const steward = (...args: string[]) =>
  new Promise<{ code: number; output: string; errors: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...CHILD_ENV, ...env } }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), output, errors }),
    );
  });

const pictures = () => env['PICTURES_DIR'] ?? '';
const pathIn = ({ text }: Seen): string => /\/\S+\/pictures\/\S+/.exec(text)?.[0] ?? '';

/** Send a picture and wait for its card, filed. */
async function file(): Promise<{ card: Seen; message: number; path: string; number: string }> {
  seed += 1;
  const { message_id: message } = await pc.telegram.file('shot.jpg', await picture(seed));
  const card = await pc.telegram.waitFor(
    ({ replyTo, buttons }) => replyTo === message && buttons.flat().includes('Keep'),
  );
  const path = pathIn(card);
  return { card, message, path, number: /p(\d+)/.exec(basename(path))?.[1] ?? '' };
}

const cardNow = ({ id }: Seen) => pc.telegram.message(id) as Seen;
const assets = () => [...pc.immich.library.assets.values()].filter(({ status }) => status === 'active');

test('[Keep] answers over the chat, changes its card, and is taken back by its second form', async () => {
  const { telegram } = pc;
  const { card, number } = await file();
  const messages = telegram.messages().length;
  const kept = await telegram.tap('Keep', { message: card.id }).answered;
  expect(kept.text).toBe(`📌 p${number}: kept until you let it go.`);
  await telegram.until(() => cardNow(card).buttons.flat().includes('Let it go'), 'the other button');
  expect(cardNow(card).text).toContain('📌 Kept until you let it go.');
  const free = await telegram.tap('Let it go', { message: card.id }).answered;
  expect(free.text).toBe(`p${number} goes with the next cleaning.`);
  await telegram.until(() => cardNow(card).buttons.flat().includes('Keep'), 'the first button again');
  expect(telegram.messages()).toHaveLength(messages);
});

test('an album has one [Keep] for all of its pictures', async () => {
  const { telegram } = pc;
  const items = await Promise.all([201, 202].map((one) => picture(one)));
  await telegram.album(items.map((bytes, n) => ({ kind: 'document' as const, bytes, name: `${n}.jpg` })));
  const card = await telegram.waitFor(
    ({ text, buttons }) => text.includes('2 pictures ready') && buttons.flat().includes('Keep'),
  );
  // Both of them: a part that is not filed yet is not kept by the tap.
  await telegram.until(
    () =>
      (cardNow(card).raw.reply_markup?.inline_keyboard.flat() ?? []).some((button) =>
        /^a:keep \d+ \d+$/.test(button.callback_data ?? ''),
      ),
    'a button for both',
  );
  await telegram.tap('Keep', { message: card.id }).answered;
  await telegram.until(() => cardNow(card).buttons.flat().includes('Let it go'), 'the other button');
  expect(cardNow(card).text).toContain('📌 Kept until you let them go.');
});

test('a word in reply to a picture names it, in reply to its card too, and the number goes on to work', async () => {
  const { telegram } = pc;
  const { card, message, path, number } = await file();
  await telegram.send('login-bug.jpg', { replyTo: message });
  const answer = await telegram.waitFor(`🏷 p${number} can be opened as`);
  const named = join(pictures(), 'login-bug.jpg');
  expect(answer.text).toContain(named);
  expect(telegram.copy('Copy path', { message: answer.id })).toBe(named);
  expect(readlinkSync(named)).toBe(basename(path));
  await telegram.until(() => cardNow(card).text.includes(named), 'the card with the name');
  expect(cardNow(card).text).toContain(`also ${path}`);
  expect(telegram.copy('Copy path', { message: card.id })).toBe(named);

  await telegram.send('second try', { replyTo: card.id });
  await telegram.waitFor(join(pictures(), 'second-try.jpg'));
  expect(readdirSync(pictures())).toEqual(
    expect.arrayContaining(['login-bug.jpg', 'second-try.jpg', basename(path)]),
  );

  const other = await file();
  await telegram.send('login-bug', { replyTo: other.message });
  await telegram.waitFor(join(pictures(), 'login-bug-2.jpg'));
});

test('what cannot be a name is said, and a reply to anything else is no name', async () => {
  const { telegram } = pc;
  const { message } = await file();
  const files = readdirSync(pictures());
  await telegram.send('🐞', { replyTo: message });
  await telegram.waitFor("cannot be a file's name");
  const status = await telegram.send('/status');
  await telegram.waitFor('healthy');
  await telegram.send('hello', { replyTo: status.message_id });
  await telegram.waitFor('/help');
  expect(readdirSync(pictures())).toEqual(files);
});

test('/images lists the last ones with a copy button each, as the command line does', async () => {
  const { telegram } = pc;
  const { path, number } = await file();
  await telegram.send('/images 2');
  const list = await telegram.waitFor('The last 2 pictures');
  expect(list.text).toContain(path);
  expect(list.text).toMatch(/640×480, \d+ KB, filed/);
  expect(telegram.copy(`p${number}.jpg`, { message: list.id })).toBe(path);
  await telegram.send('/images 99');
  await telegram.waitFor('from 1 to 20');

  const { code, output } = await steward('images', '1', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    schema: 1,
    kind: 'images',
    pictures: [{ path, state: 'filed' }],
  });
});

test('a guest keeps, names and cleans nothing', async () => {
  const { telegram } = pc;
  const guest = telegram.person(GUEST);
  seed += 1;
  const { message_id: id } = await guest.file('guest.jpg', await picture(seed));
  const card = await telegram.waitFor('Ready for your agent', { chat: GUEST });
  expect(card.buttons.flat()).not.toContain('Keep');
  await guest.send('mine', { replyTo: id });
  await telegram.waitFor('The rest is for the owner', { chat: GUEST });
  await guest.send('/clean');
  await telegram.until(
    () =>
      telegram.messages(GUEST).filter(({ text }) => text.includes('The rest is for the owner')).length === 2,
    'a second refusal',
  );
  expect(existsSync(join(pictures(), 'mine.jpg'))).toBe(false);
});

test('/clean shows what would be deleted, deletes it at the tap, and leaves what is kept or not ours', async () => {
  const { telegram, immich } = pc;
  const { path, card } = await file();
  const keeper = await file();
  await telegram.tap('Keep', { message: keeper.card.id }).answered;
  const photo = immich.addPhoto(immich.user, await picture(900));
  const [album] = [...immich.library.albums.values()];
  album?.assets.add(photo);
  const before = assets().length;

  await telegram.send('/clean');
  const plan = await telegram.waitFor('Clean Claude Code Temp?');
  expect(plan.text).toMatch(/\d+ pictures are deleted for good/);
  expect(plan.text).toMatch(/📌 3 kept/);
  expect(plan.text).toContain('1 picture in it that I did not put there: left alone');
  expect(assets()).toHaveLength(before);
  telegram.tap('Delete', { message: plan.id });
  await telegram.waitFor(/Claude Code Temp cleaned: \d+ pictures deleted/);
  await telegram.until(() => assets().length === 4, 'the kept ones and the photo to be left');
  expect(assets()).toContain(photo);
  expect(existsSync(path)).toBe(true);
  await telegram.until(() => cardNow(card).text.includes('Not in the album any more'), 'the card to say so');

  await telegram.send('/clean');
  const nothing = await telegram.waitFor('Nothing to clean in Claude Code Temp');
  expect(nothing.buttons.flat()).toEqual(['Take 1 out of the album…']);
});

test('[Take 1 out of the album…] asks, and takes it out of the album only', async () => {
  const { telegram, immich } = pc;
  telegram.tap('Take 1 out of the album…');
  await telegram.waitFor('Take 1 picture out of Claude Code Temp?');
  const before = assets().length;
  telegram.tap('Take out');
  await telegram.waitFor('1 picture taken out of Claude Code Temp');
  expect(assets()).toHaveLength(before);
  const [album] = [...immich.library.albums.values()];
  // Immich deletes in a job of its own, a moment after it has said so.
  const active = [...(album?.assets ?? [])].filter(({ status }) => status === 'active');
  expect(active).toHaveLength(3);
});

test('the command line shows a plan with --dry-run, cleans with --yes, and says so in the chat', async () => {
  const { telegram } = pc;
  await file();
  const before = assets().length;
  const plan = await steward('clean', '--dry-run');
  expect(plan).toMatchObject({ code: 0, errors: '' });
  expect(plan.output).toContain('Clean Claude Code Temp? 1 picture is deleted for good.');
  expect(assets()).toHaveLength(before);
  const refused = await steward('clean', '--adopted', '--yes');
  expect(refused.code).toBe(2);
  const done = await steward('clean', '--yes');
  expect(done).toMatchObject({ code: 0, errors: '' });
  expect(done.output).toContain('Claude Code Temp cleaned: 1 picture deleted');
  await telegram.waitFor('clean from the command line');
  await telegram.until(() => assets().length === before - 1, 'the asset to be gone');
  expect(await steward('clean', '--adopt', '--dry-run')).toMatchObject({ code: 0 });
});

test('keep and name on the command line do what the chat does', async () => {
  const { telegram } = pc;
  const { card, number } = await file();
  expect((await steward('keep', number)).output).toContain(`p${number}: kept until you let it go.`);
  await telegram.until(() => cardNow(card).buttons.flat().includes('Let it go'), 'the card to change');
  const { output } = await steward('name', `p${number}`, 'from', 'the', 'shell');
  expect(output).toContain(join(pictures(), 'from-the-shell.jpg'));
  expect(await steward('keep', '99999')).toMatchObject({
    code: 2,
    errors: expect.stringContaining('There is no picture'),
  });
});
