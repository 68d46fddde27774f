/** Beside the chat: what can go wrong, and what the bot asks of Telegram. */
import type { PageCall, PageControl } from '../telegram/page-view.ts';
import { byId, h, toast } from './dom.ts';
import { act } from './server.ts';

const MAX_CALLS = 200;

/** What became of a call, in a word. */
function verdict(call: PageCall): { text: string; kind: string } {
  switch (call.outcome) {
    case 'pending':
      return { text: '…', kind: 'pending' };
    case 'ok':
      return { text: `${call.took ?? 0} ms`, kind: 'ok' };
    case 'error':
      return { text: String(call.code ?? 'error'), kind: 'error' };
    case 'dropped':
      return { text: 'dropped', kind: 'error' };
    case 'cut':
      return { text: 'done, line cut', kind: 'cut' };
    case 'gone':
      return { text: 'bot hung up', kind: 'cut' };
    default:
      return call.outcome satisfies never;
  }
}

function row(call: PageCall): HTMLElement {
  const { text, kind } = verdict(call);
  return h(
    'details',
    { class: `call ${kind}`, 'data-id': call.id },
    h(
      'summary',
      {},
      h('span', { class: 'call-name' }, call.method),
      h('span', { class: 'call-gist' }, call.gist),
      h('span', { class: 'call-verdict' }, text),
    ),
    call.description !== undefined && h('p', { class: 'call-why' }, call.description),
    h('pre', { tabindex: 0 }, call.params),
  );
}

export type Panel = {
  reset(calls: readonly PageCall[]): void;
  call(call: PageCall): void;
  controls(controls: readonly PageControl[]): void;
};

export function createPanel(): Panel {
  const list = byId('calls', HTMLElement);
  const polling = byId('polling', HTMLElement);
  const groups = byId('controls', HTMLElement);
  const rows = new Map<number, HTMLElement>();
  const polls = new Set<number>();

  function show(call: PageCall): void {
    if (call.method === 'getUpdates') {
      if (call.outcome === 'pending') polls.add(call.id);
      else polls.delete(call.id);
      polling.classList.toggle('on', polls.size > 0);
      polling.textContent = polls.size > 0 ? 'The bot is listening' : 'The bot is not listening';
      if (call.outcome !== 'error') return;
    }
    const fresh = row(call);
    const old = rows.get(call.id);
    if (old) {
      fresh.toggleAttribute('open', old.hasAttribute('open'));
      old.replaceWith(fresh);
    } else list.prepend(fresh);
    rows.set(call.id, fresh);
    if (rows.size <= MAX_CALLS) return;
    const [oldest] = rows.keys();
    if (oldest === undefined) return;
    rows.get(oldest)?.remove();
    rows.delete(oldest);
  }

  function control(each: PageControl): HTMLElement {
    const run = (ask: object): void => {
      act('control', { id: each.id, ...ask }).catch((error: unknown) => toast(String(error)));
    };
    const words = h(
      'span',
      { class: 'control-words' },
      h('span', {}, each.label),
      each.hint !== undefined && h('small', {}, each.hint),
    );
    if (each.kind === 'toggle') {
      const on = each.on === true;
      return h(
        'button',
        {
          type: 'button',
          class: 'control',
          role: 'switch',
          'aria-checked': String(on),
          'data-id': each.id,
          onclick: () => run({ on: !on }),
        },
        words,
        h('span', { class: 'switch', 'aria-hidden': 'true' }),
      );
    }
    return h(
      'button',
      {
        type: 'button',
        class: 'control',
        'data-id': each.id,
        onclick: () => {
          run({});
          toast(`${each.label}: done`);
        },
      },
      words,
      h('span', { class: 'go', 'aria-hidden': 'true' }, 'Do it'),
    );
  }

  function controls(given: readonly PageControl[]): void {
    const focused = document.activeElement?.closest<HTMLElement>('.control')?.dataset['id'];
    groups.replaceChildren(
      ...Map.groupBy(given, (each) => each.group)
        .entries()
        .map(([name, members]) => h('section', {}, h('h3', {}, name), ...members.map(control))),
    );
    // The list was made anew under the finger that pressed a switch.
    if (focused !== undefined)
      groups.querySelector<HTMLElement>(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  }

  return {
    reset(calls) {
      rows.clear();
      polls.clear();
      list.replaceChildren();
      for (const call of calls) show(call);
    },
    call: show,
    controls,
  };
}
