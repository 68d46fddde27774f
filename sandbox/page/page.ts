/** The chat page: keeps what the stand-in tells, and shows it. */
import type {
  PageChat,
  PageControl,
  PageEvent,
  PageMessage,
  PagePerson,
  PageState,
} from '../telegram/page-view.ts';
import { createComposer } from './composer.ts';
import { byId, h, toast } from './dom.ts';
import { refreshTimes } from './markup.ts';
import { bubble, type MessageNeeds } from './message.ts';
import { createPanel } from './panel.ts';
import { act, listen, upload } from './server.ts';

/** Milliseconds for which "typing …" is shown, as in Telegram's clients. */
const ACTION_SHOWN = 5000;

const ACTIONS: Record<string, string> = {
  typing: 'typing …',
  upload_photo: 'sending a photo …',
  upload_document: 'sending a file …',
  upload_video: 'sending a video …',
};

const log = byId('log', HTMLElement);
const status = byId('status', HTMLElement);
const person = byId('person', HTMLSelectElement);
const chatSelect = byId('chat-select', HTMLSelectElement);
const jumpDown = byId('jump-down', HTMLButtonElement);

const messages = new Map<string, PageMessage>();
const shown = new Map<string, { element: HTMLElement; made: string }>();
const opened = new Set<string>();
/** Tap id → the button that waits for its answer. */
const spinning = new Map<string, { message: number; label: string }>();

let skew = 0;
let connected = false;
let away = false;
let bot = { id: 0, name: '', username: '' };
let people: PagePerson[] = [];
let groups: PageChat[] = [];
let actionTimer: ReturnType<typeof setTimeout> | undefined;

const now = (): number => Date.now() + skew;
const me = (): number => Number(person.value);
const chat = (): number => Number(chatSelect.value);
const failed = (error: unknown): void => toast(error instanceof Error ? error.message : String(error));

const needs: MessageNeeds = {
  me,
  now,
  opened,
  send: (text) => void send(text, undefined).catch(failed),
  reply: (message) => composer.reply(message),
  jump(id) {
    const target = log.querySelector<HTMLElement>(`[data-id="${id}"]`);
    target?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    if (target) flash(target);
  },
  tap(message, button, element) {
    if (element.classList.contains('waiting')) return;
    element.classList.add('waiting');
    act('tap', { as: me(), chat: message.chat, message: message.id, data: button.callback_data }).then(
      ({ tap }) => {
        if (answeredEarly.delete(String(tap))) element.classList.remove('waiting');
        else spinning.set(String(tap), { message: message.id, label: button.text });
      },
      (error: unknown) => {
        element.classList.remove('waiting');
        failed(error);
      },
    );
  },
};

/** Answers that came before the tap's own reply. */
const answeredEarly = new Set<string>();

const send = async (text: string, replyTo: number | undefined): Promise<void> => {
  await act('send', { as: me(), chat: chat(), text, replyTo });
  scrollDown();
};

const composer = createComposer({
  commands: () => people.find((each) => each.id === me())?.commands ?? [],
  send,
  upload: async (files, kind, caption, replyTo) => {
    await upload(files, {
      as: String(me()),
      chat: String(chat()),
      kind,
      caption,
      ...(replyTo !== undefined && { replyTo: String(replyTo) }),
    });
    scrollDown();
  },
});
const panel = createPanel();

// --- the conversation --------------------------------------------------------

const nearEnd = (): boolean => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
const scrollDown = (): void => log.scrollTo({ top: log.scrollHeight });

function flash(element: HTMLElement): void {
  element.classList.remove('flash');
  // Reading the layout makes the animation begin anew.
  void element.offsetWidth;
  element.classList.add('flash');
}

const day = (date: number): string => {
  const then = new Date(date);
  if (then.toDateString() === new Date(now()).toDateString()) return 'Today';
  return then.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
};

