/** The terminal: reports as text or JSON, plans as a question. It never calls Telegram. */
import { createInterface } from 'node:readline/promises';
import { parseArgs, styleText } from 'node:util';
import type { App, Command, Run } from './app.ts';
import type { Block, Card } from './card.ts';
import { BusyError, UserError, causeOf } from './errors.ts';
import { nearest } from './nearest.ts';
import { present } from './present/index.ts';
import { createProgress } from './progress.ts';
import { redactJson } from './redact.ts';
import type { Report, StepReport } from './report.ts';
import { plain, type Rich } from './rich.ts';
import type { Tasks } from './tasks.ts';
import type { Texts } from './texts/index.ts';

/** product.md; 75 and 78 are EX_TEMPFAIL and EX_CONFIG of sysexits. */
export const EXIT = { done: 0, failed: 1, usage: 2, busy: 75, config: 78 } as const;

export type Terminal = {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream & { isTTY?: boolean };
  errors: NodeJS.WritableStream & { isTTY?: boolean };
};

type Flags = { json: boolean; yes: boolean; 'dry-run': boolean };

export type CliNeeds = {
  app: App;
  tasks: Tasks;
  texts: Texts;
  terminal: Terminal;
  user: string;
  signal: AbortSignal;
};

/**
 * Run one command.
 * @param argv what stands behind `steward`
 * @returns the exit code
 */
export async function runCommandLine(needs: CliNeeds, argv: readonly string[]): Promise<number> {
  const { app, texts, terminal } = needs;
  const say = (text: string) => terminal.output.write(`${text}\n`);
  const complain = (text: string) => terminal.errors.write(`${app.redact(text)}\n`);
  const fail = (error: unknown): number => {
    if (error instanceof UserError) return (complain(error.message), EXIT.usage);
    if (error instanceof BusyError) {
      const { holder, service } = error;
      const since =
        holder === undefined
          ? ''
          : ` (${holder.what} by ${holder.by} since ${new Date(holder.since).toLocaleTimeString()})`;
      return (complain(`${service} is busy${since}. Ask again when it is done.`), EXIT.busy);
    }
    complain(`That did not work: ${causeOf(error)}${sudoHint(error)}`);
    return EXIT.failed;
  };

  let flags: Flags;
  let words: string[];
  try {
    ({ flags, words } = parse(
      argv,
      app.commands.flatMap((one) => one.flags ?? []),
    ));
  } catch (error) {
    complain(`${causeOf(error)}\nUsage: steward <command> [arguments] [--json] [--yes] [--dry-run]`);
    return EXIT.usage;
  }
  const [name = 'help', ...args] = words;
  const command = app.commands.find((one) => one.name === name);
  if (command === undefined) {
    const near = nearest(
      name,
      app.commands.map((one) => one.name),
    );
    complain(
      `There is no command "${name}".${near.length === 0 ? ' See steward help.' : ` Did you mean ${near.join(' or ')}?`}`,
    );
    return EXIT.usage;
  }

  const show = (report: Report) => {
    if (flags.json) return say(redactJson(app.redact, JSON.stringify({ schema: 1, ...report }), 2));
    return say(app.redact(toText(present(report, texts), terminal.output.isTTY === true)));
  };

  try {
    const plan = await command.plan?.(app, args);
    if (plan !== undefined) {
      if (flags['dry-run'] || plan.isEmpty === true) {
        return (show(plan.report), succeeded(plan.report) ? EXIT.done : EXIT.failed);
      }
      if (!flags.yes) {
        if (!flags.json) show(plan.report);
        if (!(await confirmed(terminal))) return (complain('Nothing was changed.'), EXIT.usage);
      }
    }
    const report = await work(needs, command, args, flags);
    show(report);
    const ok = succeeded(report);
    if (plan !== undefined && flags.yes) {
      const subject = plan.report.kind === 'plan' ? plan.report.service : args.join(' ');
      tellInChat(needs, command.name, subject, ok);
    }
    return ok ? EXIT.done : EXIT.failed;
  } catch (error) {
    return fail(error);
  }
}

