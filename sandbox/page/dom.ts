/** Elements without ceremony. */
type Child = Node | string | undefined | false;
type Properties = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

/**
 * An element with attributes, listeners (`onclick`) and children; `undefined` and `false` are left out.
 * Strings are always text, never markup.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as (event: Event) => void);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** An icon of the page's own set (index.html). */
export function icon(name: string): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** The element with this id, which index.html promises. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`No ${kind.name} #${id}`);
  return element;
}

let toastTimer: ReturnType<typeof setTimeout> | undefined;

/** A short word at the bottom, read out by screen readers. */
export function toast(text: string): void {
  const element = byId('toast', HTMLElement);
  element.textContent = text;
  element.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => element.classList.remove('shown'), 2600);
}

/** Puts text on the clipboard and says so. */
export async function copy(text: string, what = 'Copied to the clipboard'): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(what);
  } catch {
    // Without permission, or over plain HTTP from another machine.
    toast('The browser does not allow copying here');
  }
}