/** Messages of this chat, the parts of an album together. */
function units(): PageMessage[][] {
  const found: PageMessage[][] = [];
  for (const message of messages.values()) {
    if (message.chat !== chat()) continue;
    const album =
      message.album === undefined ? undefined : found.find((unit) => unit[0]?.album === message.album);
    if (album) album.push(message);
    else found.push([message]);
  }
  return found;
}

function render(): void {
  const atEnd = nearEnd();
  const wanted: HTMLElement[] = [];
  const keys = new Set<string>();
  let last: PageMessage | undefined;
  for (const unit of units()) {
    const [first] = unit;
    if (!first) continue;
    if (!last || day(last.date) !== day(first.date)) {
      wanted.push(h('div', { class: 'day', role: 'separator' }, day(first.date)));
    }
    const key = `${first.chat} ${first.id} ${me()}`;
    const made = JSON.stringify(unit);
    const old = shown.get(key);
    let element = old?.element;
    if (!element || old?.made !== made) {
      element = bubble(unit, needs);
      const edited = unit.reduce((sum, each) => sum + each.edits, 0);
      if (Number(old?.element.dataset['edits'] ?? edited) !== edited) flash(element);
      else if (!old && last !== undefined) element.classList.add('fresh');
      element.dataset['edits'] = String(edited);
      shown.set(key, { element, made });
    }
    element.classList.toggle('follows', last?.from.id === first.from.id);
    keys.add(key);
    wanted.push(element);
    last = first;
  }
  for (const key of shown.keys()) if (!keys.has(key)) shown.delete(key);
  place(wanted);
  spin();
  if (atEnd) scrollDown();
  jumpDown.classList.toggle('news', !atEnd);
  byId('empty', HTMLElement).hidden = wanted.length > 0;
}

/** Puts the elements in order, moving only what is out of place. */
function place(wanted: readonly HTMLElement[]): void {
  const keep = new Set<Element>(wanted);
  for (const child of log.querySelectorAll(':scope > *')) if (!keep.has(child)) child.remove();
  for (const [index, element] of wanted.entries()) {
    if (log.children[index] !== element) log.insertBefore(element, log.children[index] ?? null);
  }
}

function spin(): void {
  for (const { message, label } of spinning.values()) {
    const keys = log.querySelectorAll<HTMLElement>(`[data-id="${message}"] .key`);
    for (const key of keys) if (key.textContent === label) key.classList.add('waiting');
  }
}

function answered(event: PageEvent & { kind: 'answer' }): void {
  const tapped = spinning.get(event.tap);
  if (tapped) {
    spinning.delete(event.tap);
    for (const key of log.querySelectorAll(`[data-id="${tapped.message}"] .key.waiting`))
      key.classList.remove('waiting');
  } else answeredEarly.add(event.tap);
  if (event.alert === true) {
    byId('alert-text', HTMLElement).textContent = event.text ?? '';
    byId('alert', HTMLDialogElement).showModal();
  } else if (event.text !== undefined) toast(event.text);
}

// --- who and where -------------------------------------------------------------

function choosePeople(): void {
  const chosenPerson = person.value;
  person.replaceChildren(...people.map((each) => h('option', { value: each.id }, each.name)));
  if (people.some((each) => String(each.id) === chosenPerson)) person.value = chosenPerson;
  chooseChat();
}

function chooseChat(): void {
  const chosenChat = chatSelect.value;
  const mine = groups.filter((group) => group.members.includes(me()));
  chatSelect.replaceChildren(
    h('option', { value: me() }, `Private chat with ${bot.name}`),
    ...mine.map((group) => h('option', { value: group.id }, group.title)),
  );
  if (mine.some((group) => String(group.id) === chosenChat)) chatSelect.value = chosenChat;
  byId('who', HTMLElement).hidden = people.length < 2 && mine.length === 0;
  byId('where', HTMLElement).hidden = mine.length === 0;
  const group = groups.find((each) => each.id === chat());
  byId('chat-name', HTMLElement).textContent = group?.title ?? bot.name;
  byId('block', HTMLButtonElement).textContent = blocked() ? 'Unblock the bot' : 'Block the bot';
  composer.refresh();
}