/** @param more flags of single commands: they are left among the words, as they were typed */
function parse(argv: readonly string[], more: readonly string[]): { flags: Flags; words: string[] } {
  const own = argv.filter((word) => more.includes(word.slice(2)) && word.startsWith('--'));
  const { values, positionals } = parseArgs({
    args: argv.filter((word) => !own.includes(word)),
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { flags: values, words: values.help ? ['help'] : [...positionals, ...own] };
}

async function work(
  { app, tasks, terminal, user, signal }: CliNeeds,
  command: Command,
  args: string[],
  flags: Flags,
): Promise<Report> {
  const by = `cli:${user}`;
  if (command.plan === undefined) {
    // Nothing changes, so nothing need be found again after a kill: no row in the store.
    const run: Run = { by, signal, progress: createProgress(app.clock) };
    return command.run(app, args, run);
  }
  const told = new Set<StepReport>();
  const end = await tasks.start(
    { kind: 'command', name: command.name, subject: args[0], args, by },
    (run) => command.run(app, args, run),
    (steps) => {
      if (flags.json || terminal.errors.isTTY !== true) return;
      for (const step of steps) {
        if (step.state !== 'working' || told.has(step)) continue;
        told.add(step);
        terminal.errors.write(`… ${[step.step, step.subject].filter(Boolean).join(' ')}\n`);
      }
    },
  );
  if (end.outcome === 'done' && end.report !== undefined) return end.report;
  if (end.outcome === 'failed' || end.outcome === 'skipped') throw end.error;
  throw new Error('it was interrupted');
}

const succeeded = (report: Report): boolean =>
  !(report.kind === 'outcome' && !report.ok) &&
  !(report.kind === 'note' && report.note.key === 'failed') &&
  !(report.kind === 'cleaning' && (report.trouble ?? report.failed ?? report.folderTrouble) !== undefined);

/** What was done here is worth a silent line to whoever else looks after the host. */
function tellInChat({ app, user }: CliNeeds, verb: string, service: string, ok: boolean): void {
  const { chat } = app.config.telegram;
  if (chat === undefined) return;
  app.store.outbox.put({
    key: `cli:${app.clock.now()}:${verb}:${service}`,
    chat,
    body: { what: 'report', report: { kind: 'note', note: { key: 'cli-did', verb, service, by: user, ok } } },
  });
}

async function confirmed(terminal: Terminal): Promise<boolean> {
  if (terminal.input.isTTY !== true) {
    throw new UserError(
      'This needs a yes, and there is no terminal to ask: use --yes, or --dry-run to see the plan.',
    );
  }
  const questions = createInterface({ input: terminal.input, output: terminal.errors });
  try {
    return /^y(es)?$/i.test((await questions.question('Go ahead? [y/N] ')).trim());
  } finally {
    questions.close();
  }
}

const sudoHint = (error: unknown): string =>
  /EACCES|EPERM|permission denied/i.test(causeOf(error)) ? '. Use sudo.' : '';

/** A card for a terminal: bold where it can show it, quotes indented, buttons left out but for what can be copied. */
export function toText(card: Card, styled: boolean): string {
  const head = card.blocks.map((block) => blockText(block, styled));
  return (card.file === undefined ? head : [...head, card.file.text.trimEnd()]).join('\n');
}

const isQuote = (block: Block): block is Extract<Block, { quote: unknown }> => 'quote' in block;

const blockText = (block: Block, styled: boolean): string =>
  isQuote(block)
    ? block.quote.map((line) => `  ${spanText(line, styled)}`).join('\n')
    : spanText(block, styled);

const spanText = (text: Rich, styled: boolean): string =>
  text
    .map((span) => {
      if (typeof span === 'string') return span;
      if ('b' in span) return styled ? styleText('bold', plain(span.b)) : plain(span.b);
      if ('i' in span) return styled ? styleText('dim', plain(span.i)) : plain(span.i);
      return plain([span]);
    })
    .join('');
