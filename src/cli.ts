/** The terminal: reports as text or JSON, plans as a question. It never calls Telegram. */
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import type { App, Command, Plan, Run } from './app.ts';
import { isAct, refusalOf } from './audit.ts';
import { BusyError, UserError, causeOf } from './errors.ts';
import { nearest } from './nearest.ts';
import { present } from './present/index.ts';
import { subjectOf } from './plan-subject.ts';
import { createProgress } from './progress.ts';
import { redactJson } from './redact.ts';
import type { Report } from './report.ts';
import type { StepReport } from './report/work.ts';
import { reportsChat } from './reports-chat.ts';
import type { Tasks } from './tasks.ts';
import { toText } from './terminal.ts';
import type { Texts } from './texts/index.ts';
import { hasSucceeded, isBack, isObserved } from './verdict.ts';

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
  const textOf = (report: Report) => toText(present(report, texts), terminal.output.isTTY === true);
  const fail = (error: unknown): number => {
    if (error instanceof UserError) return (complain(texts.told(error.message)), EXIT.usage);
    if (error instanceof BusyError) {
      const { service, holder } = error;
      return (complain(textOf({ kind: 'note', note: { key: 'busy', service, holder } })), EXIT.busy);
    }
    complain(texts.terminal.failed(causeOf(error), wantsSudo(error)));
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
    complain(`${causeOf(error)}\n${texts.terminal.usage}`);
    return EXIT.usage;
  }
  const [name = 'help', ...args] = words;
  const command = app.commands.find((one) => one.name === name);
  if (command === undefined) {
    const near = nearest(
      name,
      app.commands.map((one) => one.name),
    );
    complain(texts.terminal.unknownCommand(name, near));
    return EXIT.usage;
  }

  const show = (report: Report) => {
    if (flags.json) return void say(redactJson(app.redact, JSON.stringify({ schema: 1, ...report }), 2));
    // Masked as text they would be JSON no more.
    if (report.kind === 'audit-lines') {
      for (const line of report.lines) say(redactJson(app.redact, line));
      return;
    }
    say(app.redact(textOf(report)));
    if (report.kind === 'help') say(`\n${texts.help.commandLine}`);
  };

  const by = `cli:${needs.user}`;
  try {
    const plan = await planned(needs, command, args);
    if (plan !== undefined) {
      if (flags['dry-run'] || plan.isEmpty === true) {
        return (show(plan.report), hasSucceeded(plan.report) ? EXIT.done : EXIT.failed);
      }
      if (!flags.yes) {
        if (!flags.json) show(plan.report);
        if (!(await confirmed(needs, plan.typed))) {
          app.audit.refuse({ what: name, args, by, service: subjectOf(plan) }, { outcome: 'cancelled' });
          return (complain(texts.terminal.unchanged), EXIT.usage);
        }
      }
    }
    const report = await work(needs, command, { args, plan }, flags);
    show(report);
    const ok = hasSucceeded(report) || (plan !== undefined && isBack(plan.report, report));
    if (plan !== undefined && flags.yes && !isObserved(report)) {
      tellInChat(needs, command.name, subjectOf(plan) ?? args.join(' '), ok);
    }
    return ok ? EXIT.done : EXIT.failed;
  } catch (error) {
    return fail(error);
  }
}

