/** A bare command where a service is needed: the services as buttons, two in a row so that names fit on a phone. */
import type { Card } from '../card.ts';
import type { Texts } from '../texts/index.ts';
import { stateIcon } from './icons.ts';
import type { Presented } from './index.ts';

export function presentChoice(report: Presented<'choose'>, texts: Texts): Card {
  const buttons = report.services.map((service) => ({
    label: service.state === undefined ? service.title : `${stateIcon[service.state]} ${service.title}`,
    command: report.command,
    args: [service.name],
  }));
  const rows = [];
  for (let start = 0; start < buttons.length; start += 2) rows.push(buttons.slice(start, start + 2));
  return { blocks: [texts.choose(report.command)], buttons: rows };
}
