/** The greeting and the list of commands. */
import type { Card } from '../card.ts';
import { b, join, rich, type Rich } from '../rich.ts';
import { isWell, worstFirst } from '../state.ts';
import type { Texts } from '../texts/index.ts';
import { stateIcon } from './icons.ts';
import type { Presented } from './index.ts';

export function presentStart(report: Presented<'start'>, texts: Texts): Card {
  const { services } = report;
  const healthy = services.filter((service) => isWell(service.state)).length;
  const worst = worstFirst(services).find((service) => !isWell(service.state));
  const head = rich`${texts.start.connected(report.host)} ${
    services.length === 0 ? texts.status.none : texts.start.counts(healthy, services.length)
  }`;
  return {
    blocks: [
      head,
      ...(worst === undefined ? [] : [texts.start.look(stateIcon[worst.state], worst.title)]),
      [],
      texts.start.intro,
    ],
  };
}

export function presentHelp(report: Presented<'help'>, texts: Texts): Card {
  const blocks: Rich[] = [texts.help.title];
  for (const purpose of ['look', 'act', 'schedule', 'about'] as const) {
    const commands = report.commands.filter((command) => command.purpose === purpose);
    if (commands.length === 0) continue;
    blocks.push([], rich`${b(texts.help.purposes[purpose])}`);
    for (const { name, usage } of commands) {
      blocks.push(
        join([rich`/${name}${usage === '' ? '' : ` ${usage}`}`, rich`${texts.commands[name] ?? ''}`], ' – '),
      );
    }
  }
  const has = (name: string) => report.commands.some((command) => command.name === name);
  const { pictures, naming, names } = texts.help;
  return {
    blocks: [
      ...blocks,
      [],
      has('name') ? rich`${pictures} ${naming}` : pictures,
      ...(has('logs') ? [[], names] : []),
    ],
  };
}