/** @param more flags of single commands: they are left among the words, where they were typed */
function parse(argv: readonly string[], more: readonly string[]): { flags: Flags; words: string[] } {
  const ownParts = (word: string): string[] | undefined => {
    const [name = '', ...value] = word.split('=');
    if (!name.startsWith('--') || !more.includes(name.slice(2))) return undefined;
    return value.length === 0 ? [name] : [name, value.join('=')];
  };
  const { values, tokens } = parseArgs({
    // Behind a mark of its own a flag is a word like any other.
    args: argv.flatMap((word) => ownParts(word)?.map((part) => `${OWN}${part}`) ?? word),
    allowPositionals: true,
    tokens: true,
    options: {
      json: { type: 'boolean', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const words = tokens.flatMap((token) =>
    token.kind === 'positional' ? [token.value.replace(OWN, '')] : [],
  );
  return { flags: values, words: values.help ? ['help'] : words };
}

/** Nobody can type it. */
const OWN = '\0';

/** @throws what the command throws, which is in the audit then */
async function planned({ app, user }: CliNeeds, command: Command, args: readonly string[]) {
  try {
    return await command.plan?.(app, args);
  } catch (error) {
    app.audit.refuse({ what: command.name, args, by: `cli:${user}` }, refusalOf(error));
    throw error;
  }
}

async function work(
  { app, tasks, texts, terminal, user, signal }: CliNeeds,
  command: Command,
  { args, plan }: { args: string[]; plan: Plan | undefined },
  flags: Flags,
): Promise<Report> {
  const by = `cli:${user}`;
  const acts = isAct(command, args, plan);
  if (command.plan === undefined && !acts) {
    // Nothing changes, so nothing need be found again after a kill: no row in the store.
    const run: Run = { by, signal, progress: createProgress(app.clock) };
    return command.run(app, args, run);
  }
  // Asked to stop, the work ends at its next good place, and its report says how far it came.
  signal.addEventListener('abort', () => void tasks.drain(0), { once: true });
  const told = new Set<StepReport>();
  const end = await tasks.start(
    {
      kind: 'command',
      name: command.name,
      subject: (plan && subjectOf(plan)) ?? args[0],
      args,
      by,
      plan,
      ...(acts ? { audit: 'act' as const } : {}),
    },
    (run) => command.run(app, args, { ...run, plan }),
    (steps) => {
      if (flags.json || terminal.errors.isTTY !== true) return;
      for (const step of steps) {
        if (step.state !== 'working' || told.has(step)) continue;
        told.add(step);
        const name = texts.steps[step.step] ?? step.step;
        terminal.errors.write(`… ${[name, step.subject].filter(Boolean).join(' ')}\n`);
      }
    },
  );
  if (end.outcome === 'done' && end.report !== undefined) return end.report;
  if (end.outcome === 'failed' || end.outcome === 'skipped') throw end.error;
  if (command.resume === undefined) throw new Error(texts.terminal.brokenOff);
  const again = ['steward', command.name, ...args].join(' ');
  throw new Error(texts.terminal.resumes(again));
}

/** What was done here is worth a silent line to whoever else looks after the host. */
function tellInChat({ app, user }: CliNeeds, verb: string, service: string, ok: boolean): void {
  const chat = reportsChat(app.config.telegram, app.store.facts);
  if (chat === undefined) return;
  app.store.outbox.put({
    key: `cli:${app.clock.now()}:${verb}:${service}`,
    chat,
    body: { what: 'report', report: { kind: 'note', note: { key: 'cli-did', verb, service, by: user, ok } } },
  });
}

/** @param word what is to be typed, where a yes is not enough */
async function confirmed({ terminal, texts }: CliNeeds, word: string | undefined): Promise<boolean> {
  const { terminal: words } = texts;
  if (terminal.input.isTTY !== true) throw new UserError(words.nobodyToAsk);
  const questions = createInterface({ input: terminal.input, output: terminal.errors });
  try {
    if (word !== undefined) {
      const typed = await questions.question(words.type(word));
      return typed.trim().toLowerCase() === word.toLowerCase();
    }
    return words.yes.test((await questions.question(words.goAhead)).trim());
  } catch (error) {
    // Ctrl-C and Ctrl-D are a no.
    if (error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  } finally {
    questions.close();
  }
}

/** Whether root could do it; SQLite tells a missing permission in words of its own. */
export const wantsSudo = (error: unknown): boolean =>
  /EACCES|EPERM|permission denied|unable to open database file|readonly/i.test(causeOf(error));
