/** What a page, or a program in another process, may do as a person: `/sim/<act>`. */
import type { Telegram } from '../telegram.ts';
import type { Control } from './controls.ts';
import type { Fault } from './faults.ts';
import type { Part } from './multipart.ts';
import type { Item } from './person.ts';

/** Parameters, from the query or a JSON body. `as` is a person's id, `chat` a group's. */
export type Ask = Record<string, unknown>;

export type Act = (ask: Ask, parts: readonly Part[]) => unknown;

/** Browsers write the quotes and line ends of a name as in URLs (html.spec.whatwg.org, multipart form data). */
const fileName = ({ fileName: name = 'file' }: Part): string =>
  name.replace(/%22|%0D|%0A/g, (code) => decodeURIComponent(code));

/** Acts by name. @throws with a sentence for whoever asked. */
export function createActs(telegram: Telegram, controls: readonly Control[]): Record<string, Act> {
  const number = (ask: Ask, name: string): number | undefined => {
    const value = ask[name];
    return value === undefined || value === null || value === '' ? undefined : Number(value);
  };
  const word = (ask: Ask, name: string): string => (typeof ask[name] === 'string' ? ask[name] : '');
  const who = (ask: Ask) => telegram.person(number(ask, 'as') ?? telegram.id);
  const where = (ask: Ask) => {
    const chat = number(ask, 'chat');
    const replyTo = number(ask, 'replyTo');
    return { ...(chat !== undefined && { chat }), ...(replyTo !== undefined && { replyTo }) };
  };
  const place = (ask: Ask) => {
    const chat = number(ask, 'chat');
    const message = number(ask, 'message');
    return { ...(chat !== undefined && { chat }), ...(message !== undefined && { message }) };
  };

  async function upload(ask: Ask, parts: readonly Part[]): Promise<unknown> {
    const caption = word(ask, 'caption');
    const items = parts
      .filter((part) => part.fileName !== undefined)
      .map((part, index): Item => {
        const first = index === 0 && caption !== '' && { caption };
        if (ask['kind'] === 'photo') return { kind: 'photo', bytes: part.bytes, ...first };
        return {
          kind: part.type.startsWith('video/') ? 'video' : 'document',
          bytes: part.bytes,
          name: fileName(part),
          type: part.type,
          ...first,
        };
      });
    const [only] = items;
    if (!only) throw new Error('No file came with this');
    if (items.length > 1) return who(ask).album(items, { ...where(ask), gapMs: number(ask, 'gapMs') ?? 0 });
    if (only.kind === 'photo') return who(ask).photo(only.bytes, { ...where(ask), ...only });
    return who(ask).file(only.name, only.bytes, { ...where(ask), ...only });
  }

  return {
    send: (ask) => who(ask).send(word(ask, 'text'), where(ask)),
    upload,
    // The page taps what it shows, by its data: the message may have changed since.
    tap: (ask) => {
      const data = word(ask, 'data');
      const message = number(ask, 'message');
      if (data !== '' && message !== undefined)
        return { tap: who(ask).tapData(data, { ...place(ask), message }).id };
      return { tap: who(ask).tap(word(ask, 'label'), place(ask)).id };
    },
    edit: (ask) => who(ask).edit(number(ask, 'message') ?? 0, word(ask, 'text')),
    react: (ask) =>
      who(ask).react(number(ask, 'message') ?? 0, word(ask, 'emoji') || undefined, number(ask, 'chat')),
    block: (ask) => who(ask).block(),
    unblock: (ask) => who(ask).unblock(),
    control: async (ask) => {
      const control = controls.find((each) => each.id === ask['id']);
      if (!control) throw new Error(`No such control: ${word(ask, 'id')}`);
      await (control.kind === 'toggle' ? control.set(ask['on'] === true) : control.run());
      telegram.world.emit({ kind: 'controls' });
    },
    fault: (ask) => void telegram.addFault(ask as Fault),
    'clear-faults': () => telegram.clearFaults(),
    clock: (ask) => telegram.advance(number(ask, 'milliseconds') ?? 0),
  };
}