const blocked = (): boolean => people.find((each) => each.id === me())?.blocked === true;

person.addEventListener('change', () => {
  chooseChat();
  render();
  scrollDown();
});
chatSelect.addEventListener('change', () => {
  chooseChat();
  render();
  scrollDown();
});
byId('block', HTMLButtonElement).addEventListener('click', () => {
  act(blocked() ? 'unblock' : 'block', { as: me() }).catch(failed);
});

function showStatus(action?: string): void {
  clearTimeout(actionTimer);
  status.classList.toggle('lost', !connected || away);
  if (!connected) status.textContent = 'The demo has stopped; waiting for it …';
  else if (away) status.textContent = 'Telegram is away for the bot';
  else if (action !== undefined) {
    status.textContent = action;
    actionTimer = setTimeout(() => showStatus(), ACTION_SHOWN);
  } else status.textContent = blocked() ? 'blocked by you' : 'bot';
}

// --- what the stand-in tells ----------------------------------------------------

function begin(state: PageState): void {
  skew = state.now - Date.now();
  bot = state.bot;
  people = state.people;
  groups = state.groups;
  document.title = state.title;
  byId('avatar', HTMLElement).textContent = [...bot.name][0] ?? '';
  messages.clear();
  for (const message of state.messages) messages.set(`${message.chat} ${message.id}`, message);
  choosePeople();
  panel.reset(state.calls);
  control(state.controls);
  render();
  scrollDown();
}

function control(controls: readonly PageControl[]): void {
  away = controls.some((each) => each.id === 'telegram-away' && each.on === true);
  panel.controls(controls);
  showStatus();
}

function hear(event: PageEvent): void {
  switch (event.kind) {
    case 'state':
      return begin(event.state);
    case 'message': {
      const key = `${event.message.chat} ${event.message.id}`;
      if (event.message.deleted) messages.delete(key);
      else messages.set(key, event.message);
      if (event.message.from.bot && event.message.edits === 0) showStatus();
      return render();
    }
    case 'call':
      return panel.call(event.call);
    case 'answer':
      return answered(event);
    case 'action':
      if (event.chat === chat()) showStatus(ACTIONS[event.action] ?? 'busy …');
      return;
    case 'people':
      people = event.people;
      groups = event.groups;
      choosePeople();
      return showStatus();
    case 'controls':
      return control(event.controls);
    default:
      return event satisfies never;
  }
}

listen(hear, (yes) => {
  connected = yes;
  showStatus();
});

setInterval(() => refreshTimes(log, now()), 10_000);
log.addEventListener('scroll', () => {
  const end = nearEnd();
  jumpDown.classList.toggle('shown', !end);
  if (end) jumpDown.classList.remove('news');
});
// Pictures that arrive late push the end away.
log.addEventListener(
  'load',
  (event) => event.target instanceof HTMLImageElement && nearEndAfterImage(event.target),
  true,
);
const nearEndAfterImage = (image: HTMLImageElement): void => {
  if (log.scrollHeight - log.scrollTop - log.clientHeight < image.clientHeight + 160) scrollDown();
};
jumpDown.addEventListener('click', () => log.scrollTo({ top: log.scrollHeight, behavior: 'smooth' }));

const viewer = byId('viewer', HTMLDialogElement);
viewer.addEventListener('click', () => viewer.close());
byId('alert-close', HTMLButtonElement).addEventListener('click', () =>
  byId('alert', HTMLDialogElement).close(),
);

const drawer = byId('drawer', HTMLElement);
const drawerButton = byId('drawer-button', HTMLButtonElement);
function showDrawer(open: boolean): void {
  drawer.classList.toggle('open', open);
  drawerButton.setAttribute('aria-expanded', String(open));
}
drawerButton.addEventListener('click', () => showDrawer(!drawer.classList.contains('open')));
byId('drawer-close', HTMLButtonElement).addEventListener('click', () => showDrawer(false));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') showDrawer(false);
});

// On a phone the keyboard would cover what one came to see.
if (matchMedia('(hover: hover)').matches) composer.focus();
