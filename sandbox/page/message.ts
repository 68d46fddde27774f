/** One message, or an album of several, as a bubble with its buttons. */
import type { PageMedia, PageMessage } from '../telegram/page-view.ts';
import type { Button } from '../telegram/types.ts';
import { byId, copy, h, icon } from './dom.ts';
import { markup } from './markup.ts';

export type MessageNeeds = {
  /** The person at this page. */
  me(): number;
  now(): number;
  send(text: string): void;
  tap(message: PageMessage, button: Button, element: HTMLButtonElement): void;
  reply(message: PageMessage): void;
  /** Shows another message of the chat. */
  jump(id: number): void;
  opened: Set<string>;
};

/** `messages` has one, or the parts of an album. */
export function bubble(messages: readonly PageMessage[], needs: MessageNeeds): HTMLElement {
  const [message] = messages;
  if (!message) throw new Error('A bubble needs a message');
  const mine = message.from.id === needs.me();
  const captioned = messages.find((each) => each.text !== '') ?? message;
  const media = messages.flatMap((each) => (each.media ? [{ message: each, media: each.media }] : []));
  const pictures = media.filter((each) => each.media.kind !== 'document' && each.media.picture);
  const files = media.filter((each) => !pictures.includes(each));

  const words = h(
    'div',
    { class: 'text', dir: 'auto' },
    ...markup(captioned.text, captioned.entities, {
      command: (text) => needs.send(text),
      now: () => needs.now(),
      isOpen: (quote) => needs.opened.has(`${captioned.id} ${quote}`),
      setOpen: (quote, open) => needs.opened[open ? 'add' : 'delete'](`${captioned.id} ${quote}`),
    }),
  );
  const reactions = [...new Set(messages.flatMap((each) => each.reactions))];
  // The time stands at the end of the text, or in a line with the reactions.
  const inText = captioned.text !== '' && reactions.length === 0;
  if (inText) words.append(meta(captioned, messages, mine));
  const body = h(
    'div',
    { class: 'bubble' },
    !mine && !message.from.bot && h('div', { class: 'sender' }, message.from.name),
    message.reply && quote(message.reply, needs),
    pictures.length > 0 && gallery(pictures.map((each) => each.media)),
    ...files.map((each) => fileLink(each.media)),
    captioned.text !== '' && words,
    !inText &&
      h(
        'div',
        { class: 'foot' },
        reactions.length > 0 &&
          h(
            'span',
            { class: 'reactions', 'aria-label': 'Reactions' },
            ...reactions.map((each) => h('span', {}, each)),
          ),
        meta(captioned, messages, mine),
      ),
  );
  const answer = h(
    'button',
    {
      type: 'button',
      class: 'reply',
      'aria-label': 'Reply',
      title: 'Reply',
      onclick: () => needs.reply(message),
    },
    icon('reply'),
  );
  return h(
    'article',
    {
      class: [
        'message',
        mine ? 'mine' : 'theirs',
        pictures.length > 0 ? 'with-picture' : '',
        captioned.text === '' ? 'bare' : '',
      ]
        .filter((name) => name !== '')
        .join(' '),
      'data-id': message.id,
      'aria-label': `${mine ? 'You' : message.from.name}, ${clock(message.date)}`,
    },
    h('div', { class: 'line' }, body, answer),
    message.keyboard.length > 0 && keyboard(message, needs),
  );
}

export const clock = (date: number): string =>
  new Date(date).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });

function meta(message: PageMessage, messages: readonly PageMessage[], mine: boolean): HTMLElement {
  const edited = messages.some((each) => each.edits > 0);
  return h(
    'span',
    { class: 'meta' },
    message.silent &&
      message.from.bot &&
      h('span', { class: 'silent', title: 'Sent without a sound' }, icon('silent')),
    edited && 'edited ',
    h('time', { datetime: new Date(message.date).toISOString() }, clock(message.date)),
    mine && h('span', { class: 'ticks', title: 'Sent' }, icon('ticks')),
  );
}

const quote = (reply: NonNullable<PageMessage['reply']>, needs: MessageNeeds): HTMLElement =>
  h(
    'button',
    { type: 'button', class: 'quoted', onclick: () => needs.jump(reply.id) },
    h('b', {}, reply.name),
    h('span', {}, reply.text.split('\n')[0] ?? ''),
  );

function gallery(media: readonly PageMedia[]): HTMLElement {
  const tiles = media.map((each) => {
    const image = h('img', {
      src: each.url,
      alt: each.name === 'photo.jpg' ? 'Photo' : each.name,
      loading: 'lazy',
      ...(each.width !== undefined && { width: each.width, height: each.height }),
    });
    return h(
      'button',
      { type: 'button', class: 'tile', 'aria-label': 'Show the picture', onclick: () => enlarge(each) },
      image,
    );
  });
  return h(
    'div',
    { class: media.length === 1 ? 'gallery' : `gallery many n${Math.min(media.length, 4)}` },
    ...tiles,
  );
}

function enlarge(media: PageMedia): void {
  const dialog = byId('viewer', HTMLDialogElement);
  dialog.replaceChildren(h('img', { src: media.url, alt: media.name }));
  dialog.showModal();
}

function fileLink(media: PageMedia): HTMLElement {
  const extension = /\.([A-Za-z0-9]{1,4})$/.exec(media.name)?.[1] ?? 'file';
  return h(
    'a',
    { class: 'file', href: media.url, download: media.name },
    media.picture
      ? h('img', { class: 'file-thumb', src: media.url, alt: '', loading: 'lazy' })
      : h(
          'span',
          { class: 'file-icon', 'aria-hidden': 'true' },
          media.kind === 'video' ? icon('play') : extension,
        ),
    h(
      'span',
      { class: 'file-words' },
      h('span', { class: 'file-name' }, media.name === '' ? media.kind : media.name),
      h('span', { class: 'file-size' }, bytes(media.size)),
    ),
  );
}

/** 1 MB is 1024 × 1024 bytes, as Telegram's clients count. */
export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  if (size < 1024 * 1024) return `${Math.round(size / 1024)} KB`;
  return `${(size / 1024 / 1024).toFixed(1)} MB`;
}

function keyboard(message: PageMessage, needs: MessageNeeds): HTMLElement {
  return h(
    'div',
    { class: 'keyboard', role: 'group', 'aria-label': 'Buttons of this message' },
    ...message.keyboard.map((row) =>
      h('div', { class: 'row' }, ...row.map((button) => keyboardButton(message, button, needs))),
    ),
  );
}

function keyboardButton(message: PageMessage, button: Button, needs: MessageNeeds): HTMLElement {
  const className = `key ${button.style ?? ''}`.trim();
  const label = h('span', { class: 'label' }, button.text);
  if (button.url !== undefined) {
    return h(
      'a',
      { class: className, href: button.url, target: '_blank', rel: 'noopener noreferrer' },
      label,
      h('span', { class: 'corner' }, icon('open')),
    );
  }
  if (button.copy_text) {
    const { text } = button.copy_text;
    return h(
      'button',
      { type: 'button', class: className, onclick: () => void copy(text) },
      label,
      h('span', { class: 'corner' }, icon('copy')),
    );
  }
  const element: HTMLButtonElement = h(
    'button',
    {
      type: 'button',
      class: className,
      disabled: button.disabled !== undefined,
      onclick: () => needs.tap(message, button, element),
    },
    label,
  );
  return element;
}
