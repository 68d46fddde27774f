/** Where one writes: text, commands from the menu, pictures and files. */
import type { PageMessage } from '../telegram/page-view.ts';
import type { BotCommand } from '../telegram/types.ts';
import { byId, h, toast } from './dom.ts';
import { bytes } from './message.ts';

export type ComposerNeeds = {
  commands(): readonly BotCommand[];
  send(text: string, replyTo: number | undefined): Promise<void>;
  upload(
    files: readonly File[],
    kind: 'photo' | 'file',
    caption: string,
    replyTo: number | undefined,
  ): Promise<void>;
};

export type Composer = { reply(message: PageMessage | undefined): void; focus(): void; refresh(): void };

/** What Telegram takes as a photo. */
const PHOTO = /^image\/(jpeg|png|webp|gif|bmp|avif|heic)$/;
const MAX_ALBUM = 10;

export function createComposer(needs: ComposerNeeds): Composer {
  const form = byId('composer', HTMLFormElement);
  const input = byId('input', HTMLTextAreaElement);
  const sendButton = byId('send', HTMLButtonElement);
  const menuButton = byId('menu-button', HTMLButtonElement);
  const list = byId('commands', HTMLElement);
  const replying = byId('replying', HTMLElement);
  const picker = byId('picker', HTMLInputElement);
  const sheet = byId('sheet', HTMLDialogElement);
  const sheetForm = byId('sheet-form', HTMLFormElement);
  const sheetFiles = byId('sheet-files', HTMLElement);
  const caption = byId('caption', HTMLInputElement);
  const dropZone = byId('chat', HTMLElement);

  let replyTo: PageMessage | undefined;
  let chosen = 0;
  let dismissed = false;
  let files: File[] = [];

  const failed = (error: unknown): void => toast(error instanceof Error ? error.message : String(error));

  function grow(): void {
    input.style.height = 'auto';
    input.style.height = `${Math.min(input.scrollHeight, 160)}px`;
    sendButton.disabled = input.value.trim() === '';
  }

  // --- the menu of commands -------------------------------------------------

  const matching = (): readonly BotCommand[] => {
    const typed = /^\/([a-z0-9_]*)$/i.exec(input.value)?.[1]?.toLowerCase();
    if (typed === undefined || dismissed) return [];
    return needs.commands().filter((each) => each.command.startsWith(typed));
  };

  function showMenu(): void {
    const found = matching();
    chosen = Math.max(0, Math.min(chosen, found.length - 1));
    list.hidden = found.length === 0;
    input.setAttribute('aria-expanded', String(found.length > 0));
    menuButton.setAttribute('aria-expanded', String(found.length > 0));
    if (found.length === 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `command-${chosen}`);
    list.replaceChildren(
      ...found.map((each, index) =>
        h(
          'div',
          {
            class: 'command',
            role: 'option',
            id: `command-${index}`,
            'aria-selected': String(index === chosen),
            // The field keeps the focus, so that typing goes on.
            onmousedown: (event: MouseEvent) => event.preventDefault(),
            onclick: () => void submit(`/${each.command}`),
          },
          h('b', {}, `/${each.command}`),
          h('span', {}, each.description),
        ),
      ),
    );
    list.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }

  async function submit(text: string): Promise<void> {
    if (text.trim() === '') return;
    const to = replyTo?.id;
    input.value = '';
    reply(undefined);
    grow();
    showMenu();
    await needs.send(text, to).catch((error: unknown) => {
      input.value = text;
      grow();
      failed(error);
    });
  }

  function onKey(event: KeyboardEvent): void {
    // A Korean or Japanese word that is still being put together is not sent.
    if (event.isComposing) return;
    const found = matching();
    if (found.length > 0) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step !== undefined) {
        event.preventDefault();
        chosen = (chosen + step + found.length) % found.length;
        return showMenu();
      }
      const command = found[chosen];
      if (event.key === 'Tab' && command) {
        event.preventDefault();
        input.value = `/${command.command} `;
        grow();
        return showMenu();
      }
      if (event.key === 'Escape') {
        dismissed = true;
        return showMenu();
      }
      if (event.key === 'Enter' && !event.shiftKey && command) {
        event.preventDefault();
        return void submit(`/${command.command}`);
      }
    }
    if (event.key === 'Escape' && replyTo) return reply(undefined);
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void submit(input.value);
    }
  }

  input.addEventListener('keydown', onKey);
  input.addEventListener('input', () => {
    dismissed = false;
    chosen = 0;
    grow();
    showMenu();
  });
  input.addEventListener('blur', () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
  });
  input.addEventListener('focus', showMenu);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit(input.value);
  });
  menuButton.addEventListener('click', () => {
    const closing = !list.hidden;
    input.value = closing ? '' : '/';
    dismissed = false;
    input.focus();
    grow();
    showMenu();
  });
  menuButton.addEventListener('mousedown', (event) => event.preventDefault());

  // --- pictures and files ---------------------------------------------------

  const kindChosen = (): 'photo' | 'file' =>
    new FormData(sheetForm).get('kind') === 'photo' ? 'photo' : 'file';

  function offer(given: Iterable<File>): void {
    files = [...given].slice(0, MAX_ALBUM);
    if (files.length === 0) return;
    const photos = files.every((file) => PHOTO.test(file.type));
    const asPhoto = byId('as-photo', HTMLInputElement);
    asPhoto.disabled = !photos;
    asPhoto.checked = photos;
    byId('as-file', HTMLInputElement).checked = !photos;
    byId('sheet-title', HTMLElement).textContent =
      files.length === 1 ? (photos ? 'Send a picture' : 'Send a file') : `Send ${files.length} as an album`;
    caption.value = input.value.startsWith('/') ? '' : input.value;
    sheetFiles.replaceChildren(
      ...files.map((file) => {
        if (!file.type.startsWith('image/'))
          return h('div', { class: 'sheet-file' }, `${file.name} · ${bytes(file.size)}`);
        const image = h('img', { src: URL.createObjectURL(file), alt: file.name });
        image.addEventListener('load', () => URL.revokeObjectURL(image.src), { once: true });
        return image;
      }),
    );
    sheet.showModal();
    caption.focus();
  }

  sheetForm.addEventListener('submit', (event) => {
    event.preventDefault();
    sheet.close();
    const to = replyTo?.id;
    input.value = '';
    reply(undefined);
    grow();
    needs.upload(files, kindChosen(), caption.value, to).catch(failed);
  });
  byId('sheet-cancel', HTMLButtonElement).addEventListener('click', () => sheet.close());
  byId('attach', HTMLButtonElement).addEventListener('click', () => picker.click());
  picker.addEventListener('change', () => {
    offer(picker.files ?? []);
    picker.value = '';
  });
  input.addEventListener('paste', (event) => {
    const pasted = event.clipboardData?.files;
    if (!pasted || pasted.length === 0) return;
    event.preventDefault();
    offer(pasted);
  });

  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
  let depth = 0;
  const over = (by: number): void => {
    depth = Math.max(0, depth + by);
    dropZone.classList.toggle('dropping', depth > 0);
  };
  dropZone.addEventListener('dragenter', (event) => hasFiles(event) && over(1));
  dropZone.addEventListener('dragleave', (event) => hasFiles(event) && over(-1));
  dropZone.addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault());
  dropZone.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(-depth);
    offer(event.dataTransfer?.files ?? []);
  });

  // --- replies ---------------------------------------------------------------

  function reply(message: PageMessage | undefined): void {
    replyTo = message;
    replying.hidden = message === undefined;
    if (!message) return;
    byId('replying-name', HTMLElement).textContent = message.from.name;
    byId('replying-text', HTMLElement).textContent =
      message.text.split('\n')[0] || (message.media?.kind ?? '');
    input.focus();
  }
  byId('replying-cancel', HTMLButtonElement).addEventListener('click', () => reply(undefined));

  grow();
  return { reply, focus: () => input.focus(), refresh: showMenu };
}
