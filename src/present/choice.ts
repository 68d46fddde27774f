/** A bare command where a service is needed: the services as buttons. */
import type { Card } from '../card.ts';
import { inRows } from '../rows.ts';
import type { Texts } from '../texts/index.ts';
import { stateIcon } from './icons.ts';
import type { Presented } from './index.ts';

export function presentChoice(report: Presented<'choose'>, texts: Texts): Card {
  const buttons = report.services.map((service) => ({
    label: service.state === undefined ? service.title : `${stateIcon[service.state]} ${service.title}`,
    command: report.command,
    args: [service.name],
  }));
  return { blocks: [texts.choose(report.command)], buttons: inRows(buttons) };
}
