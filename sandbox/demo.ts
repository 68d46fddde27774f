/**
 * `npm run demo`: the real bot on a MiniPC in a box, with a chat page in the browser. No token, no Podman, no Immich.
 * With `--say` and `--photo` it talks by itself, prints the conversation and ends.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBotProcess } from './bot-process.ts';
import { startMiniPc, type MiniPc } from './minipc.ts';

const USAGE = `Usage: npm run demo [-- options]
  --port <port>     of the chat page; 8080 unless taken
  --language <code> what the bot speaks: en or ko
  --say <text>      send a message, wait for the answer, print the conversation and end
  --photo <file>    the same with a picture as a photo
  --file <file>     the same with a picture as a file
  --tap <label>     the same with a tap on a button of the last message
The last four may be given several times and are done in order.`;

const PORT = 8080;
/** An answer that nobody waits for any longer. */
const PATIENCE = 60_000;
/** So long without a change, and the conversation has come to rest. */
const REST = 1500;

type Act = { name: 'say' | 'photo' | 'file' | 'tap'; value: string };

type Language = 'en' | 'ko';

function parse(argv: readonly string[]): { port: number | undefined; language: Language; acts: Act[] } {
  const option = { type: 'string', multiple: true } as const;
  const { values, tokens } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      language: { type: 'string', default: 'en' },
      say: option,
      photo: option,
      file: option,
      tap: option,
    },
    tokens: true,
  });
  const acts = tokens.flatMap((token): Act[] =>
    token.kind === 'option' && token.name !== 'port' && token.name !== 'language'
      ? [{ name: token.name, value: token.value ?? '' }]
      : [],
  );
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new Error(`--port: found ${values.port}, expected a number from 0 to 65535`);
  }
  const { language } = values;
  if (language !== 'en' && language !== 'ko') {
    throw new Error(`--language: found ${language}, expected en or ko`);
  }
  return { port, language, acts };
}

/** Do one thing as the person, and wait until the bot has nothing more to say to it. */
async function act(pc: MiniPc, { name, value }: Act): Promise<void> {
  const { telegram } = pc;
  if (name === 'say') await telegram.send(value);
  else if (name === 'tap') telegram.tap(value);
  else {
    const bytes = await readFile(value);
    await (name === 'photo' ? telegram.photo(bytes) : telegram.file(basename(value), bytes));
  }
  await telegram.waitFor(() => true, { timeout: PATIENCE });
  await rest(pc);
}

/** Wait until nothing has changed for a while and nothing is under way. */
async function rest({ telegram }: MiniPc): Promise<void> {
  await new Promise<void>((resolve) => {
    const isWorking = () => telegram.messages().some(({ text }) => text.startsWith('🔵'));
    const settled = () => (isWorking() ? (timer = setTimeout(settled, REST)) : (unwatch(), resolve()));
    let timer = setTimeout(settled, REST);
    const unwatch = telegram.world.watch((event) => {
      if (event.kind !== 'message' && event.kind !== 'edited') return;
      clearTimeout(timer);
      timer = setTimeout(settled, REST);
    });
  });
}

/** The port that people will look for, or any where it is taken. */
async function preferred(port: number): Promise<number> {
  const server = createServer();
  const taken = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(true)).listen(port, '127.0.0.1', () => resolve(false));
  });
  if (taken) return 0;
  server.close();
  return port;
}

async function main(argv: readonly string[]): Promise<void> {
  const { port, language, acts } = parse(argv);
  const folder = await mkdtemp(join(tmpdir(), 'steward-demo-'));
  const pc = await startMiniPc({
    folder,
    language,
    port: port ?? (await preferred(PORT)),
    controls: [
      {
        kind: 'button',
        id: 'kill-bot',
        group: 'Steward',
        label: 'Kill the bot (kill -9)',
        hint: 'It is started again after a second and goes on where it was.',
        run: () => bot.kill(),
      },
    ],
  });
  const bot = startBotProcess(pc.env);
  const end = async () => {
    await bot.stop();
    await pc.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    if (acts.length > 0) {
      for (const one of acts) await act(pc, one);
      process.stdout.write(`${pc.telegram.transcript()}\n`);
      return;
    }
    const curl = `curl -H "Authorization: Bearer ${pc.http.token}" --data-binary @picture.png ${pc.http.url}/pictures`;
    process.stdout.write(
      `Steward demo: ${pc.page.url}\nA picture by HTTP: ${curl}\nThe inbox: ${pc.inbox}\nEverything in it is made up. Ctrl+C ends it.\n`,
    );
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  } finally {
    await end();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 2;
}
