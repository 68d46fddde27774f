/** Switches and buttons of the page for what can go wrong. */
import type { Telegram } from '../telegram.ts';
import type { PageControl } from './page-view.ts';

/** A switch or a button on the page; `group` is the heading under which it stands. */
export type Control = { id: string; label: string; hint?: string; group: string } & (
  | { kind: 'toggle'; get(): boolean; set(on: boolean): void | Promise<void> }
  | { kind: 'button'; run(): void | Promise<void> }
);

/** Controls as the page is told of them. */
export const pageControls = (controls: readonly Control[]): PageControl[] =>
  controls.map((control) => ({
    id: control.id,
    label: control.label,
    group: control.group,
    kind: control.kind,
    ...(control.hint !== undefined && { hint: control.hint }),
    ...(control.kind === 'toggle' && { on: control.get() }),
  }));

/** What goes wrong with Telegram itself. */
export function telegramControls(telegram: Telegram): Control[] {
  const group = 'Telegram';
  let away = false;
  return [
    {
      kind: 'toggle',
      id: 'telegram-away',
      group,
      label: 'Telegram is away',
      hint: 'Every connection of the bot is refused.',
      get: () => away,
      set: async (on) => {
        away = on;
        await (on ? telegram.away() : telegram.back());
      },
    },
    {
      kind: 'button',
      id: 'flood',
      group,
      label: 'Flood limit for 20 s',
      hint: 'What the bot sends or edits is answered with 429.',
      run: () => telegram.flood(20),
    },
    {
      kind: 'button',
      id: 'cut',
      group,
      label: 'Cut the line after the next message',
      hint: 'It arrives, but the bot never hears so.',
      run: () => void telegram.addFault({ method: 'sendMessage', afterEffect: true }),
    },
    {
      kind: 'button',
      id: 'second-poller',
      group,
      label: 'A second copy of the bot polls',
      hint: 'The poll of this one ends with 409.',
      run: () => telegram.secondPoller(),
    },
  ];
}
